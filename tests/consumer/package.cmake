# SPDX-License-Identifier: MIT
# cmake -D CPACK=... -D DPKG_DEB=... -D GENERATOR=... -D COMPILER=... -D SOURCE=<parimap's folder> -D FOLDER=... -P package.cmake: packs
# the header-only form, for which nothing is compiled, and fails where the archive or the Debian package lacks something.

cmake_minimum_required(VERSION 3.22)

file(REMOVE_RECURSE ${FOLDER})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${FOLDER} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER}
    -D PARIMAP_BUILD_TESTS=OFF -D PARIMAP_BUILD_EXAMPLES=OFF -D PARIMAP_HEADER_ONLY=ON -D PARIMAP_ENABLE_DEFAULT=OFF
    -D PARIMAP_ENABLE_SERIAL=ON -D PARIMAP_BACKEND=serial
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

# Looks in what was unpacked from `file` for what an application includes and finds.
function(expect_parimap file)
    file(GLOB_RECURSE headers ${FOLDER}/${file}/parimap.hpp)
    file(GLOB_RECURSE packages ${FOLDER}/${file}/parimap-config.cmake)
    if(NOT headers OR NOT packages)
        message(FATAL_ERROR "${file} lacks parimap.hpp or parimap-config.cmake.")
    endif()
endfunction()

function(pack file)
    execute_process(COMMAND ${CPACK} ${ARGN} WORKING_DIRECTORY ${FOLDER} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    file(GLOB packed ${FOLDER}/*${file})
    list(LENGTH packed count)
    if(NOT count EQUAL 1)
        message(FATAL_ERROR "cpack ${ARGN} should have made one file *${file}, not: ${packed}")
    endif()
    file(MAKE_DIRECTORY ${FOLDER}/${file})
    set(packed ${packed} PARENT_SCOPE)
endfunction()

pack(.tar.gz)
file(ARCHIVE_EXTRACT INPUT ${packed} DESTINATION ${FOLDER}/.tar.gz)
expect_parimap(.tar.gz)

if(NOT DPKG_DEB)
    message("there is no dpkg-deb on this machine")
    return()
endif()
pack(.deb -G DEB)
execute_process(COMMAND ${DPKG_DEB} -x ${packed} ${FOLDER}/.deb COMMAND_ERROR_IS_FATAL ANY)
expect_parimap(.deb)
execute_process(COMMAND ${DPKG_DEB} -f ${packed} OUTPUT_VARIABLE fields COMMAND_ERROR_IS_FATAL ANY)
foreach(field IN ITEMS "Package: libparimap-dev" "Section: libdevel" "Maintainer: .+" "Description: .+" "Depends: .*librange-v3-dev")
    if(NOT "\n${fields}" MATCHES "\n${field}")
        message(FATAL_ERROR "The Debian package lacks `${field}`:\n${fields}")
    endif()
endforeach()

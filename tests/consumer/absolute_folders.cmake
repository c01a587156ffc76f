# SPDX-License-Identifier: MIT
# cmake -D PKG_CONFIG=... -D GENERATOR=... -D COMPILER=... -D SOURCE=<parimap's folder> -D FOLDER=... -P absolute_folders.cmake: installs
# the headers, with one folder told with all its path and then another, and fails where pkg-config does not find them.

cmake_minimum_required(VERSION 3.22)

if(NOT PKG_CONFIG)
    message("there is no pkg-config on this machine")
    return()
endif()

# The folders are those of a packager, who stages what is installed: CMake takes none below the sources.
set(ENV{DESTDIR} ${FOLDER}/staged)
set(prefix /opt/parimap)

function(expect_headers libraries)    # more arguments say where things are installed
    file(REMOVE_RECURSE ${FOLDER})
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${FOLDER}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER}
        -D PARIMAP_BUILD_TESTS=OFF -D PARIMAP_BUILD_EXAMPLES=OFF -D PARIMAP_HEADER_ONLY=ON
        -D PARIMAP_ENABLE_DEFAULT=OFF -D PARIMAP_ENABLE_SERIAL=ON -D PARIMAP_BACKEND=serial -D CMAKE_INSTALL_PREFIX=${prefix} ${ARGN}
        OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${CMAKE_COMMAND} --install ${FOLDER}/build OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

    set(ENV{PKG_CONFIG_PATH} $ENV{DESTDIR}${libraries}/pkgconfig)
    execute_process(COMMAND ${PKG_CONFIG} --cflags parimap OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCH "-I([^ \n]+)" headers "${flags}")
    string(REPLACE "$ENV{DESTDIR}" "" headers "${CMAKE_MATCH_1}")
    if(NOT EXISTS "$ENV{DESTDIR}${headers}/parimap/parimap.hpp")
        message(FATAL_ERROR "With ${ARGN} pkg-config does not find the headers: ${flags}")
    endif()
endfunction()

expect_headers(${prefix}/lib -D CMAKE_INSTALL_LIBDIR=lib -D CMAKE_INSTALL_INCLUDEDIR=/opt/headers)
expect_headers(/opt/libraries -D CMAKE_INSTALL_LIBDIR=/opt/libraries)
expect_headers(/opt/libraries -D CMAKE_INSTALL_LIBDIR=/opt/libraries -D CMAKE_INSTALL_INCLUDEDIR=/opt/headers)

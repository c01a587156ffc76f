# SPDX-License-Identifier: MIT
# cmake -D PKG_CONFIG=... -D GENERATOR=... -D COMPILER=... -D SOURCE=<parimap's folder> -D FOLDER=... -P absolute_folders.cmake: installs
# the headers, with one folder told with all its path and then another, and fails where pkg-config does not find them.

cmake_minimum_required(VERSION 3.22)

if(NOT PKG_CONFIG)
    message("there is no pkg-config on this machine")
    return()
endif()

function(expect_headers libraries)    # more arguments say where things are installed
    file(REMOVE_RECURSE ${FOLDER})
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${FOLDER}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER}
        -D PARIMAP_BUILD_TESTS=OFF -D PARIMAP_BUILD_EXAMPLES=OFF -D PARIMAP_HEADER_ONLY=ON -D PARIMAP_ENABLE_DEFAULT=OFF
        -D PARIMAP_ENABLE_SERIAL=ON -D PARIMAP_BACKEND=serial -D CMAKE_INSTALL_PREFIX=${FOLDER}/prefix ${ARGN}
        OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${CMAKE_COMMAND} --install ${FOLDER}/build OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

    set(ENV{PKG_CONFIG_PATH} ${libraries}/pkgconfig)
    execute_process(COMMAND ${PKG_CONFIG} --cflags parimap OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCH "-I([^ \n]+)" headers "${flags}")
    if(NOT EXISTS "${CMAKE_MATCH_1}/parimap/parimap.hpp")
        message(FATAL_ERROR "With ${ARGN} pkg-config does not find the headers: ${flags}")
    endif()
endfunction()

expect_headers(${FOLDER}/prefix/lib -D CMAKE_INSTALL_LIBDIR=lib -D CMAKE_INSTALL_INCLUDEDIR=${FOLDER}/headers)
expect_headers(${FOLDER}/libraries -D CMAKE_INSTALL_LIBDIR=${FOLDER}/libraries)
expect_headers(${FOLDER}/libraries -D CMAKE_INSTALL_LIBDIR=${FOLDER}/libraries -D CMAKE_INSTALL_INCLUDEDIR=${FOLDER}/headers)

# SPDX-License-Identifier: MIT
# Makes parimap_single.hpp, and a program of two files with it, which runs and shows a bar; with each of the compilers.
#   cmake -D PYTHON=<python3> -D "COMPILERS=<compilers>" -D SOURCE=<repository> -D FOLDER=<where to work> -P test.cmake

cmake_minimum_required(VERSION 3.22)

file(MAKE_DIRECTORY ${FOLDER})
execute_process(COMMAND ${PYTHON} -B ${SOURCE}/scripts/single-header ${FOLDER}/parimap_single.hpp COMMAND_ERROR_IS_FATAL ANY)
if(NOT COMPILERS)
    message(FATAL_ERROR "No compiler was given.")
endif()
foreach(compiler IN LISTS COMPILERS)
    message(STATUS "${compiler}")
    execute_process(COMMAND ${compiler} -std=c++20 -pthread -O0 -Wall -Wextra -Werror -I${FOLDER}
        ${SOURCE}/tests/single_header/main.cpp ${SOURCE}/tests/single_header/other.cpp -o ${FOLDER}/program COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env PARIMAP_PROGRESS=log ${FOLDER}/program
        ERROR_VARIABLE bar TIMEOUT 60 COMMAND_ERROR_IS_FATAL ANY)
    if(NOT bar MATCHES "squares: 100%.*4/4")
        message(FATAL_ERROR "Its bar does not show that all is done: ${bar}")
    endif()
endforeach()

# SPDX-License-Identifier: MIT
# cmake -D PROGRAM=<file> -D BACKEND=<name> -D NM=<nm> -P expect_no_symbols.cmake: fails if the program has a symbol or
# a library of a runtime that its backend does not use.

set(openmp_traces "GOMP_[a-z]|__kmpc_|[ \n]omp_[a-z]|libgomp|libi?omp")
set(tbb_traces "3tbb|libtbb")

execute_process(COMMAND ${NM} ${PROGRAM} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ldd ${PROGRAM} OUTPUT_VARIABLE libraries COMMAND_ERROR_IS_FATAL ANY)
foreach(runtime IN ITEMS openmp tbb)
    if(NOT runtime STREQUAL BACKEND AND "${symbols}${libraries}" MATCHES "[^\n]*(${${runtime}_traces})[^\n]*")
        message(FATAL_ERROR "A program on ${BACKEND} only has a trace of ${runtime}: ${CMAKE_MATCH_0}")
    endif()
endforeach()

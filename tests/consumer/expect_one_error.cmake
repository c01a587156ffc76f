# SPDX-License-Identifier: MIT
# cmake -D EXPECTED=<regex> -P expect_one_error.cmake -- <command>...: runs the compiler, and fails unless it finds exactly one
# error, which matches the regex.

include(${CMAKE_CURRENT_LIST_DIR}/run_command.cmake)
string(REGEX MATCHALL "error: " errors "${output}")
list(LENGTH errors count)
if(NOT count EQUAL 1 OR NOT output MATCHES "error: [^\n]*${EXPECTED}")
    message(FATAL_ERROR "There are ${count} errors. Expected is one that matches: ${EXPECTED}")
endif()

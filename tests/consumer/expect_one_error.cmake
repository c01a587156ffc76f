# SPDX-License-Identifier: MIT
# cmake -D EXPECTED=<regex> -P expect_one_error.cmake -- <command>...: runs the compiler, and fails unless it finds exactly one
# error, which matches the regex.

set(command "")
math(EXPR last "${CMAKE_ARGC} - 1")
set(is_command FALSE)
foreach(index RANGE ${last})
    if(is_command)
        list(APPEND command "${CMAKE_ARGV${index}}")
    elseif(CMAKE_ARGV${index} STREQUAL "--")
        set(is_command TRUE)
    endif()
endforeach()

execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
string(REGEX MATCHALL "error: " errors "${output}")
list(LENGTH errors count)
if(NOT count EQUAL 1 OR NOT output MATCHES "error: [^\n]*${EXPECTED}")
    message(FATAL_ERROR "There are ${count} errors. Expected is one that matches: ${EXPECTED}")
endif()

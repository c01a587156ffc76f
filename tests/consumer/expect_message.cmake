# SPDX-License-Identifier: MIT
# cmake -D OUTCOME=<SUCCESS|FAILURE> -D EXPECTED=<regex> -P expect_message.cmake -- <command>...: runs the command and
# fails unless it ends as said and its output, with line breaks as spaces, matches the regex.

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
string(REGEX REPLACE "[ \n]+" " " words "${output}")
if(result EQUAL 0 AND OUTCOME STREQUAL "FAILURE")
    message(FATAL_ERROR "The command should have failed.")
elseif(NOT result EQUAL 0 AND OUTCOME STREQUAL "SUCCESS")
    message(FATAL_ERROR "The command should not have failed.")
elseif(NOT words MATCHES "${EXPECTED}")
    message(FATAL_ERROR "The output does not match: ${EXPECTED}")
endif()

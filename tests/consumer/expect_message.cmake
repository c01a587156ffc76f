# SPDX-License-Identifier: MIT
# cmake -D OUTCOME=<SUCCESS|FAILURE> -D EXPECTED=<regex> -P expect_message.cmake -- <command>...: runs the command and
# fails unless it ends as said and its output, with line breaks as spaces, matches the regex.

include(${CMAKE_CURRENT_LIST_DIR}/run_command.cmake)
string(REGEX REPLACE "[ \n]+" " " words "${output}")
if(result EQUAL 0 AND OUTCOME STREQUAL "FAILURE")
    message(FATAL_ERROR "The command should have failed.")
elseif(NOT result EQUAL 0 AND OUTCOME STREQUAL "SUCCESS")
    message(FATAL_ERROR "The command should not have failed.")
elseif(NOT words MATCHES "${EXPECTED}")
    message(FATAL_ERROR "The output does not match: ${EXPECTED}")
endif()

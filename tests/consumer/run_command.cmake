# SPDX-License-Identifier: MIT
# Included by scripts: runs the command that follows `--` on their command line, shows what it prints, and sets `result` and
# `output`.

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

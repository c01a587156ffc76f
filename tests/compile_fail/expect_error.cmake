# SPDX-License-Identifier: MIT
# cmake -D CASE=<file.cpp> -D COMMANDS=<compile_commands.json> -P expect_error.cmake: compiles CASE as its twin was
# compiled, but with PARIMAP_BAD, and fails unless an error or a note of the compiler matches each expectation.

cmake_minimum_required(VERSION 3.22)

# --- How the twin was compiled ----------------------------------------------------------------------------------------

file(READ ${COMMANDS} commands)
string(JSON count LENGTH "${commands}")
set(command "")
math(EXPR last "${count} - 1")
foreach(index RANGE ${last})
    string(JSON file GET "${commands}" ${index} file)
    if(file STREQUAL CASE)
        string(JSON command GET "${commands}" ${index} command)
        string(JSON folder GET "${commands}" ${index} directory)
        break()
    endif()
endforeach()
if(NOT command)
    message(FATAL_ERROR "${COMMANDS} does not say how ${CASE} is compiled.")
endif()
separate_arguments(command UNIX_COMMAND "${command}")

# --- The same again, with the bad lines -------------------------------------------------------------------------------

list(APPEND command -DPARIMAP_BAD -fsyntax-only)
execute_process(COMMAND ${command} WORKING_DIRECTORY ${folder}
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
    message(FATAL_ERROR "This must not compile, and does: ${CASE}")
endif()

file(STRINGS ${CASE} lines REGEX "// expect: ")
if(NOT lines)
    message(FATAL_ERROR "${CASE} has no `// expect: <regex>`.")
endif()
foreach(line IN LISTS lines)
    string(REGEX REPLACE ".*// expect: " "" expected "${line}")
    # Only the compiler's own words count, not the source lines it quotes.
    if(NOT output MATCHES "(error|note): [^\n]*${expected}")
        message(FATAL_ERROR "The compiler's errors do not match `${expected}`. They are:\n${output}")
    endif()
    message(STATUS "found: ${expected}")
endforeach()

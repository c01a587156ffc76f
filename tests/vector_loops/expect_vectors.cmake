# SPDX-License-Identifier: MIT
# cmake -D COMMAND=... -D SOURCE=... -D OBJECT=... -D LOOP=... -D OBJDUMP=... -P expect_vectors.cmake
# Compiles one loop of SOURCE and looks for arithmetic on two numbers at once in the function that runs a block of items.

separate_arguments(COMMAND UNIX_COMMAND "${COMMAND}")
execute_process(COMMAND ${COMMAND} -O3 -DLOOP=${LOOP} -c ${SOURCE} -o ${OBJECT} RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "${SOURCE} does not compile")
endif()
execute_process(COMMAND ${OBJDUMP} --disassemble --no-show-raw-insn ${OBJECT} OUTPUT_VARIABLE text RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "${OBJDUMP} cannot read ${OBJECT}")
endif()
string(REPLACE ";" "," text "${text}")
string(REPLACE "\n\n" ";" functions "${text}")
foreach(function IN LISTS functions)
    if(function MATCHES "^[^\n]*run_block[^\n]*>:\n" AND function MATCHES "[ \t]v?(mul|add)pd ")
        return()
    endif()
endforeach()
message(FATAL_ERROR "no function run_block of loop ${LOOP} multiplies or adds two numbers at once")

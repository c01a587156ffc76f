# SPDX-License-Identifier: MIT
# cmake -D CLANG=... -D PREFIX=... -D LIBRARIES=... -D FOLDER=... -P module.cmake: compiles the installed module, and module.cpp,
# which imports it, in FOLDER, and runs that.

file(MAKE_DIRECTORY ${FOLDER})
set(flags -std=c++20 -pthread -I${PREFIX}/include -DPARIMAP_USE_THREADS=1)
function(run)
    execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${FOLDER} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
run(${CLANG} ${flags} -x c++-module --precompile ${PREFIX}/include/parimap/src/parimap.cppm -o parimap.pcm)
run(${CLANG} -std=c++20 -pthread -c parimap.pcm -o parimap.o)
run(${CLANG} ${flags} -fprebuilt-module-path=. ${CMAKE_CURRENT_LIST_DIR}/module.cpp parimap.o -L${LIBRARIES} -lparimap -o program)
run(./program)

# SPDX-License-Identifier: MIT
# cmake -D PKG_CONFIG=... -D MODULE=... -D BACKEND=... -D COMPILER=... -D LIBRARIES=... -D OUTPUT=... [-D SOURCE=...] -P pkg_config.cmake:
# builds main.cpp, or another source, with nothing but the compiler and what pkg-config says about the module, and runs it.

if(NOT PKG_CONFIG)
    message("there is no pkg-config on this machine")
    return()
endif()
set(ENV{PKG_CONFIG_PATH} ${LIBRARIES}/pkgconfig)
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs ${MODULE}
                OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
message(STATUS "${MODULE}: ${flags}")
separate_arguments(flags UNIX_COMMAND "${flags}")
if(NOT SOURCE)
    set(SOURCE ${CMAKE_CURRENT_LIST_DIR}/main.cpp)
endif()
if(SOURCE MATCHES "[.]cpp$")
    set(options -std=c++20 -DEXPECTED_BACKEND="${BACKEND}")
endif()
execute_process(COMMAND ${COMPILER} ${options} ${SOURCE}
                        -o ${OUTPUT} ${flags} COMMAND_ERROR_IS_FATAL ANY)
set(ENV{LD_LIBRARY_PATH} ${LIBRARIES})    # where the library is shared
execute_process(COMMAND ${OUTPUT} COMMAND_ERROR_IS_FATAL ANY)

# SPDX-License-Identifier: MIT
# cmake -D BINARY_FOLDER=<folder> -D PREFIX=<folder> -P install.cmake: installs what was configured into a fresh prefix.

file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BINARY_FOLDER} --prefix ${PREFIX} COMMAND_ERROR_IS_FATAL ANY)

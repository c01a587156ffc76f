# SPDX-License-Identifier: MIT
# parimap_warnings: what our own programs are compiled with. It is linked privately, never exported: an application
# chooses its warnings itself.

add_library(parimap_warnings INTERFACE)
target_compile_options(parimap_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:C,CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror>
    $<$<COMPILE_LANG_AND_ID:Fortran,GNU>:-std=f2008 -Wall -Wextra -Wpedantic -Werror>)

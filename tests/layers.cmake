# SPDX-License-Identifier: MIT
# Fails where a header includes one of a layer above its own: `cmake -D INCLUDE=<repository>/include/parimap -P layers.cmake`.

cmake_minimum_required(VERSION 3.22)

# From the ground up. A folder of detail/ by its name, a public header by its own; what is not named stands above all others.
set(layers
    "backend errors"                # what everybody may know
    "system"                        # the processor, the operating system, and pieces of memory
    "scheduler cpu_count"           # seats, workers, calls and jobs
    "pool default_backend backend_list"
    "text format_progress"          # how numbers and progress are put into words
    "watch"                         # records, bars, reports, traces
    "options"
    "ranges results"                # where items come from, and where results go
    "engine"                        # who runs which item when
    "imap frontend")                # what users call

# The number of a header's layer, from its path below include/parimap.
function(find_layer path result)
    string(REGEX REPLACE "^detail/([a-z_]+)/.*$" "\\1" name "${path}")
    string(REGEX REPLACE "\\.hpp$" "" name "${name}")
    set(number 0)
    foreach(layer IN LISTS layers)
        string(REPLACE " " ";" names "${layer}")
        if(name IN_LIST names)
            break()
        endif()
        math(EXPR number "${number} + 1")
    endforeach()
    set(${result} ${number} PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE headers RELATIVE ${INCLUDE} ${INCLUDE}/*.hpp)
if(NOT headers)
    message(FATAL_ERROR "${INCLUDE} has no headers.")
endif()
set(wrong "")
foreach(header IN LISTS headers)
    find_layer(${header} own)
    file(STRINGS ${INCLUDE}/${header} lines REGEX "^#include <parimap/")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^#include <parimap/([^>]*)>.*$" "\\1" included "${line}")
        if(included MATCHES "^detail/(begin|end)\\.hpp$")    # the frame of every public header
            continue()
        endif()
        find_layer(${included} other)
        if(other GREATER own)
            string(APPEND wrong "\n  ${header} includes ${included}")
        endif()
    endforeach()
endforeach()
if(wrong)
    message(FATAL_ERROR "Includes that point up, which docs/engine.md tells not to:${wrong}")
endif()

# SPDX-License-Identifier: MIT
# Fails where a header or source includes a header of a layer above its own: `cmake -D FOLDER=<repository> -P layers.cmake`.

cmake_minimum_required(VERSION 3.22)

# From the ground up. A folder of detail/ by its name, a public header by its own; what is not named stands above all others.
set(layers
    "backend errors version"        # what everybody may know
    "system"                        # the processor, the operating system, and pieces of memory
    "travel codec travels"          # values, code and exceptions as bytes
    "journal journal_file"          # results in a file
    "scheduler cpu_count pool_options"    # seats, workers, calls and jobs
    "basic_pool pool default_backend backend_list backends session share"
    "text format_progress"          # how numbers and progress are put into words
    "watch"                         # records, bars, reports, traces
    "options"
    "ranges results"                # where items come from, and where results go
    "engine"                        # who runs which item when
    "imap frontend")                # what users call

# The number of a file's layer, from its path below include/parimap/, include/parimap/detail/ or src/.
function(find_layer path result)
    string(REGEX REPLACE "/.*$|\\.[hc]pp$" "" name "${path}")
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

set(files 0)
set(wrong "")
foreach(root IN ITEMS include/parimap src)
    file(GLOB_RECURSE found RELATIVE ${FOLDER}/${root} ${FOLDER}/${root}/*.[hc]pp)
    foreach(file IN LISTS found)
        math(EXPR files "${files} + 1")
        string(REGEX REPLACE "^detail/" "" path "${file}")
        find_layer(${path} own)
        file(STRINGS ${FOLDER}/${root}/${file} lines REGEX "^#include <parimap/")
        foreach(line IN LISTS lines)
            string(REGEX REPLACE "^#include <parimap/(detail/|src/)?([^>]*)>.*$" "\\2" included "${line}")
            if(included MATCHES "^(begin|end|form)\\.hpp$")    # the frame of headers
                continue()
            endif()
            find_layer(${included} other)
            if(other GREATER own)
                string(APPEND wrong "\n  ${root}/${file} includes ${included}")
            endif()
        endforeach()
    endforeach()
endforeach()
if(files LESS 80)
    message(FATAL_ERROR "${FOLDER} has only ${files} headers and sources.")
endif()
if(wrong)
    message(FATAL_ERROR "Includes that point up, which docs/engine.md tells not to:${wrong}")
endif()

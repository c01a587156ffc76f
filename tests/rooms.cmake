# SPDX-License-Identifier: MIT
# Fails where docs/engine.md leaves out a header of include/parimap/detail/, or names one that is not there:
# `cmake -D FOLDER=<repository> -P rooms.cmake`.

cmake_minimum_required(VERSION 3.22)

file(READ ${FOLDER}/docs/engine.md text)
string(REGEX MATCHALL "[a-z0-9_]+\\.hpp" named "${text}")
list(REMOVE_DUPLICATES named)

file(GLOB_RECURSE headers RELATIVE ${FOLDER} ${FOLDER}/include/parimap/*.hpp ${FOLDER}/cmake/*.hpp.in)
set(wrong "")
set(names "")
foreach(header IN LISTS headers)
    string(REGEX REPLACE "^.*/|\\.in$" "" name ${header})
    list(APPEND names ${name})
    if(header MATCHES "/detail/" AND NOT name IN_LIST named)
        string(APPEND wrong "\n  ${header} is not named there")
    endif()
endforeach()
foreach(name IN LISTS named)
    if(NOT name IN_LIST names)
        string(APPEND wrong "\n  ${name} is named there, but is no header")
    endif()
endforeach()
if(NOT named OR NOT names)
    message(FATAL_ERROR "${FOLDER} has no headers, or its docs/engine.md names none.")
endif()
if(wrong)
    message(FATAL_ERROR "docs/engine.md is not about the headers of today:${wrong}")
endif()

# SPDX-License-Identifier: MIT
# cmake -D VERSION_FILE=<parimap-config-version.cmake> -D VERSION=<major.minor.patch> -D FOLDER=<folder> -P versions.cmake: asks
# find_package for versions, and fails where the answer is wrong. In FOLDER it puts a package that has this version file.

cmake_minimum_required(VERSION 3.22)

file(REMOVE_RECURSE ${FOLDER})
file(COPY ${VERSION_FILE} DESTINATION ${FOLDER})
file(WRITE ${FOLDER}/parimap-config.cmake "")

string(REPLACE "." ";" numbers ${VERSION})
list(GET numbers 0 major)
list(GET numbers 1 minor)
list(GET numbers 2 patch)
math(EXPR next_major "${major} + 1")
math(EXPR next_minor "${minor} + 1")
math(EXPR later_minor "${minor} + 2")
math(EXPR next_patch "${patch} + 1")

function(ask expected)
    find_package(parimap ${ARGN} QUIET NO_DEFAULT_PATH PATHS ${FOLDER})
    unset(parimap_DIR CACHE)
    if((expected STREQUAL "yes" AND NOT parimap_FOUND) OR (expected STREQUAL "no" AND parimap_FOUND))
        list(JOIN ARGN " " request)
        message(SEND_ERROR "Is parimap ${VERSION} there for find_package(parimap ${request})? Expected was: ${expected}.")
    endif()
endfunction()

ask(yes)
ask(yes ${major})
ask(yes ${major}.${minor})
ask(yes ${VERSION})
ask(yes ${VERSION} EXACT)
ask(no ${next_major})
ask(no ${next_major}.${minor})
ask(no ${major}.${next_minor})
ask(no ${major}.${minor}.${next_patch})
ask(no ${major}.${next_minor} EXACT)

ask(yes ${major}.${minor}...${major}.${later_minor})
ask(yes ${major}...${next_major})
ask(yes ${VERSION}...${VERSION})
ask(yes ${major}.${minor}...<${major}.${next_minor})
ask(no ${major}...<${VERSION})
ask(no ${major}.${next_minor}...${next_major})
ask(no ${major}.${minor}.${next_patch}...${next_major})

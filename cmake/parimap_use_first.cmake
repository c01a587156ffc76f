# SPDX-License-Identifier: MIT
# parimap_use_first(): what the root does where a build has parimap already, added by another part of the application or found.

# Stops where this folder was added with another default backend than the first; the others would get what they did not ask for.
function(parimap_use_first)
    get_target_property(definitions parimap::parimap INTERFACE_COMPILE_DEFINITIONS)
    string(REGEX REPLACE ".*PARIMAP_DEFAULT_BACKEND=([a-z0-9_]+).*" "\\1" first "${definitions}")

    # What the first folder has put into the cache is nobody's wish here: only a variable of the folder that adds this one is.
    set(cached "$CACHE{PARIMAP_BACKEND}")
    unset(PARIMAP_BACKEND CACHE)
    set(wanted "${PARIMAP_BACKEND}")
    if(cached)
        set(PARIMAP_BACKEND "${cached}" CACHE STRING "The backend of parimap::pool: the name of a folder in backends/")
    endif()

    if(wanted AND NOT wanted STREQUAL first)
        message(FATAL_ERROR "parimap is in this build already, and its default backend is ${first}; ${CMAKE_CURRENT_SOURCE_DIR} is added "
                            "with PARIMAP_BACKEND ${wanted}. Set it to the same in both places, or nowhere but in the first, and link "
                            "parimap::${wanted} instead of parimap::parimap.")
    endif()
    message(STATUS "parimap is in this build already: ${CMAKE_CURRENT_SOURCE_DIR} is not added")
endfunction()

# SPDX-License-Identifier: MIT
# What a backend's CMakeLists.txt calls, and what the root makes of all the calls.
#
#   parimap_add_backend(<name>
#       [NEEDS <text>]               # the package as a person knows it: "oneTBB (Debian, Ubuntu: libtbb-dev)"
#       [FIND_PACKAGE <args>...]     # how find_package finds it: TBB 2021.5
#       [ALSO_FIND <args>...]        # where that did not bring all targets
#       [LANGUAGE <language>]        # what the package wants enabled beside C++
#       [STANDS_ON <backends>...]    # whose headers it includes
#       [LINK <targets>...]          # the targets it brings: TBB::tbb
#       [PKG_CONFIG_REQUIRES <modules>...] [PKG_CONFIG_CFLAGS <flags>...] [PKG_CONFIG_LIBS <flags>...]
#       [DEBIAN_PACKAGES <packages>...]    # what a program on it needs to be built, as a Debian package's Depends has it
#       [TSAN_ENVIRONMENT <NAME=value>...])    # what its tests need to be honest under ThreadSanitizer
#
# makes the targets parimap::<name> and parimap::header_only_<name> from <folder>/include/parimap/backends/<name>.hpp, unless PARIMAP_ENABLE_<NAME> or
# the missing package says otherwise, and notes in global properties what the other steps need:
#
#   PARIMAP_BACKENDS             the enabled ones
#   PARIMAP_SKIPPED_BACKENDS     the others
#   PARIMAP_<name>_<ARGUMENT>    the arguments above

set(parimap_cmake_folder ${CMAKE_CURRENT_LIST_DIR})

function(parimap_add_backend name)
    set(lists FIND_PACKAGE ALSO_FIND STANDS_ON LINK PKG_CONFIG_REQUIRES PKG_CONFIG_CFLAGS PKG_CONFIG_LIBS DEBIAN_PACKAGES
        TSAN_ENVIRONMENT)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "NEEDS;LANGUAGE" "${lists}")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "parimap_add_backend(${name}): unknown argument: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/include/parimap/backends/${name}.hpp)
        message(FATAL_ERROR "parimap_add_backend(${name}): there is no include/parimap/backends/${name}.hpp in "
                            "${CMAKE_CURRENT_SOURCE_DIR}.")
    endif()
    foreach(argument IN ITEMS NEEDS LANGUAGE ${lists})
        set_property(GLOBAL PROPERTY PARIMAP_${name}_${argument} ${arg_${argument}})
    endforeach()

    string(TOUPPER ${name} NAME)
    set(PARIMAP_ENABLE_${NAME} ${PARIMAP_ENABLE_DEFAULT} CACHE STRING
        "Build the ${name} backend: AUTO (where its package is found), ON or OFF")
    set_property(CACHE PARIMAP_ENABLE_${NAME} PROPERTY STRINGS AUTO ON OFF)
    set(enable "${PARIMAP_ENABLE_${NAME}}")
    string(TOUPPER "${enable}" ENABLE)
    if(NOT ENABLE MATCHES "^(AUTO|ON|OFF|TRUE|FALSE|YES|NO|1|0)$")
        message(FATAL_ERROR "PARIMAP_ENABLE_${NAME} is '${enable}'. Set it to AUTO, ON or OFF.")
    endif()

    set(missing FALSE)
    if(enable OR ENABLE STREQUAL "AUTO")
        parimap_find_targets(missing "${arg_LINK}" "${arg_FIND_PACKAGE}" "${arg_ALSO_FIND}")
    endif()
    if(missing AND ENABLE STREQUAL "AUTO")
        message(STATUS "parimap: without the ${name} backend, because ${arg_NEEDS} was not found")
    elseif(missing)
        message(FATAL_ERROR "PARIMAP_ENABLE_${NAME} is ${enable}, but ${arg_NEEDS} was not found. Install it, add the "
                            "folder where it is to CMAKE_PREFIX_PATH, or set PARIMAP_ENABLE_${NAME}=OFF.")
    endif()
    if(missing OR (NOT enable AND NOT ENABLE STREQUAL "AUTO"))
        set_property(GLOBAL APPEND PROPERTY PARIMAP_SKIPPED_BACKENDS ${name})
        return()
    endif()

    foreach(form IN ITEMS "" header_only_)
        set(target parimap_${form}${name})
        add_library(${target} INTERFACE)
        add_library(parimap::${form}${name} ALIAS ${target})
        set_target_properties(${target} PROPERTIES EXPORT_NAME ${form}${name})
        target_compile_definitions(${target} INTERFACE PARIMAP_USE_${NAME}=1)
        target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>)
        foreach(other IN LISTS arg_STANDS_ON)
            target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/backends/${other}/include>)
        endforeach()
        target_link_libraries(${target} INTERFACE parimap_${form}core ${arg_LINK})
    endforeach()
    set_property(GLOBAL APPEND PROPERTY PARIMAP_BACKENDS ${name})
endfunction()

# Sets `missing` to whether one of the targets is not there even after find_package. A target that the application
# made itself, from its own copy of the package, is taken as it is.
function(parimap_find_targets missing targets find_package_arguments more_arguments)
    set(${missing} FALSE PARENT_SCOPE)
    foreach(target IN LISTS targets)
        if(NOT TARGET ${target})
            find_package(${find_package_arguments} QUIET)
        endif()
        if(NOT TARGET ${target} AND more_arguments)
            find_package(${more_arguments} QUIET)
        endif()
        if(NOT TARGET ${target})
            set(${missing} TRUE PARENT_SCOPE)
        endif()
    endforeach()
endfunction()

# Stops where PARIMAP_BACKEND names no backend that this build has.
function(parimap_check_default_backend)
    get_property(backends GLOBAL PROPERTY PARIMAP_BACKENDS)
    get_property(skipped GLOBAL PROPERTY PARIMAP_SKIPPED_BACKENDS)
    list(JOIN backends ", " choice)
    if("${PARIMAP_BACKEND}" IN_LIST backends)
        message(STATUS "parimap ${parimap_VERSION}: backends ${choice}; parimap::pool runs on ${PARIMAP_BACKEND}")
        return()
    endif()

    if(NOT backends)
        list(JOIN skipped ", " choice)
        message(FATAL_ERROR "parimap: no backend is enabled. Set PARIMAP_ENABLE_<NAME>=ON for one of: ${choice}.")
    elseif("${PARIMAP_BACKEND}" IN_LIST skipped)
        get_property(needs GLOBAL PROPERTY PARIMAP_${PARIMAP_BACKEND}_NEEDS)
        string(TOUPPER "${PARIMAP_BACKEND}" NAME)
        set(reason "that backend is not enabled here. Set PARIMAP_ENABLE_${NAME}=ON")
        if(needs)
            string(APPEND reason ", install ${needs}")
        endif()
    else()
        set(reason "there is no such backend. Add a folder backends/${PARIMAP_BACKEND}")
    endif()
    message(FATAL_ERROR "PARIMAP_BACKEND is '${PARIMAP_BACKEND}', but ${reason}, or set PARIMAP_BACKEND to one of: "
                        "${choice}.")
endfunction()

# Writes the one header that knows the backends' names: it includes those that are linked and settles the default.
function(parimap_write_backend_list file)
    get_property(backends GLOBAL PROPERTY PARIMAP_BACKENDS)
    list(REMOVE_ITEM backends ${PARIMAP_BACKEND})
    list(PREPEND backends ${PARIMAP_BACKEND})

    set(includes "")
    set(defaults "")
    set(targets parimap::parimap)
    set(condition "#if")
    foreach(name IN LISTS backends)
        string(TOUPPER ${name} NAME)
        string(APPEND includes
               "#if defined(PARIMAP_USE_${NAME})\n#include <parimap/backends/${name}.hpp>\n#endif\n")
        string(APPEND defaults
               "${condition} defined(PARIMAP_USE_${NAME})\n#define PARIMAP_DEFAULT_BACKEND ${name}\n")
        string(APPEND targets ", parimap::${name}")
        set(condition "#elif")
    endforeach()
    configure_file(${parimap_cmake_folder}/backend_list.hpp.in ${file} @ONLY)
endfunction()

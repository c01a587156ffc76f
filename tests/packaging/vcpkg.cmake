# SPDX-License-Identifier: MIT
# cmake -D FOLDER=<repository> -D VERSION=<the project's> -P vcpkg.cmake: runs the port with stand-ins for vcpkg's functions, and fails
# where it names a file, a feature or a version that is not there.

cmake_minimum_required(VERSION 3.22)

set(port ${FOLDER}/packaging/vcpkg)
file(READ ${port}/vcpkg.json manifest)
string(JSON version GET "${manifest}" version)
if(NOT version STREQUAL VERSION)
    message(FATAL_ERROR "vcpkg.json is for version ${version}, but the project's is ${VERSION}.")
endif()

function(vcpkg_check_features)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" OUT_FEATURE_OPTIONS FEATURES)
    while(arg_FEATURES)
        list(POP_FRONT arg_FEATURES feature option)
        string(JSON description GET "${manifest}" features ${feature} description)    # an error, if there is none
        if(NOT EXISTS ${FOLDER}/backends/${feature})
            message(FATAL_ERROR "There is no backend ${feature}.")
        endif()
    endwhile()
endfunction()
function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" SOURCE_PATH OPTIONS)
    if(NOT EXISTS ${arg_SOURCE_PATH}/include/parimap/parimap.hpp)
        message(FATAL_ERROR "In ${arg_SOURCE_PATH} there is no parimap.")
    endif()
endfunction()
function(vcpkg_cmake_install)
endfunction()
function(vcpkg_cmake_config_fixup)
endfunction()
function(vcpkg_fixup_pkgconfig)
endfunction()
function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" FILE_LIST)
    file(READ ${arg_FILE_LIST} text)    # an error, if there is none
endfunction()
function(file action)    # what the port copies must exist; nothing is written
    if(action STREQUAL "INSTALL" AND NOT EXISTS ${ARGV1})
        message(FATAL_ERROR "There is no ${ARGV1}.")
    elseif(NOT action MATCHES "^(INSTALL|REMOVE_RECURSE)$")
        _file(${ARGV})
    endif()
endfunction()

include(${port}/portfile.cmake)

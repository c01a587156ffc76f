# SPDX-License-Identifier: MIT
# Enables the languages beside C++ that are wanted and have a compiler, and sets PARIMAP_BUILD_C and PARIMAP_BUILD_FORTRAN to what is
# built, parimap_built_languages to their names. Included, for CMake enables languages in the scope of a file only.

include(CheckLanguage)

set(parimap_built_languages "")
string(TOUPPER "${PARIMAP_BUILD_FORTRAN}" parimap_fortran)
if(NOT parimap_fortran MATCHES "^(AUTO|ON|OFF|TRUE|FALSE|YES|NO|1|0)$")
    message(FATAL_ERROR "PARIMAP_BUILD_FORTRAN is '${PARIMAP_BUILD_FORTRAN}'. Set it to AUTO, ON or OFF.")
endif()

if(PARIMAP_BUILD_C AND PARIMAP_BACKEND STREQUAL mpi)
    message(STATUS "parimap: without parimap::c, because PARIMAP_BACKEND is mpi, and what a C program points to is on one rank only")
    set(PARIMAP_BUILD_C OFF)
endif()
if(PARIMAP_BUILD_C)
    list(APPEND parimap_built_languages c)
    # The library itself is C++.
    if(PARIMAP_BUILD_TESTS OR PARIMAP_BUILD_EXAMPLES)
        check_language(C)
        if(CMAKE_C_COMPILER)
            enable_language(C)
        else()
            message(STATUS "parimap: without the tests and examples in C, because there is no compiler for it")
        endif()
    endif()
elseif(parimap_fortran AND NOT parimap_fortran STREQUAL "AUTO")
    message(FATAL_ERROR "PARIMAP_BUILD_FORTRAN is ${PARIMAP_BUILD_FORTRAN}, but parimap::fortran stands on parimap::c, which is not built. "
                        "Set PARIMAP_BUILD_C=ON and PARIMAP_BACKEND to another than mpi, or PARIMAP_BUILD_FORTRAN=OFF.")
endif()

# An application that has no Fortran is not given any.
if(parimap_fortran STREQUAL "AUTO" AND (NOT PARIMAP_BUILD_C OR NOT (PROJECT_IS_TOP_LEVEL OR CMAKE_Fortran_COMPILER_LOADED)))
    set(parimap_fortran OFF)
endif()

set(PARIMAP_BUILD_FORTRAN OFF)
if(parimap_fortran)    # AUTO too
    check_language(Fortran)
    if(CMAKE_Fortran_COMPILER)
        enable_language(Fortran)
        set(PARIMAP_BUILD_FORTRAN ON)
        list(APPEND parimap_built_languages fortran)
    elseif(parimap_fortran STREQUAL "AUTO")
        message(STATUS "parimap: without parimap::fortran, because there is no compiler for Fortran")
    else()
        message(FATAL_ERROR "PARIMAP_BUILD_FORTRAN is ${parimap_fortran}, but there is no compiler for Fortran. Install one (Debian, "
                            "Ubuntu: gfortran), set CMAKE_Fortran_COMPILER to it, or set PARIMAP_BUILD_FORTRAN=OFF.")
    endif()
endif()
unset(parimap_fortran)

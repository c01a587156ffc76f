# SPDX-License-Identifier: MIT
# Installs the headers, what they include where nothing is to be linked, the compiled part, the package for
# find_package(parimap) and the pkg-config files; the same for other languages.

include(CMakePackageConfigHelpers)

set(parimap_install_cmake_folder ${CMAKE_CURRENT_LIST_DIR})

function(parimap_install)
    set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/parimap)
    set(generated_folder ${PROJECT_BINARY_DIR}/package)
    get_property(backends GLOBAL PROPERTY PARIMAP_BACKENDS)
    set(cxx20 "(C++20: add your compiler's option for it)")

    install(DIRECTORY include/ ${PROJECT_BINARY_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
            FILES_MATCHING PATTERN *.hpp)
    install(DIRECTORY src/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/parimap/src
            FILES_MATCHING PATTERN *.cpp PATTERN *.cppm)
    install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
    install(TARGETS parimap parimap_header_only parimap_core parimap_header_only_core parimap_headers EXPORT parimap-targets)
    install(EXPORT parimap-targets NAMESPACE parimap:: DESTINATION ${package_folder})

    configure_package_config_file(${parimap_install_cmake_folder}/parimap-config.cmake.in
        ${generated_folder}/parimap-config.cmake INSTALL_DESTINATION ${package_folder}
        NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
    configure_file(${parimap_install_cmake_folder}/parimap-config-version.cmake.in
        ${generated_folder}/parimap-config-version.cmake @ONLY)
    install(FILES ${generated_folder}/parimap-config.cmake ${generated_folder}/parimap-config-version.cmake
            DESTINATION ${package_folder})
    foreach(form IN ITEMS "" -header-only)
        parimap_install_pkg_config(parimap${form} "${PROJECT_DESCRIPTION} ${cxx20}"
            "parimap${form}-${PARIMAP_BACKEND}" "-DPARIMAP_DEFAULT_BACKEND=${PARIMAP_BACKEND}" "")
    endforeach()

    foreach(name IN LISTS backends)
        parimap_install_backend(${name})
    endforeach()
    install(TARGETS parimap_journal EXPORT parimap-journal-targets)
    install(EXPORT parimap-journal-targets NAMESPACE parimap:: DESTINATION ${package_folder})
    install(FILES ${parimap_install_cmake_folder}/parimap-journal.cmake DESTINATION ${package_folder})
    parimap_install_pkg_config(parimap-journal "journals for parimap, beside one of its backends ${cxx20}" "" "-DPARIMAP_JOURNAL=1" "")
    if(PARIMAP_BUILD_C)
        install(FILES include/parimap.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
        parimap_install_language(c ${PARIMAP_BACKEND})
    endif()
    if(PARIMAP_BUILD_FORTRAN)
        # With the source: other compilers have other forms of a module.
        get_target_property(modules parimap_fortran Fortran_MODULE_DIRECTORY)
        install(FILES ${modules}/parimap.mod fortran/parimap.f90 DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/parimap/fortran)
        parimap_install_language(fortran c)
    endif()
endfunction()

# One backend: its headers, its targets with the search for what they need, its pkg-config file.
function(parimap_install_backend name)
    get_target_property(folder parimap_${name} SOURCE_DIR)
    foreach(argument IN ITEMS NEEDS LANGUAGE FIND_PACKAGE ALSO_FIND STANDS_ON LINK PKG_CONFIG_REQUIRES PKG_CONFIG_CFLAGS PKG_CONFIG_LIBS)
        get_property(${argument} GLOBAL PROPERTY PARIMAP_${name}_${argument})
        list(JOIN ${argument} " " ${argument})
    endforeach()
    string(TOUPPER ${name} NAME)
    set(ENABLE_LANGUAGE "")
    if(LANGUAGE)
        set(ENABLE_LANGUAGE "enable_language(${LANGUAGE})\n")
    endif()
    set(FIND_ANOTHER "")
    if(ALSO_FIND)
        set(FIND_ANOTHER "    if(NOT TARGET \${parimap_target})\n        find_package(${ALSO_FIND} QUIET)\n    endif()\n")
    endif()

    install(DIRECTORY ${folder}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)
    foreach(other IN ITEMS ${STANDS_ON})
        install(DIRECTORY ${PROJECT_SOURCE_DIR}/backends/${other}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
                FILES_MATCHING PATTERN *.hpp)
    endforeach()
    install(TARGETS parimap_${name} parimap_header_only_${name} EXPORT parimap-${name}-targets)
    install(EXPORT parimap-${name}-targets NAMESPACE parimap:: DESTINATION ${package_folder})
    configure_file(${parimap_install_cmake_folder}/parimap-backend.cmake.in
        ${generated_folder}/parimap-${name}.cmake @ONLY)
    install(FILES ${generated_folder}/parimap-${name}.cmake DESTINATION ${package_folder})

    set(compiled "-L\${libdir} -lparimap")
    set(header_only -DPARIMAP_HEADER_ONLY=1)
    if(PARIMAP_HEADER_ONLY)
        set(compiled "")
        set(own ${header_only})
    endif()
    parimap_install_pkg_config(parimap-${name} "parimap with the ${name} backend ${cxx20}" "${PKG_CONFIG_REQUIRES}"
        "-DPARIMAP_USE_${NAME}=1 ${own} ${PKG_CONFIG_CFLAGS}" "${compiled} ${PKG_CONFIG_LIBS}")
    parimap_install_pkg_config(parimap-header-only-${name} "parimap with the ${name} backend, nothing to link ${cxx20}" "${PKG_CONFIG_REQUIRES}"
        "-DPARIMAP_USE_${NAME}=1 ${header_only} ${PKG_CONFIG_CFLAGS}" "${PKG_CONFIG_LIBS}")
endfunction()

# One language: its library with the search for what it stands on, its pkg-config file.
function(parimap_install_language name needs)
    install(TARGETS parimap_${name} EXPORT parimap-${name}-targets)
    install(EXPORT parimap-${name}-targets NAMESPACE parimap:: DESTINATION ${package_folder})
    configure_file(${parimap_install_cmake_folder}/parimap-language.cmake.in
        ${generated_folder}/parimap-${name}.cmake @ONLY)
    install(FILES ${generated_folder}/parimap-${name}.cmake DESTINATION ${package_folder})

    if(name STREQUAL fortran)
        parimap_install_pkg_config(parimap-fortran "parimap for programs in Fortran" parimap-c
            "-I\${includedir}/parimap/fortran" "-L\${libdir} -lparimap_fortran")
        return()
    endif()
    get_property(requires GLOBAL PROPERTY PARIMAP_${needs}_PKG_CONFIG_REQUIRES)
    get_property(libs GLOBAL PROPERTY PARIMAP_${needs}_PKG_CONFIG_LIBS)
    if(NOT PARIMAP_HEADER_ONLY)
        list(PREPEND libs -lparimap)
    endif()
    foreach(library IN ITEMS stdc++ c++ m)    # the linker of another language does not bring what that of C++ does
        if(library IN_LIST CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
            list(APPEND libs -l${library})
        endif()
    endforeach()
    list(JOIN requires " " requires)
    list(JOIN libs " " libs)
    parimap_install_pkg_config(parimap-c "parimap for programs in C" "${requires}" "" "-L\${libdir} -lparimap_c ${libs}")
endfunction()

function(parimap_install_pkg_config module description requires cflags libs)
    # An installation can be moved as a whole, but not where the folder of this very file was told with all its path.
    if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
        set(prefix ${CMAKE_INSTALL_PREFIX})
    else()
        file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
        string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
        set(prefix "\${pcfiledir}/${to_prefix}")
    endif()
    foreach(kind IN ITEMS includedir libdir)
        string(TOUPPER CMAKE_INSTALL_${kind} folder)
        set(${kind} "${${folder}}")
        if(NOT IS_ABSOLUTE "${${kind}}")
            string(PREPEND ${kind} "\${prefix}/")
        endif()
    endforeach()
    set(dl ${CMAKE_DL_LIBS})
    list(TRANSFORM dl PREPEND " -l")
    configure_file(${parimap_install_cmake_folder}/parimap.pc.in ${generated_folder}/${module}.pc @ONLY)
    install(FILES ${generated_folder}/${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

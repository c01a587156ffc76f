# SPDX-License-Identifier: MIT
# Installs the headers, what they include where nothing is to be linked, the compiled part, the package for
# find_package(parimap) and the pkg-config files.

include(CMakePackageConfigHelpers)

set(parimap_install_cmake_folder ${CMAKE_CURRENT_LIST_DIR})

function(parimap_install)
    set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/parimap)
    set(generated_folder ${PROJECT_BINARY_DIR}/package)
    get_property(backends GLOBAL PROPERTY PARIMAP_BACKENDS)

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
        parimap_install_pkg_config(parimap${form} "${PROJECT_DESCRIPTION}"
            "parimap${form}-${PARIMAP_BACKEND}" "-DPARIMAP_DEFAULT_BACKEND=${PARIMAP_BACKEND}" "")
    endforeach()

    foreach(name IN LISTS backends)
        parimap_install_backend(${name})
    endforeach()
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
    parimap_install_pkg_config(parimap-${name} "parimap with the ${name} backend" "${PKG_CONFIG_REQUIRES}"
        "-DPARIMAP_USE_${NAME}=1 ${own} ${PKG_CONFIG_CFLAGS}" "${compiled} ${PKG_CONFIG_LIBS}")
    parimap_install_pkg_config(parimap-header-only-${name} "parimap with the ${name} backend, nothing to link" "${PKG_CONFIG_REQUIRES}"
        "-DPARIMAP_USE_${NAME}=1 ${header_only} ${PKG_CONFIG_CFLAGS}" "${PKG_CONFIG_LIBS}")
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
    configure_file(${parimap_install_cmake_folder}/parimap.pc.in ${generated_folder}/${module}.pc @ONLY)
    install(FILES ${generated_folder}/${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

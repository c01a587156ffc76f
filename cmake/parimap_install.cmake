# SPDX-License-Identifier: MIT
# Installs the headers, the package for find_package(parimap) and the pkg-config files. Nothing here depends on the
# machine's architecture, so everything goes to include/ and share/.

include(CMakePackageConfigHelpers)

set(parimap_install_cmake_folder ${CMAKE_CURRENT_LIST_DIR})

function(parimap_install)
    set(package_folder ${CMAKE_INSTALL_DATADIR}/cmake/parimap)
    set(generated_folder ${PROJECT_BINARY_DIR}/package)
    get_property(backends GLOBAL PROPERTY PARIMAP_BACKENDS)

    install(DIRECTORY include/ ${PROJECT_BINARY_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
            FILES_MATCHING PATTERN *.hpp)
    install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
    install(TARGETS parimap parimap_core EXPORT parimap-targets)
    install(EXPORT parimap-targets NAMESPACE parimap:: DESTINATION ${package_folder})

    configure_package_config_file(${parimap_install_cmake_folder}/parimap-config.cmake.in
        ${generated_folder}/parimap-config.cmake INSTALL_DESTINATION ${package_folder}
        NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
    write_basic_package_version_file(${generated_folder}/parimap-config-version.cmake
        COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
    install(FILES ${generated_folder}/parimap-config.cmake ${generated_folder}/parimap-config-version.cmake
            DESTINATION ${package_folder})
    parimap_install_pkg_config(parimap "${PROJECT_DESCRIPTION}"
        "parimap-${PARIMAP_BACKEND}" "-DPARIMAP_DEFAULT_BACKEND=${PARIMAP_BACKEND}" "")

    foreach(name IN LISTS backends)
        parimap_install_backend(${name})
    endforeach()
endfunction()

# One backend: its headers, its targets with the search for what they need, its pkg-config file.
function(parimap_install_backend name)
    get_target_property(folder parimap_${name} SOURCE_DIR)
    foreach(argument IN ITEMS NEEDS FIND_PACKAGE LINK PKG_CONFIG_REQUIRES PKG_CONFIG_CFLAGS PKG_CONFIG_LIBS)
        get_property(${argument} GLOBAL PROPERTY PARIMAP_${name}_${argument})
        list(JOIN ${argument} " " ${argument})
    endforeach()
    string(TOUPPER ${name} NAME)

    install(DIRECTORY ${folder}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)
    install(TARGETS parimap_${name} EXPORT parimap-${name}-targets)
    install(EXPORT parimap-${name}-targets NAMESPACE parimap:: DESTINATION ${package_folder})
    configure_file(${parimap_install_cmake_folder}/parimap-backend.cmake.in
        ${generated_folder}/parimap-${name}.cmake @ONLY)
    install(FILES ${generated_folder}/parimap-${name}.cmake DESTINATION ${package_folder})

    parimap_install_pkg_config(parimap-${name} "parimap with the ${name} backend" "${PKG_CONFIG_REQUIRES}"
        "-DPARIMAP_USE_${NAME}=1 ${PKG_CONFIG_CFLAGS}" "${PKG_CONFIG_LIBS}")
endfunction()

function(parimap_install_pkg_config module description requires cflags libs)
    file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_DATADIR}/pkgconfig /)
    string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
    configure_file(${parimap_install_cmake_folder}/parimap.pc.in ${generated_folder}/${module}.pc @ONLY)
    install(FILES ${generated_folder}/${module}.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
endfunction()

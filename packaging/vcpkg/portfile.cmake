# SPDX-License-Identifier: MIT
# parimap for vcpkg: an overlay port, which builds the copy that this folder lies in, until there is a release to fetch.

get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS features
    FEATURES
        mpi PARIMAP_ENABLE_MPI
        openmp PARIMAP_ENABLE_OPENMP
        tbb PARIMAP_ENABLE_TBB)

vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS -DPARIMAP_BUILD_TESTS=OFF -DPARIMAP_BUILD_EXAMPLES=OFF ${features})
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME parimap CONFIG_PATH lib/cmake/parimap)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")

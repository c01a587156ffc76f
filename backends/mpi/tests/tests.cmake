# SPDX-License-Identifier: MIT
# Promises over ranks, under the launchers of Open MPI and MPICH, with 2, 3 and 4 ranks: the cases of a program that runs on rank 0 while
# the others serve, and a program in which all make their calls together.

find_package(cereal QUIET)
find_package(PkgConfig QUIET)
function(add_ranks_test target mpi ranks title)
    set(options_of_openmpi --oversubscribe --bind-to none)
    set(options_of_mpich -bind-to none)
    add_test(NAME "mpi: ${title}" COMMAND ${PARIMAP_LAUNCHER_OF_${mpi}} -n ${ranks} ${options_of_${mpi}} $<TARGET_FILE:${target}>)
    set_tests_properties("mpi: ${title}" PROPERTIES LABELS ranks TIMEOUT 120 PROCESSORS 2
        ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe")
endfunction()

foreach(mpi IN ITEMS openmpi mpich)
    set(module_of_openmpi ompi-c)
    set(module_of_mpich mpich)
    if(PkgConfig_FOUND)
        pkg_check_modules(mpi_${mpi} QUIET IMPORTED_TARGET ${module_of_${mpi}})
    endif()
    find_program(PARIMAP_LAUNCHER_OF_${mpi} mpirun.${mpi})
    if(NOT TARGET PkgConfig::mpi_${mpi} OR NOT PARIMAP_LAUNCHER_OF_${mpi})
        message(STATUS "parimap: no tests over ranks of ${mpi}, which was not found")
        continue()
    endif()

    foreach(program IN ITEMS ranks joint)
        set(target ${program}_${mpi})
        file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/backends/mpi/tests/${program}/*.cpp)
        add_executable(${target} ${sources})
        target_include_directories(${target} PRIVATE ${PARIMAP_TESTS} ${PROJECT_SOURCE_DIR}/backends/mpi/include
            ${PROJECT_SOURCE_DIR}/backends/threads/include)
        target_compile_definitions(${target} PRIVATE PARIMAP_USE_MPI=1 PARIMAP_DEFAULT_BACKEND=mpi)
        # Not parimap::mpi: that is on one of the two.
        target_link_libraries(${target} PRIVATE PkgConfig::mpi_${mpi} parimap::core cereal::cereal parimap_warnings)
    endforeach()
    target_link_libraries(ranks_${mpi} PRIVATE Catch2::Catch2)
    foreach(ranks IN ITEMS 2 3 4)
        add_ranks_test(ranks_${mpi} ${mpi} ${ranks} "P1 to P9 for a program on rank 0 of ${ranks}, ${mpi}")
        add_ranks_test(joint_${mpi} ${mpi} ${ranks} "calls that ${ranks} ranks make together, ${mpi}")
    endforeach()
endforeach()

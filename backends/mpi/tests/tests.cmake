# SPDX-License-Identifier: MIT
# What holds without a launcher; and promises over ranks, under the launchers of Open MPI and MPICH, with 2, 3 and 4 ranks: the cases of
# a program that runs on rank 0 while the others serve, a program in which all make their calls together, and one that has started MPI
# for fewer threads. And ranks that die.

find_package(cereal QUIET)
find_package(PkgConfig QUIET)
set(options_of_openmpi --oversubscribe --bind-to none)
set(options_of_mpich -bind-to none)
function(set_ranks_test title)
    set_tests_properties("mpi: ${title}" PROPERTIES LABELS ranks TIMEOUT 120 PROCESSORS 2
        ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe")
endfunction()
function(add_ranks_test target mpi ranks title)    # arguments may follow
    add_test(NAME "mpi: ${title}" COMMAND ${PARIMAP_LAUNCHER_OF_${mpi}} -n ${ranks} ${options_of_${mpi}} $<TARGET_FILE:${target}> ${ARGN})
    set_ranks_test("${title}")
endfunction()
# The job has to end within 20 s, and not well. (timeout says 124 where it had to end it.)
function(add_death_test mpi way title)
    set(command "timeout -k 5 20 \"$@\" < /dev/null; result=$?; test $result -ne 0 && test $result -ne 124 && test $result -ne 137 || { echo \"It returned $result.\"; exit 1; }")
    if(way STREQUAL killed)    # which is what the launcher returns then
        string(REPLACE " && test $result -ne 137" "" command "${command}")
    endif()
    add_test(NAME "mpi: ${title}" COMMAND sh -c "${command}" sh ${PARIMAP_LAUNCHER_OF_${mpi}} -n 3 ${options_of_${mpi}}
        $<TARGET_FILE:death_${mpi}> ${way})
    set_ranks_test("${title}")
endfunction()

# The conformance suite with one rank, compiled for a pool of this type: as the linked backend it is no more than its workers.
# (-O0, -g0: as below.)
file(GLOB alone CONFIGURE_DEPENDS ${PARIMAP_TESTS}/conformance/*.cpp ${PARIMAP_TESTS}/backend/*.cpp)
add_executable(alone_mpi ${alone})
target_include_directories(alone_mpi PRIVATE ${PARIMAP_TESTS})
target_compile_definitions(alone_mpi PRIVATE PARIMAP_TEST_BACKEND=mpi PARIMAP_DEFAULT_BACKEND=mpi)
target_compile_options(alone_mpi PRIVATE -O0 -g0)
target_link_libraries(alone_mpi PRIVATE parimap::mpi catch_main parimap_warnings)
discover_cases(alone_mpi mpi "mpi, alone")

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

    foreach(program IN ITEMS ranks joint levels death)
        set(target ${program}_${mpi})
        file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/backends/mpi/tests/${program}/*.cpp)
        add_executable(${target} ${sources})
        target_include_directories(${target} PRIVATE ${PARIMAP_TESTS} ${PROJECT_SOURCE_DIR}/backends/mpi/include
            ${PROJECT_SOURCE_DIR}/backends/threads/include)
        target_compile_definitions(${target} PRIVATE PARIMAP_USE_MPI=1 PARIMAP_DEFAULT_BACKEND=mpi)
        target_compile_options(${target} PRIVATE -O0 -g0)    # they take long to compile, and wait more than they compute
        # Not parimap::mpi: that is on one of the two.
        target_link_libraries(${target} PRIVATE PkgConfig::mpi_${mpi} parimap::core cereal::cereal parimap_warnings)
    endforeach()
    target_link_libraries(ranks_${mpi} PRIVATE Catch2::Catch2)
    foreach(ranks IN ITEMS 2 3 4)
        add_ranks_test(ranks_${mpi} ${mpi} ${ranks} "P1 to P9 for a program on rank 0 of ${ranks}, ${mpi}")
        add_ranks_test(joint_${mpi} ${mpi} ${ranks} "calls that ${ranks} ranks make together, ${mpi}")
    endforeach()
    foreach(level IN ITEMS single funneled serialized)
        add_ranks_test(levels_${mpi} ${mpi} 3 "calls where MPI was started for ${level} threads, ${mpi}" ${level})
    endforeach()
    add_death_test(${mpi} killed "a rank that is killed ends the job, ${mpi}")
    add_death_test(${mpi} leaves "a rank that leaves ends the job, ${mpi}")
endforeach()

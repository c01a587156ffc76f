# SPDX-License-Identifier: MIT
# Makes parimap::journal; read by parimap-config.cmake. It takes cereal where that is found, and does without elsewhere.

if(NOT TARGET cereal::cereal)
    find_package(cereal QUIET)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/parimap-journal-targets.cmake)
set(parimap_journal_FOUND TRUE)

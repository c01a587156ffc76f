// SPDX-License-Identifier: MIT
// The communicator that messages go by, and what its ranks tell each other at first.
#ifndef PARIMAP_BACKENDS_MPI_COMMUNICATOR_HPP
#define PARIMAP_BACKENDS_MPI_COMMUNICATOR_HPP

#include <parimap/cpu_count.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/code_place.hpp>
#include <parimap/errors.hpp>

// Or Open MPI 4 and MPICH bring bindings of their own for C++, which have to be linked.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// A duplicate of a communicator: nobody else's messages come here. Nor may one of ours be left in it at its end: Open MPI gives its number to the
/// next communicator, which takes such a message for one of its own, and loses the one that has its place in the order.
class own_communicator {
  public:
    explicit own_communicator(MPI_Comm of) { MPI_Comm_dup(of, &communicator_); }
    own_communicator(own_communicator&& other) noexcept : communicator_(std::exchange(other.communicator_, MPI_COMM_NULL)) {}
    own_communicator& operator=(own_communicator&&) = delete;
    ~own_communicator() {
        int is_finalized = 0;
        MPI_Finalized(&is_finalized);
        if (communicator_ != MPI_COMM_NULL && !is_finalized) MPI_Comm_free(&communicator_);
    }

    MPI_Comm get() const noexcept { return communicator_; }

    /// Keeps it until the process ends.
    void leave() noexcept { communicator_ = MPI_COMM_NULL; }

  private:
    MPI_Comm communicator_ = MPI_COMM_NULL;
};

/// What ranks tell each other at first: the CPUs of each. Throws error on all of them where they do not run the same program.
struct introduction {
    std::vector<std::size_t> cpus;
    int threads;           // for which MPI was started, at least, on all of them
    std::uint32_t serial;  // of the messages: a communicator may get those that nobody has fetched from one that is gone
};
inline introduction introduce(MPI_Comm communicator) {
    int ranks = 1;
    MPI_Comm_size(communicator, &ranks);
    static std::atomic<std::uint64_t> last_serial{0};
    int threads = MPI_THREAD_SINGLE;
    MPI_Query_thread(&threads);
    struct of_rank {
        std::uint64_t program, cpus, serial, level;
    };
    const std::array levels{MPI_THREAD_SINGLE, MPI_THREAD_FUNNELED, MPI_THREAD_SERIALIZED, MPI_THREAD_MULTIPLE};  // as they rise
    const auto level = std::find(levels.begin(), levels.end(), threads) - levels.begin();
    const of_rank mine{id_of_program(), cpu_count(), ++last_serial, static_cast<std::uint64_t>(level)};
    std::vector<of_rank> all(static_cast<std::size_t>(ranks));
    MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, communicator);
    std::vector<std::size_t> cpus;
    std::uint64_t least = mine.level;
    for (const of_rank& one : all) {
        if (one.program != all[0].program) throw error("parimap: not all ranks run the same program; start one on all of them");
        cpus.push_back(static_cast<std::size_t>(one.cpus));
        least = std::min(least, one.level);
    }
    return {std::move(cpus), levels[static_cast<std::size_t>(least)], static_cast<std::uint32_t>(all[0].serial)};
}

}  // namespace parimap::detail

#endif

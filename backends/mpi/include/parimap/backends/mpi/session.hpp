// SPDX-License-Identifier: MIT
// The session of an MPI program: rank 0 makes calls, the others serve it.
#ifndef PARIMAP_BACKENDS_MPI_SESSION_HPP
#define PARIMAP_BACKENDS_MPI_SESSION_HPP

#include <parimap/backends/mpi/root.hpp>
#include <parimap/backends/mpi/server.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/errors.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// What all sessions of a process share: there is one at a time.
struct mpi_of_process {
    bool has_session = false;
    std::shared_ptr<mpi_root> root;  // where there are others that serve
};
[[gnu::visibility("default")]] inline mpi_of_process mpi_here;

/// Whether a launcher started this process. (MPI_Init of a process by itself costs some 0.4 s.)
inline bool has_launcher() noexcept {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMI_RANK", "PMIX_RANK"}) {
        if (std::getenv(name)) return true;
    }
    return false;
}

/// Backend: of the workers of each rank.
template <class Backend>
class mpi_session {
  public:
    mpi_session(int* argc, char*** argv) {
        if (std::exchange(mpi_here.has_session, true))
            throw error("parimap: there is a session already; a program has one at a time");
        try {
            begin(argc, argv);
        } catch (...) {
            mpi_here.has_session = false;
            throw;
        }
    }
    ~mpi_session() {
        if (mpi_here.root) mpi_here.root->end();
        mpi_here.root.reset();
        mpi_here.has_session = false;
        communicator_.reset();
        if (initialised_) MPI_Finalize();
    }
    mpi_session(const mpi_session&) = delete;
    mpi_session& operator=(const mpi_session&) = delete;

    int rank() const noexcept { return rank_; }
    int ranks() const noexcept { return ranks_; }

    int serve() {
        if (communicator_) mpi_server<Backend>(communicator_->get(), serial_, rank_).run();
        return 0;
    }

  private:
    void begin(int* argc, char*** argv) {
        int is_finalized = 0;
        MPI_Finalized(&is_finalized);
        if (is_finalized) throw error("parimap: a session was made after MPI_Finalize; make it before, or finalize MPI after it");
        int is_initialized = 0;
        MPI_Initialized(&is_initialized);
        if (!is_initialized) {
            if (!has_launcher()) return;
            int provided = 0;
            MPI_Init_thread(argc, argv, MPI_THREAD_MULTIPLE, &provided);
            initialised_ = true;
        }
        MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
        MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
        if (ranks_ == 1) return;
        own_communicator own(MPI_COMM_WORLD);
        introduction ranks = introduce(own.get());
        if (rank_ == 0) {
            mpi_here.root = std::make_shared<mpi_root>(std::move(own), std::move(ranks), false);
        } else {
            serial_ = ranks.serial;
            communicator_.emplace(std::move(own));
        }
    }

    std::optional<own_communicator> communicator_;  // where it serves
    std::uint32_t serial_ = 0;
    bool initialised_ = false;
    int rank_ = 0;
    int ranks_ = 1;
};

}  // namespace parimap::detail

#endif

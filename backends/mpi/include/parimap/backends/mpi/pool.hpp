// SPDX-License-Identifier: MIT
// What a pool of the mpi backend is made of: the scheduler of this rank, and the way to the others.
#ifndef PARIMAP_BACKENDS_MPI_POOL_HPP
#define PARIMAP_BACKENDS_MPI_POOL_HPP

#include <parimap/backends/mpi/communicator.hpp>
#include <parimap/backends/mpi/peer.hpp>
#include <parimap/backends/mpi/session.hpp>
#include <parimap/backends/mpi/threads.hpp>
#include <parimap/cpu_count.hpp>
#include <parimap/detail/engine/call_on_far.hpp>  // IWYU pragma: export
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/backend_port.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/travel/shared_values.hpp>
#include <parimap/pool_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// The workers of the other ranks, for one pool.
class mpi_carrier final : public carrier {
  public:
    mpi_carrier(std::shared_ptr<mpi_root> root, std::vector<std::size_t> workers, const pool_options& options)
        : root_(std::move(root)), workers_(std::move(workers)), pool_(root_->open_pool(workers_, options)) {}
    ~mpi_carrier() {
        root_->close_pool(pool_);
        for (const std::uint64_t number : shared_) shared_values::of_process().free(number);
    }

    std::uint32_t open(far_work& work, const call_signature& what) override { return root_->open(work, pool_, what, workers_); }
    void close(far_work& work) noexcept override { root_->close(work); }
    const std::vector<std::size_t>& workers() const noexcept override { return workers_; }
    bool is_joint() const noexcept override { return root_->is_joint(); }
    void tell(std::uint32_t call, const byte_writer& outcome) override { root_->tell(call, outcome); }
    std::exception_ptr take_refusal() noexcept override { return root_->take_refusal(); }

    bool is_carried_by_callers() const noexcept override { return !root_->threads().are_many(); }
    void carry_until(const std::function<bool(time_span)>& wait) override {
        const mpi_threads::carrying here(root_->threads());
        while (!wait(time_span::nanoseconds(std::chrono::nanoseconds(root_->carry()).count()))) {
        }
    }

    std::uint64_t share(std::shared_ptr<const void> here, byte_writer&& what) override {
        const std::uint64_t number = root_->share(pool_, what.take());
        shared_values::of_process().hold(number, std::move(here));
        const std::lock_guard held(mutex_);
        shared_.push_back(number);
        return number;
    }

  private:
    const std::shared_ptr<mpi_root> root_;
    const std::vector<std::size_t> workers_;
    const std::uint32_t pool_;
    std::mutex mutex_;
    std::vector<std::uint64_t> shared_;
};

/// Inner: the backend of each rank's workers. Outer: the one of the pool.
template <class Inner, class Outer>
struct mpi_core : far_core {
    /// options: of each rank, with its own number of workers.
    static mpi_core make(const pool_options& options) {
        return make(std::vector<std::size_t>(mpi_here.root ? mpi_here.root->ranks() : 1, options.workers), options);
    }
    static mpi_core make_for_all_cpus(const pool_options& options) {
        return make(mpi_here.root ? mpi_here.root->cpus() : std::vector<std::size_t>{cpu_count()}, options);
    }

    /// Collective. options: of each rank; workers: 0 for as many as it has CPUs.
    static mpi_core make_on(MPI_Comm communicator, pool_options options) {
        if (const std::optional<std::size_t> number = as_number(communicator)) {
            options.workers = *number;
            return make(options);
        }
        int is_initialized = 0;
        int is_finalized = 0;
        MPI_Initialized(&is_initialized);
        MPI_Finalized(&is_finalized);
        if (!is_initialized || is_finalized) {
            throw error(
                "parimap: a pool of a communicator was made before MPI_Init or after MPI_Finalize; make it between the two");
        }
        int rank = 0;
        MPI_Comm_rank(communicator, &rank);
        own_communicator own(communicator);
        const introduction ranks = introduce(own.get());
        const std::vector<std::size_t>& cpus = ranks.cpus;
        std::vector<std::size_t> of_ranks = options.workers ? std::vector<std::size_t>(cpus.size(), options.workers) : cpus;
        if (cpus.size() == 1) return make(std::move(of_ranks), options);
        need_threads(ranks.threads, of_ranks);
        const std::size_t here = of_ranks[static_cast<std::size_t>(rank)];
        options.workers = here;
        const std::size_t all = std::accumulate(of_ranks.begin(), of_ranks.end(), std::size_t{0});
        mpi_core made;
        static_cast<std::shared_ptr<scheduler>&>(made) = scheduler::make(options, &port_of<Inner, Outer>::make, all - here);
        made->count_seats_from(std::accumulate(of_ranks.begin(), of_ranks.begin() + rank, std::size_t{0}));
        if (rank == 0) {
            made.to_others = std::make_shared<mpi_carrier>(std::make_shared<mpi_root>(std::move(own), ranks, true),
                                                           std::move(of_ranks), options);
        } else {
            made.with_root = std::make_shared<mpi_peer>(std::move(own), ranks.serial, rank);
        }
        return made;
    }

  private:
    /// Where a communicator is an int, as in MPICH, a number of workers may look like one; those of MPI are larger than any of them.
    template <class Communicator>
    static std::optional<std::size_t> as_number(Communicator given) noexcept {
        if constexpr (std::is_integral_v<Communicator>) {
            if (given >= 0 && given <= 32768) return static_cast<std::size_t>(given);
        }
        return std::nullopt;
    }

    static mpi_core make(std::vector<std::size_t> workers, pool_options options) {
        if (workers.size() > 1) need_threads(mpi_here.root->threads().level(), workers);
        mpi_core made;
        options.workers = workers.front();
        const std::size_t afar = std::accumulate(workers.begin() + 1, workers.end(), std::size_t{0});
        static_cast<std::shared_ptr<scheduler>&>(made) = scheduler::make(options, &port_of<Inner, Outer>::make, afar);
        if (workers.size() > 1) made.to_others = std::make_shared<mpi_carrier>(mpi_here.root, std::move(workers), options);
        return made;
    }
};

}  // namespace parimap::detail

#endif

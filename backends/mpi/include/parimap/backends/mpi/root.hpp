// SPDX-License-Identifier: MIT
// The rank that makes calls: gives their items to the others, and takes results.
#ifndef PARIMAP_BACKENDS_MPI_ROOT_HPP
#define PARIMAP_BACKENDS_MPI_ROOT_HPP

#include <parimap/backends/mpi/messages.hpp>
#include <parimap/backends/mpi/root_call.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/form.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Has one thread, which alone talks to the other ranks. It sleeps while no call is open.
class mpi_root {
  public:
    /// joint: all ranks make the calls.
    mpi_root(own_communicator communicator, introduction ranks, bool joint)
        : communicator_(std::move(communicator)),
          messages_(communicator_.get(), ranks.serial),
          cpus_(std::move(ranks.cpus)),
          is_joint_(joint),
          thread_([this] { run(); }) {}

    /// Lets the other ranks go.
    ~mpi_root() { end(); }

    /// Of the session, whatever pools still live: other ranks have nothing to do with their calls from now on.
    void end() noexcept {
        {
            const std::lock_guard held(mutex_);
            is_ending_ = true;
            tell_thread();
        }
        if (thread_.joinable()) thread_.join();
    }
    mpi_root(const mpi_root&) = delete;
    mpi_root& operator=(const mpi_root&) = delete;

    std::size_t ranks() const noexcept { return cpus_.size(); }
    const std::vector<std::size_t>& cpus() const noexcept { return cpus_; }
    bool is_joint() const noexcept { return is_joint_; }

    /// Everything that happens is said to the thread.
    std::uint32_t open_pool(const std::vector<std::size_t>& workers) {
        const std::lock_guard held(mutex_);
        const std::uint32_t pool = ++last_number_;
        std::uint64_t first = 0;
        for (std::size_t rank = 1; rank < ranks(); ++rank) {
            byte_writer out = messages::begin(message_kind::pool, pool);
            out.plain<std::uint64_t>(workers[rank]);
            out.plain<std::uint64_t>(first += workers[rank - 1]);
            post(rank, std::move(out));
        }
        return pool;
    }

    void close_pool(std::uint32_t pool) {
        const std::lock_guard held(mutex_);
        for (std::size_t rank = 1; rank < ranks(); ++rank) post(rank, messages::begin(message_kind::pool_end, pool));
    }

    /// Sends the bytes of a value to all; returns its number.
    std::uint64_t share(std::uint32_t pool, const std::vector<std::byte>& bytes) {
        const std::lock_guard held(mutex_);
        const std::uint64_t number = ++last_shared_;
        for (std::size_t rank = 1; rank < ranks(); ++rank) {
            byte_writer out = messages::begin(message_kind::share, pool);
            out.plain(number);
            out.bytes(bytes.data(), bytes.size());
            post(rank, std::move(out));
        }
        return number;
    }

    /// first_seat: of those of the other ranks, one for each.
    std::uint32_t open(far_work& work, std::uint32_t pool, const call_signature& signature, const std::vector<std::size_t>& workers,
                       std::size_t first_seat) {
        byte_writer description = messages::begin(message_kind::call, 0);  // whose number is not known yet
        if (is_joint_) {
            description.plain(signature);
        } else {
            byte_writer what;
            const code_place code = work.describe(what);
            description.plain(pool);
            description.plain(code);
            description.bytes(what.view().data(), what.size());
        }
        std::uint32_t number = 0;
        {
            const std::lock_guard held(mutex_);
            if (is_ending_) return 0;
            number = ++last_number_;
            auto made = std::make_shared<mpi_root_call>(work, number, description.take(), workers, first_seat, is_joint_);
            if (is_joint_) {
                for (std::size_t rank = 1; rank < ranks(); ++rank) posted_.emplace_back(rank, made->description());
            }
            calls_.push_back(std::move(made));
            tell_thread();
        }
        return number;
    }

    /// Of a call that has just ended; 0 if it has never begun.
    void tell(std::uint32_t call, const byte_writer& outcome) {
        const std::lock_guard held(mutex_);
        for (std::size_t rank = 1; rank < ranks(); ++rank) {
            byte_writer out = messages::begin(message_kind::outcome, call);
            out.bytes(outcome.view().data(), outcome.size());
            post(rank, std::move(out));
        }
    }

    void close(far_work& work) noexcept {
        std::unique_lock held(mutex_);
        const auto is_it = [&](const std::shared_ptr<mpi_root_call>& one) { return one->is_of(work); };
        const auto found = std::find_if(calls_.begin(), calls_.end(), is_it);
        if (found == calls_.end()) return;
        (*found)->close();
        tell_thread();
        closed_.wait(held, [&] { return std::none_of(calls_.begin(), calls_.end(), is_it); });
    }

  private:
    /// With the mutex held: for the thread to send.
    void post(std::size_t rank, byte_writer&& out) {
        posted_.emplace_back(rank, out.take());
        tell_thread();
    }

    /// With the mutex held: there is something to do.
    void tell_thread() {
        has_news_ = true;
        news_.notify_all();
    }

    void run() {
        std::vector<std::shared_ptr<mpi_root_call>> open;
        exchange(
            messages_, [&] { return !take_news(open); },
            [&](const message& got) {
                const auto to =
                    std::find_if(open.begin(), open.end(), [&](const auto& one) { return one->number() == got.head.number; });
                if (to != open.end()) (*to)->take(got);
            },
            [&] {
                for (const std::shared_ptr<mpi_root_call>& one : open) {
                    one->feed(messages_);
                    if (one->has_ended()) end(*one);
                }
            },
            [&](patience::clock::duration time) {
                std::unique_lock held(mutex_);
                news_.wait_for(held, time, [&] { return has_news_; });
            });
        if (!is_joint_) {
            for (std::size_t rank = 1; rank < ranks(); ++rank) messages_.send(rank, messages::begin(message_kind::bye, 0));
        }
        while (!messages_.has_sent_all()) std::this_thread::sleep_for(std::chrono::microseconds(50));
    }

    /// Sends what was posted, and sleeps while there is nothing to do. False at the end.
    bool take_news(std::vector<std::shared_ptr<mpi_root_call>>& open) {
        std::unique_lock held(mutex_);
        if (calls_.empty() && posted_.empty()) {
            if (is_ending_) return false;
            if (messages_.has_sent_all()) news_.wait(held, [&] { return !calls_.empty() || !posted_.empty() || is_ending_; });
        }
        has_news_ = false;
        for (auto& [rank, bytes] : posted_) messages_.send(rank, std::move(bytes));
        posted_.clear();
        open = calls_;
        return true;
    }

    void end(const mpi_root_call& one) {
        one.tell_end(messages_);
        const std::lock_guard held(mutex_);
        std::erase_if(calls_, [&](const auto& other) { return other.get() == &one; });
        closed_.notify_all();
    }

    const own_communicator communicator_;
    messages messages_;
    const std::vector<std::size_t> cpus_;
    const bool is_joint_;
    std::mutex mutex_;
    std::condition_variable news_;    // for the thread
    std::condition_variable closed_;  // for who closes a call
    std::vector<std::shared_ptr<mpi_root_call>> calls_;
    std::vector<std::pair<std::size_t, std::vector<std::byte>>> posted_;
    std::uint32_t last_number_ = 0;
    std::uint64_t last_shared_ = 0;
    bool has_news_ = false;
    bool is_ending_ = false;
    std::thread thread_;  // the last, for it uses all others
};

}  // namespace parimap::detail

#endif

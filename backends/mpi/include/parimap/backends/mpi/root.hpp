// SPDX-License-Identifier: MIT
// The rank that makes calls: gives their items to the others, and takes results.
#ifndef PARIMAP_BACKENDS_MPI_ROOT_HPP
#define PARIMAP_BACKENDS_MPI_ROOT_HPP

#include <parimap/backends/mpi/communicator.hpp>
#include <parimap/backends/mpi/exchange.hpp>
#include <parimap/backends/mpi/messages.hpp>
#include <parimap/backends/mpi/root_call.hpp>
#include <parimap/backends/mpi/threads.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/exceptions.hpp>
#include <parimap/pool_options.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Has one thread, which alone talks to the other ranks, and sleeps while no call is open. Where MPI was not started for that, the threads
/// that make calls talk, while they are in one: see carry().
class mpi_root {
  public:
    /// joint: all ranks make the calls.
    mpi_root(own_communicator communicator, introduction ranks, bool joint)
        : communicator_(std::move(communicator)),
          messages_(communicator_.get(), ranks.serial),
          cpus_(std::move(ranks.cpus)),
          threads_(ranks.threads),
          is_joint_(joint) {
        if (threads_.are_many()) thread_ = std::thread([this] { run(); });
    }

    /// Lets the other ranks go.
    ~mpi_root() { end(); }

    /// Of the session, whatever pools still live: other ranks have nothing to do with their calls from now on.
    void end() noexcept {
        {
            const std::lock_guard held(mutex_);
            if (std::exchange(is_ending_, true)) return;
            tell_thread();
        }
        if (threads_.are_many()) {
            thread_.join();
        } else {
            run();
        }
    }
    mpi_root(const mpi_root&) = delete;
    mpi_root& operator=(const mpi_root&) = delete;

    mpi_threads& threads() noexcept { return threads_; }

    /// Where it has none: talks to the other ranks once. Returns how long to wait before the next time. On a thread that may not, it
    /// leaves it to the one that may and is in a call.
    patience::clock::duration carry() {
        const std::unique_lock alone(carrying_, std::try_to_lock);
        if (!alone || !threads_.may_talk_here()) return std::chrono::microseconds(100);
        take_news();
        return talk();
    }

    std::size_t ranks() const noexcept { return cpus_.size(); }
    const std::vector<std::size_t>& cpus() const noexcept { return cpus_; }
    bool is_joint() const noexcept { return is_joint_; }

    /// Everything that happens is said to the thread.
    std::uint32_t open_pool(const std::vector<std::size_t>& workers, pool_options options) {
        const std::uint32_t pool = ++last_number_;
        std::uint64_t first = 0;
        post_to_others(message_kind::pool, pool, [&](std::size_t rank, byte_writer& out) {
            options.workers = workers[rank];
            out.plain(options);
            out.plain<std::uint64_t>(first += workers[rank - 1]);
        });
        return pool;
    }

    void close_pool(std::uint32_t pool) {
        post_to_others(message_kind::pool_end, pool, [](std::size_t, byte_writer&) {});
    }

    /// Sends the bytes of a value to all; returns its number.
    std::uint64_t share(std::uint32_t pool, const std::vector<std::byte>& bytes) {
        static std::atomic<std::uint64_t> last_shared{0};  // for all of this process are held together
        const std::uint64_t number = ++last_shared;
        post_to_others(message_kind::share, pool, [&](std::size_t, byte_writer& out) {
            out.plain(number);
            out.bytes(bytes.data(), bytes.size());
        });
        return number;
    }

    std::uint32_t open(far_work& work, std::uint32_t pool, const call_signature& signature,
                       const std::vector<std::size_t>& workers) {
        byte_writer description = messages::begin(message_kind::call, 0);  // whose number is not known yet
        description.plain(work.times_items());
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
            threads_.need_one_that_talks();
            number = ++last_number_;
            auto made = std::make_shared<mpi_root_call>(work, number, description.take(), workers, is_joint_);
            if (is_joint_) {
                for (std::size_t rank = 1; rank < ranks(); ++rank) posted_.emplace_back(rank, made->description());
            }
            calls_.push_back(std::move(made));
            tell_thread();
        }
        return number;
    }

    /// Why another rank did not take part in a call, as far as it is known by now; that is told once.
    std::exception_ptr take_refusal() noexcept {
        const std::lock_guard held(mutex_);
        return std::exchange(why_refused_, nullptr);
    }

    /// Of a call that has just ended; 0 if it has never begun.
    void tell(std::uint32_t call, const byte_writer& outcome) {
        // The others may be calls behind. What waits for them here is bounded, as long as they come at all.
        constexpr std::size_t most_waiting = std::size_t{64} << 20U;
        const auto latest = patience::clock::now() + std::chrono::seconds(20);
        while (threads_.are_many() && messages_.bytes_to_send() > most_waiting && patience::clock::now() < latest)
            pause(std::chrono::microseconds(200));
        post_to_others(message_kind::outcome, call,
                       [&](std::size_t, byte_writer& out) { out.bytes(outcome.view().data(), outcome.size()); });
        // The others wait for it. (What is large goes only as they take it, and while this rank calls MPI.)
        while (!threads_.are_many() && threads_.may_talk_here() && !has_sent_all() && patience::clock::now() < latest)
            pause(carry());
    }

    void close(far_work& work) noexcept {
        std::unique_lock held(mutex_);
        const auto is_it = [&](const std::shared_ptr<mpi_root_call>& one) { return one->is_of(work); };
        const auto found = std::find_if(calls_.begin(), calls_.end(), is_it);
        if (found == calls_.end()) return;
        (*found)->close();
        tell_thread();
        const auto is_closed = [&] { return std::none_of(calls_.begin(), calls_.end(), is_it); };
        if (threads_.are_many()) return closed_.wait(held, is_closed);
        while (!is_closed()) {
            held.unlock();
            pause(carry());
            held.lock();
        }
    }

  private:
    /// Messages to each of which write(rank, out) adds: for the thread to send; where there is none they go now, as far as they can.
    template <class Write>
    void post_to_others(message_kind kind, std::uint32_t number, Write write) {
        {
            const std::lock_guard held(mutex_);
            for (std::size_t rank = 1; rank < ranks(); ++rank) {
                byte_writer out = messages::begin(kind, number);
                write(rank, out);
                posted_.emplace_back(rank, out.take());
            }
            tell_thread();
        }
        if (!threads_.are_many()) carry();
    }

    /// With the mutex held: there is something to do.
    void tell_thread() {
        has_news_ = true;
        news_.notify_all();
    }

    /// Until it ends.
    void run() {
        while (wait_for_news()) {
            take_news();
            const patience::clock::duration time = talk();
            if (time > time.zero()) {
                std::unique_lock held(mutex_);
                news_.wait_for(held, time, [&] { return has_news_; });
            } else {
                std::this_thread::yield();
            }
        }
        if (!is_joint_) {
            for (std::size_t rank = 1; rank < ranks(); ++rank) messages_.send(rank, messages::begin(message_kind::bye, 0));
        }
        while (!messages_.has_sent_all()) pause(std::chrono::microseconds(50));
    }

    /// Sleeps while there is nothing to do. False at the end.
    bool wait_for_news() {
        std::unique_lock held(mutex_);
        if (!calls_.empty() || !posted_.empty()) return true;
        if (!is_ending_ && messages_.has_sent_all())
            news_.wait(held, [&] { return !calls_.empty() || !posted_.empty() || is_ending_; });
        return !is_ending_ || !calls_.empty() || !posted_.empty();
    }

    void take_news() {
        const std::lock_guard held(mutex_);
        has_news_ = false;
        send_posted();
        open_ = calls_;
    }

    /// With the mutex held.
    void send_posted() {
        for (auto& [rank, bytes] : posted_) messages_.send(rank, std::move(bytes));
        posted_.clear();
    }

    patience::clock::duration talk() {
        return look(
            messages_, waiting_, [] { return false; },
            [&](const message& got) {
                if (got.head.kind == message_kind::refused) return note_refusal(got);
                const auto to =
                    std::find_if(open_.begin(), open_.end(), [&](const auto& one) { return one->number() == got.head.number; });
                if (to != open_.end()) (*to)->take(got);
            },
            [&] {
                for (const std::shared_ptr<mpi_root_call>& one : open_) {
                    one->feed(messages_);
                    if (one->has_ended()) end(*one);
                }
            });
    }

    void note_refusal(const message& got) {
        byte_reader in = got.reader();
        std::exception_ptr why = read_exception(in);
        const std::lock_guard held(mutex_);
        why_refused_ = std::move(why);
    }

    bool has_sent_all() {
        const std::lock_guard alone(carrying_);
        const std::lock_guard held(mutex_);
        return posted_.empty() && messages_.has_sent_all();
    }

    void end(const mpi_root_call& one) {
        const std::lock_guard held(mutex_);
        send_posted();  // what came of it among them
        one.tell_end(messages_);
        std::erase_if(calls_, [&](const auto& other) { return other.get() == &one; });
        closed_.notify_all();
    }

    const own_communicator communicator_;
    messages messages_;
    const std::vector<std::size_t> cpus_;
    mpi_threads threads_;
    const bool is_joint_;
    std::mutex carrying_;  // where there is no thread for it: held by who talks
    patience waiting_;
    std::vector<std::shared_ptr<mpi_root_call>> open_;  // those of calls_ that who talks knows

    std::atomic<std::uint32_t> last_number_{0};

    std::mutex mutex_;                // of all that follows
    std::condition_variable news_;    // for the thread
    std::condition_variable closed_;  // for who closes a call
    std::vector<std::shared_ptr<mpi_root_call>> calls_;
    std::vector<std::pair<std::size_t, std::vector<std::byte>>> posted_;
    std::exception_ptr why_refused_;  // by another rank, which makes a different call
    bool has_news_ = false;
    bool is_ending_ = false;
    std::thread thread_;  // the last, for it uses all others
};

}  // namespace parimap::detail

#endif

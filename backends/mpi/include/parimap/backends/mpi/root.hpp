// SPDX-License-Identifier: MIT
// The rank that makes calls: gives their items to the others, and takes results.
#ifndef PARIMAP_BACKENDS_MPI_ROOT_HPP
#define PARIMAP_BACKENDS_MPI_ROOT_HPP

#include <parimap/backends/mpi/messages.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/served_results.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
        }
        news_.notify_all();
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
        auto made = std::make_shared<link>(work);
        std::uint32_t number = 0;
        made->first_seat = first_seat;
        byte_writer out;
        out.plain(message_head{message_kind::call, 0});
        if (is_joint_) {
            out.plain(signature);
        } else {
            byte_writer what;
            const code_place code = work.describe(what);
            out.plain(pool);
            out.plain(code);
            out.bytes(what.view().data(), what.size());
        }
        made->description = out.take();
        made->ranks.resize(ranks());
        for (std::size_t rank = 1; rank < ranks(); ++rank) made->ranks[rank].workers = workers[rank];
        {
            const std::lock_guard held(mutex_);
            if (is_ending_) return 0;
            number = made->number = ++last_number_;
            if (is_joint_) {  // they wait for it
                for (std::size_t rank = 1; rank < ranks(); ++rank) posted_.emplace_back(rank, made->description_for());
                for (other_rank& other : made->ranks) other.knows_call = true;
            }
            links_.push_back(std::move(made));
        }
        news_.notify_all();
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
        const auto is_it = [&](const std::shared_ptr<link>& one) { return &one->work == &work; };
        const auto found = std::find_if(links_.begin(), links_.end(), is_it);
        if (found == links_.end()) return;
        (*found)->is_closing = true;
        closed_.wait(held, [&] { return std::none_of(links_.begin(), links_.end(), is_it); });
    }

  private:
    struct other_rank {
        std::size_t workers = 0;
        std::uint64_t away = 0;    // items that it has
        std::uint64_t sent = 0;    // in all,
        std::uint64_t passed = 0;  // of which so many are done with before the first that is not
        std::uint64_t stopped = no_item;
        bool knows_call = false;
        bool is_asked = false;                               // to give items back
        std::chrono::steady_clock::time_point poor_until{};  // it was asked, and gets no more than it can run until then
        std::chrono::steady_clock::time_point fed{};         // when last as many items as it has workers were seen there
    };

    /// An open call. All but is_closing is the thread's.
    struct link {
        explicit link(far_work& w) : work(w) {}

        far_work& work;
        std::uint32_t number = 0;
        std::size_t first_seat = 0;
        std::vector<std::byte> description;  // without the number

        std::vector<std::byte> description_for() const {
            std::vector<std::byte> bytes = description;
            const message_head head{message_kind::call, number};
            std::memcpy(bytes.data(), &head, sizeof head);
            return bytes;
        }

        std::vector<other_rank> ranks;
        std::uint64_t away = 0;
        bool is_held = false;
        std::atomic<bool> is_closing{false};
    };

    /// With the mutex held: for the thread to send.
    void post(std::size_t rank, byte_writer&& out) {
        posted_.emplace_back(rank, out.take());
        news_.notify_all();
    }

    void run() {
        patience waiting;
        for (std::vector<std::shared_ptr<link>> open;;) {
            bool any = false;
            {
                std::unique_lock held(mutex_);
                if (links_.empty() && posted_.empty()) {
                    if (is_ending_) break;
                    if (messages_.has_sent_all())
                        news_.wait(held, [&] { return !links_.empty() || !posted_.empty() || is_ending_; });
                }
                for (auto& [rank, bytes] : posted_) messages_.send(rank, std::move(bytes));
                posted_.clear();
                open = links_;
            }
            for (message got; messages_.receive(got); any = true) take(open, got);
            for (const std::shared_ptr<link>& one : open) any = feed(*one) || any;
            if (any) {
                waiting.end();
            } else {
                waiting.wait();
            }
        }
        if (!is_joint_) {
            for (std::size_t rank = 1; rank < ranks(); ++rank) messages_.send(rank, messages::begin(message_kind::bye, 0));
        }
        while (!messages_.has_sent_all()) waiting.wait();
    }

    static void take(const std::vector<std::shared_ptr<link>>& open, const message& got) {
        const auto found = std::find_if(open.begin(), open.end(), [&](const auto& one) { return one->number == got.head.number; });
        if (found == open.end()) return;
        link& to = **found;
        const std::size_t rank = got.rank;
        byte_reader in = got.reader();
        to.ranks[rank].passed = in.plain<std::uint64_t>();
        const std::uint64_t taken = to.work.take_results(to.first_seat + rank - 1, in);
        to.ranks[rank].is_asked = false;
        to.ranks[rank].away -= taken;
        to.away -= taken;
    }

    /// Whether there was anything to do.
    bool feed(link& one) {
        bool any = false;
        const std::uint64_t stopped = one.work.first_stopped();
        for (std::size_t rank = 1; rank < one.ranks.size(); ++rank) {
            other_rank& other = one.ranks[rank];
            if (other.away > 0 && stopped < other.stopped) {
                byte_writer out = messages::begin(message_kind::stop, one.number);
                out.plain(other.stopped = stopped);
                messages_.send(rank, std::move(out));
                any = true;
            }
            while (give(one, rank, other)) any = true;
        }
        const bool has_returned = one.is_held && one.work.has_returned();
        if (!one.is_closing && one.away > 0) any = ask_back(one) || any;
        if (one.is_held && one.away == 0 && !has_returned) {
            one.is_held = false;
            one.work.let_go();
        }
        if (one.is_closing && one.away == 0 && !one.is_held) end(one);
        return any;
    }

    bool give(link& one, std::size_t rank, other_rank& other) {
        using clock = std::chrono::steady_clock;
        if (other.away >= other.workers) other.fed = clock::now();
        // (A rank that was told to stop takes no more: what is still wanted lies before that, and it starts nothing new.)
        if (one.is_closing || other.stopped != no_item || !one.work.has_items()) return false;
        const std::uint64_t batch = one.work.batch();
        const std::uint64_t room = one.work.most_away() - std::min(one.work.most_away(), one.away);
        std::uint64_t most = std::min({room, batch * other.workers, most_items_served - (other.sent - other.passed)});
        if (one.work.has_unclaimed() && clock::now() > other.poor_until) {
            // Two batches for each worker: one that it runs, and one that is there when it has.
            const std::uint64_t wanted = 2 * other.workers * batch;
            if (other.away + std::max<std::uint64_t>(1, batch / 2) > wanted) return false;
            most = std::min(most, wanted - other.away);
        } else if (other.away >= other.workers) {
            return false;  // what is left waits behind others anywhere
        }
        if (most == 0) return false;
        if (!one.is_held && !(one.is_held = one.work.hold())) return false;
        byte_writer out = messages::begin(message_kind::items, one.number);
        const bool is_hungry = clock::now() - other.fed > std::chrono::milliseconds(1);
        const std::uint64_t given = one.work.give_items(one.first_seat + rank - 1, most, is_hungry, out);
        if (given == 0) return false;
        if (!std::exchange(other.knows_call, true)) {
            messages_.send(rank, one.description_for());
        }
        other.away += given;
        other.sent += given;
        one.away += given;
        messages_.send(rank, std::move(out));
        return true;
    }

    /// Where somebody has nothing to do, and another rank has more than its workers can run at once.
    bool ask_back(link& one) {
        if (one.work.has_items()) return false;
        bool is_wanted = one.work.wants_returned();
        std::size_t most = 1;
        for (std::size_t rank = 1; rank < one.ranks.size(); ++rank) {
            const other_rank& other = one.ranks[rank];
            if (other.is_asked) return false;  // one at a time
            if (other.away < other.workers) is_wanted = true;
            if (other.away > one.ranks[most].away) most = rank;
        }
        other_rank& richest = one.ranks[most];
        if (!is_wanted || richest.away <= richest.workers) return false;
        byte_writer out = messages::begin(message_kind::give_back, one.number);
        out.plain<std::uint64_t>((richest.away - richest.workers + 1) / 2);
        messages_.send(most, std::move(out));
        richest.poor_until = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
        return richest.is_asked = true;
    }

    void end(link& one) {
        for (std::size_t rank = 1; rank < one.ranks.size(); ++rank) {
            if (one.ranks[rank].knows_call) messages_.send(rank, messages::begin(message_kind::call_end, one.number));
        }
        const std::lock_guard held(mutex_);
        std::erase_if(links_, [&](const auto& other) { return other.get() == &one; });
        closed_.notify_all();
    }

    const own_communicator communicator_;
    messages messages_;
    const std::vector<std::size_t> cpus_;
    const bool is_joint_;
    std::mutex mutex_;
    std::condition_variable news_;    // for the thread
    std::condition_variable closed_;  // for who closes a call
    std::vector<std::shared_ptr<link>> links_;
    std::vector<std::pair<std::size_t, std::vector<std::byte>>> posted_;
    std::uint32_t last_number_ = 0;
    std::uint64_t last_shared_ = 0;
    bool is_ending_ = false;
    std::thread thread_;  // the last, for it uses all others
};

}  // namespace parimap::detail

#endif

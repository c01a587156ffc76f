// SPDX-License-Identifier: MIT
// An open call, at the rank that makes it: how many of its items each other rank has, gets, and gives back.
#ifndef PARIMAP_BACKENDS_MPI_ROOT_CALL_HPP
#define PARIMAP_BACKENDS_MPI_ROOT_CALL_HPP

#include <parimap/backends/mpi/messages.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/engine/pace.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/served_results.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Used by the thread of mpi_root alone, but for close().
class mpi_root_call {
  public:
    /// workers: of each rank. known: the other ranks wait for it, and are told by the maker.
    mpi_root_call(far_work& work, std::uint32_t number, std::vector<std::byte> description, const std::vector<std::size_t>& workers,
                  bool known)
        : work_(work), number_(number), first_seat_(workers.front()), description_(std::move(description)), ranks_(workers.size()) {
        const message_head head{message_kind::call, number};
        std::memcpy(description_.data(), &head, sizeof head);
        for (std::size_t rank = 1; rank < workers.size(); ++rank) {
            ranks_[rank].workers = workers[rank];
            ranks_[rank].knows_call = known;
        }
    }

    bool is_of(const far_work& work) const noexcept { return &work_ == &work; }
    std::uint32_t number() const noexcept { return number_; }
    const std::vector<std::byte>& description() const noexcept { return description_; }

    /// Gives nothing more away. It has ended once all that is away has come back, and every answer. Any thread.
    void close() noexcept { is_closing_ = true; }
    bool has_ended() const noexcept {
        return is_closing_ && away_ == 0 && !is_held_ &&
               std::none_of(ranks_.begin(), ranks_.end(), [](const other_rank& other) { return other.is_asked; });
    }

    void take(const message& got) {
        byte_reader in = got.reader();
        other_rank& other = ranks_[got.rank];
        other.passed = in.plain<std::uint64_t>();
        const std::uint64_t taken = work_.take_results(first_seat_ + got.rank - 1, in);
        if (got.head.kind == message_kind::gave_back) other.is_asked = false;
        if (!work_.keeps_results(first_seat_ + got.rank - 1)) other.is_settling = false;
        other.away -= taken;
        away_ -= taken;
    }

    /// Gives what there is to give, and asks for what is wanted.
    void feed(messages& to) {
        const std::uint64_t stopped = work_.first_stopped();
        for (std::size_t rank = 1; rank < ranks_.size(); ++rank) {
            other_rank& other = ranks_[rank];
            if (other.away > 0 && stopped < other.stopped) {
                byte_writer out = messages::begin(message_kind::stop, number_);
                out.plain(other.stopped = stopped);
                to.send(rank, std::move(out));
            }
            while (give(to, rank)) {
            }
            if (!other.is_settling && work_.keeps_results(first_seat_ + rank - 1) && (is_closing_ || !work_.has_items())) {
                to.send(rank, messages::begin(message_kind::settle, number_));
                other.is_settling = true;
            }
        }
        const bool has_returned = is_held_ && work_.has_returned();
        if (!is_closing_ && away_ > 0) ask_back(to);
        if (is_held_ && away_ == 0 && !has_returned) {
            is_held_ = false;
            work_.let_go();
        }
    }

    /// Has those that know the call forget it.
    void tell_end(messages& to) const {
        for (std::size_t rank = 1; rank < ranks_.size(); ++rank) {
            if (ranks_[rank].knows_call) to.send(rank, messages::begin(message_kind::call_end, number_));
        }
    }

  private:
    using clock = std::chrono::steady_clock;

    struct other_rank {
        std::size_t workers = 0;
        std::uint64_t away = 0;    // items that it has
        std::uint64_t sent = 0;    // in all,
        std::uint64_t passed = 0;  // of which so many are done with before the first that is not
        std::uint64_t stopped = no_item;
        bool knows_call = false;
        bool is_settling = false;        // it was asked for the results that it keeps
        bool is_asked = false;           // to give items back
        clock::time_point poor_until{};  // it was asked, and gets no more than it can run until then
        clock::time_point fed{};         // when last as many items as it has workers were seen there
    };

    bool give(messages& to, std::size_t rank) {
        other_rank& other = ranks_[rank];
        if (other.away >= other.workers) other.fed = clock::now();
        // (A rank that was told to stop takes no more: what is still wanted lies before that, and it starts nothing new.)
        if (is_closing_ || other.stopped != no_item || !work_.has_items() || !is_wanted_elsewhere()) return false;
        const std::uint64_t batch = work_.batch();
        const std::uint64_t room = work_.most_away() - std::min(work_.most_away(), away_);
        std::uint64_t most = std::min({room, batch * other.workers, most_items_served - (other.sent - other.passed)});
        if (work_.has_unclaimed() && clock::now() > other.poor_until) {
            const std::uint64_t wanted = pace::far_batches * other.workers * batch;
            if (other.away + std::max<std::uint64_t>(1, batch / 2) > wanted) return false;
            most = std::min(most, wanted - other.away);
        } else if (other.away >= other.workers) {
            return false;  // what is left waits behind others anywhere
        }
        if (most == 0) return false;
        if (!is_held_ && !(is_held_ = work_.hold())) return false;
        byte_writer out = messages::begin(message_kind::items, number_);
        const bool is_hungry = clock::now() - other.fed > std::chrono::milliseconds(1);
        const std::uint64_t given = work_.give_items(first_seat_ + rank - 1, most, is_hungry, out);
        if (given == 0) return false;
        if (!std::exchange(other.knows_call, true)) {
            to.send(rank, description_);
        }
        other.away += given;
        other.sent += given;
        away_ += given;
        to.send(rank, std::move(out));
        return true;
    }

    /// What takes less than to send it is done here, unless nobody here comes to it.
    bool is_wanted_elsewhere() {
        const clock::time_point now = clock::now();
        if (const std::uint64_t unclaimed = work_.first_unclaimed(); unclaimed != unclaimed_) {
            unclaimed_ = unclaimed;
            claimed_ = now;
        }
        return work_.is_worth_sending() || now - claimed_ > std::chrono::milliseconds(1);
    }

    /// Where somebody has nothing to do, and another rank has more than its workers can run at once.
    void ask_back(messages& to) {
        if (work_.has_items()) return;
        bool is_wanted = work_.wants_returned();
        std::size_t most = 1;
        for (std::size_t rank = 1; rank < ranks_.size(); ++rank) {
            const other_rank& other = ranks_[rank];
            if (other.is_asked) return;  // one at a time
            if (other.away < other.workers) is_wanted = true;
            if (other.away > ranks_[most].away) most = rank;
        }
        other_rank& richest = ranks_[most];
        if (!is_wanted || richest.away <= richest.workers) return;
        byte_writer out = messages::begin(message_kind::give_back, number_);
        out.plain<std::uint64_t>((richest.away - richest.workers + 1) / 2);
        to.send(most, std::move(out));
        richest.poor_until = clock::now() + std::chrono::milliseconds(10);
        richest.is_asked = true;
    }

    far_work& work_;
    const std::uint32_t number_;
    const std::size_t first_seat_;  // of the other ranks, of which each is one
    std::vector<std::byte> description_;
    std::vector<other_rank> ranks_;  // by number; the first is this one
    std::uint64_t away_ = 0;
    std::uint64_t unclaimed_ = 0;  // the first item that nobody has had,
    clock::time_point claimed_{};  // and since when
    bool is_held_ = false;
    std::atomic<bool> is_closing_{false};
};

}  // namespace parimap::detail

#endif

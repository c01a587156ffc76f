// SPDX-License-Identifier: MIT
// A rank that takes part in calls that all ranks make, and is not their root.
#ifndef PARIMAP_BACKENDS_MPI_PEER_HPP
#define PARIMAP_BACKENDS_MPI_PEER_HPP

#include <parimap/backends/mpi/communicator.hpp>
#include <parimap/backends/mpi/exchange.hpp>
#include <parimap/backends/mpi/messages.hpp>
#include <parimap/backends/mpi/served.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/exceptions.hpp>
#include <parimap/errors.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Everything is done by the threads that make the calls, one at a time, and only inside their calls.
class mpi_peer final : public follower {
  public:
    mpi_peer(own_communicator communicator, std::uint32_t serial, int rank)
        : communicator_(std::move(communicator)), messages_(communicator_.get(), serial), rank_(rank) {}

    /// When the root's pool has ended too, whose message to say so is the last. After 20 s without, something is amiss anyway.
    ~mpi_peer() {
        int is_finalized = 0;
        MPI_Finalized(&is_finalized);
        if (is_finalized) return;
        is_ending_ = true;
        for (auto& [order, call] : calls_) {
            if (call.is_known && !call.work) refuse_unmade(call);
        }
        const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        serve_until([&] { return (is_over_ && messages_.has_sent_all()) || std::chrono::steady_clock::now() > latest; });
        if (!is_over_) communicator_.leave();
    }
    mpi_peer(const mpi_peer&) = delete;
    mpi_peer& operator=(const mpi_peer&) = delete;

    int rank() const noexcept override { return rank_; }

    std::uint64_t join(served_work& work, const call_signature& what) override {
        return join(what, [&](joint& mine) { mine.work = &work; });
    }
    std::uint64_t refuse(std::exception_ptr why, const call_signature& what) override {
        return join(what, [&](joint& mine) { refuse(mine, std::move(why)); });
    }

    std::vector<std::byte> follow(std::uint64_t order, bool has_outcome) override {
        joint& mine = calls_.at(order);
        const auto is_done = [&] { return has_outcome && !mine.why_refused ? mine.outcome.has_value() : mine.has_ended; };
        serve_until([&] { return is_over_ || is_done(); });
        if (!is_done()) {
            calls_.erase(order);
            throw error(
                "parimap: the root of this pool has ended it, and this rank still makes calls on it; make the same on all ranks");
        }
        const std::exception_ptr refused = mine.why_refused;
        std::vector<std::byte> outcome = mine.outcome ? std::move(*mine.outcome) : std::vector<std::byte>();
        orders_.erase(mine.number);
        calls_.erase(order);
        if (refused) std::rethrow_exception(refused);
        return outcome;
    }

    bool follow_until_next(std::uint64_t order) override {
        const joint& mine = calls_.at(order);
        serve_until([&] { return is_over_ || mine.has_ended || opened_ > joined_; });
        return is_over_ || mine.has_ended;
    }

  private:
    /// A call, from when the root has opened it or this rank has made it, whichever is first.
    struct joint {
        served_work* work = nullptr;
        call_signature what;
        bool is_known = false;  // to the root, as
        std::uint32_t number = 0;
        call_signature of_root;
        bool is_timed = false;
        std::vector<message> early;  // which came before this rank made the call
        bool has_ended = false;
        std::optional<std::vector<std::byte>> outcome;
        std::exception_ptr why_refused;
        std::unique_ptr<refused_call> refused;
    };

    void take(message& got) {
        byte_reader in = got.reader();
        switch (got.head.kind) {
            case message_kind::call: {
                joint& mine = calls_[++opened_];
                orders_[got.head.number] = opened_;
                mine.number = got.head.number;
                mine.is_timed = in.plain<bool>();
                mine.of_root = in.plain<call_signature>();
                mine.is_known = true;
                if (is_ending_) {
                    refuse_unmade(mine);
                } else if (mine.work) {
                    compare(mine);
                }
                break;
            }
            case message_kind::items:
            case message_kind::stop:
            case message_kind::settle:
            case message_kind::give_back:
            case message_kind::call_end:
                if (const auto order = orders_.find(got.head.number); order != orders_.end()) {
                    const auto call = calls_.find(order->second);
                    if (call != calls_.end()) give(call->second, got);
                }
                break;
            case message_kind::outcome: {
                const auto order = orders_.find(got.head.number);
                joint* of = nullptr;
                if (got.head.number == 0) {  // it failed before it began
                    of = &calls_[++opened_];
                    of->has_ended = true;
                } else if (order != orders_.end() && calls_.contains(order->second)) {
                    of = &calls_.at(order->second);
                }
                if (of) of->outcome.emplace(got.bytes.begin() + sizeof(message_head), got.bytes.end());
                break;
            }
            case message_kind::pool_end: is_over_ = true; break;
            default: break;
        }
    }

    /// Both sides know it now.
    void compare(joint& mine) {
        if (mine.what != mine.of_root) {
            refuse(mine, std::make_exception_ptr(
                             error("parimap: the ranks of this pool make different calls, or over inputs of different "
                                   "length; make the same on all, in the same order")));
            tell_refusal(mine);
        }
        if (mine.is_timed) mine.work->time_items();
        give_early(mine);
    }

    void give_early(joint& mine) {
        for (message& early : std::exchange(mine.early, {})) give(mine, early);
    }

    template <class Begin>
    std::uint64_t join(const call_signature& what, Begin begin) {
        const std::uint64_t order = ++joined_;
        joint& mine = calls_[order];
        mine.what = what;
        begin(mine);
        if (mine.is_known) compare(mine);
        return order;
    }

    void refuse(joint& mine, std::exception_ptr why) {
        mine.why_refused = std::move(why);
        mine.refused = std::make_unique<refused_call>(mine.why_refused, rank_);
        mine.work = mine.refused.get();
    }

    /// The root may have no item for this rank whose failure would tell it.
    void tell_refusal(const joint& mine) {
        byte_writer out = messages::begin(message_kind::refused, mine.number);
        write_exception(out, mine.why_refused, rank_);
        messages_.send(0, std::move(out));
    }

    /// This rank has ended its pool.
    void refuse_unmade(joint& mine) {
        refuse(mine,
               std::make_exception_ptr(error(
                   "parimap: a rank of this pool has ended it, and others still make calls on it; make the same on all ranks")));
        tell_refusal(mine);
        give_early(mine);
    }

    template <class Done>
    void serve_until(Done done) {
        const auto send_all_results = [this] {
            for (auto& [order, call] : calls_) {
                if (call.work && call.is_known && !call.has_ended) send_results(call.number, *call.work, messages_);
            }
        };
        exchange(
            messages_, done, [this](message& got) { take(got); }, send_all_results);
    }

    void give(joint& mine, message& got) {
        if (!mine.work) return mine.early.push_back(std::move(got));
        if (!pass_on(got, *mine.work, messages_)) mine.has_ended = true;
    }

    own_communicator communicator_;
    messages messages_;
    const int rank_;
    std::map<std::uint64_t, joint> calls_;           // by the order in which they are made
    std::map<std::uint32_t, std::uint64_t> orders_;  // of those that the root has opened, by its number
    std::uint64_t joined_ = 0;                       // made here
    std::uint64_t opened_ = 0;                       // and by the root
    bool is_over_ = false;
    bool is_ending_ = false;  // it makes no more calls
};

}  // namespace parimap::detail

#endif

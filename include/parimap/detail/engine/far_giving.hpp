// SPDX-License-Identifier: MIT
// What a call gives to other processes: which of its items, how many at a time, and those that come back.
#ifndef PARIMAP_DETAIL_ENGINE_FAR_GIVING_HPP
#define PARIMAP_DETAIL_ENGINE_FAR_GIVING_HPP

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/engine/far_items.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/engine/monitor.hpp>
#include <parimap/detail/engine/observer.hpp>
#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/served_results.hpp>
#include <parimap/detail/system/floating_point.hpp>
#include <parimap/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Call: a stream or a blocking call. Seats from pool_.size_here() on are those of other ranks: what is claimed for one is given away.
template <class Call>
class far_giving : public Call, public far_work {
  protected:
    using source = typename Call::source;
    using item = far_item<typename source::item, source::zipped>;
    static constexpr bool results_stay =
        requires { requires Call::results_type::stays_elsewhere; };  // on other ranks, until the end

  public:
    bool has_items() const noexcept override { return this->claims_.claimable(); }

    bool has_unclaimed() const noexcept override { return this->claims_.has_batch(); }

    std::uint64_t first_unclaimed() const noexcept override { return this->claims_.next(); }

    bool wants_returned() const noexcept override { return !this->claims_.claimable() && this->pool_.has_idle_worker(*this); }

    bool has_returned() noexcept override {
        for (std::size_t seat = this->pool_.size_here(); seat < this->pool_.size(); ++seat) {
            const item_range waiting = this->claims_.range_of(seat);
            if (waiting.first < waiting.end && !this->claims_.is_open(waiting.first))
                drop({waiting.first, waiting.first + this->claims_.drop(seat)});
        }
        offer();
        if (!returned_.empty() || std::find(keeping_.begin(), keeping_.end(), true) != keeping_.end()) return true;
        for (std::size_t seat = this->pool_.size_here(); seat < this->pool_.size(); ++seat) {
            const item_range waiting = this->claims_.range_of(seat);
            if (waiting.first < waiting.end) return true;
        }
        return false;
    }

    bool keeps_results(std::size_t seat) const noexcept override { return keeping_[seat - this->pool_.size_here()]; }

    std::uint64_t first_stopped() const noexcept override { return this->claims_.first_closed(); }

    std::uint64_t batch() const noexcept override {
        return std::clamp<std::uint64_t>(most_bytes / std::max<std::uint64_t>(bytes_of_item_, 1), 1,
                                         this->pace_.far_batch(results_stay));
    }

    bool is_worth_sending() const noexcept override { return this->pace_.is_worth_sending(batch()); }

    std::uint64_t most_away() const noexcept override { return most_away_; }

    std::uint64_t give_items(std::size_t seat, std::uint64_t most, bool is_hungry, byte_writer& out) noexcept override {
        const floating_point_scope as_the_caller(this->mode());  // elements may be computed when they are read
        const calls_that_stay_here inside;
        // A part of what is left, as a worker here takes it: all should come to their end together.
        const std::uint64_t left = this->claims_.limit() - std::min(this->claims_.limit(), this->claims_.next());
        if (left > 0) most = std::min(most, std::max<std::uint64_t>(1, left / 2));
        // Items that came back lie on such a seat.
        const std::uint64_t least_robbed = is_hungry ? 1 : std::min(most, this->pace_.far_batch(results_stay));
        const item_range waiting = this->claims_.range_of(seat);
        if (waiting.first == waiting.end && !this->claims_.claim(seat, most, most, this->max_lag(), least_robbed)) return 0;
        const std::size_t before = out.size();
        std::uint64_t given = 0;
        do {
            given += give_batch(seat, most - std::min(most, given), out);
        } while (given < most && this->claims_.has_rest(seat));
        if (given > 0) {
            bytes_of_item_ = (out.size() - before) / given;
            if (observer* const watching = this->observation_.get()) watching->sent(rank_of(seat), given, out.size());
        }
        return given;
    }

  protected:
    /// joint: every rank has the elements, so that items are their numbers.
    template <class Core, class... Args>
    far_giving(bool joint, Core&& core, const map_options& options, Args&&... args)
        : Call(std::forward<Core>(core), options, std::forward<Args>(args)...),
          keeping_(this->pool_.size() - this->pool_.size_here()),
          is_joint_(joint),
          most_away_(away_in_window(options, this->pool_.size_here())) {}
    ~far_giving() override = default;

    /// A seat of this call's that stands for a rank.
    std::size_t rank_of(std::size_t seat) const noexcept { return seat - this->pool_.size_here() + 1; }

    void note_kept(std::size_t seat, bool any) noexcept { keeping_[seat - this->pool_.size_here()] = any; }

    /// They were given away and have not started: they wait on seats, once offered, for whoever takes them.
    void come_back(item_range items) { returned_.push_back(items); }

    /// Puts items that came back where all workers look for some: on seats of other ranks that have none.
    void offer() noexcept {
        bool any = false;
        for (std::size_t seat = this->pool_.size_here(); seat < this->pool_.size() && !returned_.empty(); ++seat) {
            const item_range held = this->claims_.range_of(seat);
            if (held.first < held.end) continue;
            const item_range items = returned_.back();
            returned_.pop_back();
            if (this->claims_.is_open(items.first)) {
                this->claims_.put_back(seat, items);
                any = true;
            } else {
                drop(items);
            }
        }
        if (any) this->pool_.announce(*this, 2);
    }

  private:
    static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20;  // of a message, about

    static std::uint64_t away_in_window(const map_options& options, std::size_t workers_here) noexcept {
        // A stream has a window of its own; in a map as many items are under way as there are workers.
        if (std::is_base_of_v<shared_stream, Call> || source::pulled || options.window == 0) return most_items_served;
        return std::min<std::uint64_t>(most_items_served, options.window - std::min(options.window, workers_here));
    }

    /// What a claim has left on the seat: parts of items that follow each other, each a part_of_items and their bytes.
    std::uint64_t give_batch(std::size_t seat, std::uint64_t most, byte_writer& out) noexcept {
        claims::batch batch = this->claims_.batch_of(seat);
        monitor::tally finished = this->monitor_.tally_of(seat);
        [[maybe_unused]] const auto take = this->source_.reader();
        std::uint64_t given = 0;
        for (item_range block; given < most && batch.pop(most - given, block);) {
            std::uint64_t end = block.end;
            if (batch.interrupted()) end = this->claims_.open_end(block.first, block.end);
            while (block.first < end) {
                std::uint64_t done = 0;  // those that could not be sent
                given += give_part(seat, block.first, end, take, done, out);
                finished.add(done);
            }
            if (end < block.end) {
                finished.add(block.end - end + this->claims_.drop(seat));
                this->note_dropped(end);
                break;
            }
        }
        this->monitor_.after_batch(batch.first(), batch.next());
        return given;
    }

    /// Moves `first` behind what it has given, and behind an item that cannot be sent: that has failed.
    template <class Take>
    std::uint64_t give_part(std::size_t seat, std::uint64_t& first, [[maybe_unused]] std::uint64_t end,
                            [[maybe_unused]] const Take& take, std::uint64_t& done, byte_writer& out) noexcept {
        const std::uint64_t begin = first;
        const std::size_t size_before = out.size();
        const std::size_t start = size_before + sizeof(part_of_items);
        std::size_t size = start;
        std::exception_ptr failure;
        bool reading = false;
        try {
            out.leave_room<part_of_items>();
            if (!source::pulled && is_joint_) {
                first = end;
            } else if constexpr (item::can_travel) {
                for (; first < end; ++first) {
                    if constexpr (source::pulled) {
                        write_sized(out, [&] { item::write(out, source::pass_lent(this->source_.lend(first))); });
                    } else {
                        reading = true;
                        auto&& element = take(first);
                        reading = false;
                        write_sized(out, [&] { item::write(out, element); });
                    }
                    size = out.size();
                }
            }
            out.end_archive();
            out.fill(size_before, part_of_items{begin, first - begin, out.size() - start});
            return first - begin;
        } catch (...) {
            failure = std::current_exception();
        }
        if (first > begin) {  // what came before it goes
            out.cut(size);
            out.fill(size_before, part_of_items{begin, first - begin, size - start});
        } else {
            out.cut(size_before);
        }
        const std::uint64_t given = first - begin;
        if constexpr (source::pulled) this->source_.drop(first);
        this->fail(seat, first++, std::move(failure), reading);
        done = 1;
        return given;
    }

    /// Nobody will run them: the call was stopped before.
    void drop(item_range items) noexcept {
        const std::size_t seat = this->pool_.size_here();
        this->note_dropped(items.first);
        this->monitor_.tally_of(seat).add(items.end - items.first);
        this->monitor_.after_batch(items.first, items.end);
    }

    std::vector<item_range> returned_;
    std::vector<bool> keeping_;  // results, by seat
    const bool is_joint_;
    const std::uint64_t most_away_;
    std::uint64_t bytes_of_item_ = 0;  // on average, of the latest
};

}  // namespace parimap::detail

#endif

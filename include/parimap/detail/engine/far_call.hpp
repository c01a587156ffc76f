// SPDX-License-Identifier: MIT
// A call whose batches are run in other processes too, where it was made.
#ifndef PARIMAP_DETAIL_ENGINE_FAR_CALL_HPP
#define PARIMAP_DETAIL_ENGINE_FAR_CALL_HPP

#include <parimap/detail/engine/far_items.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/engine/observed_batch.hpp>
#include <parimap/detail/engine/observer.hpp>
#include <parimap/detail/engine/served_call.hpp>
#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/results/served_results.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/floating_point.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/travel/exceptions.hpp>
#include <parimap/errors.hpp>
#include <parimap/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// The same on all ranks for the same call, whose functions may differ.
template <class Call>
inline const std::uint64_t types_of_call =
    typeid(typename Call::source).hash_code() ^ (typeid(typename Call::results_type).hash_code() << 1U);

/// Call: a stream or a blocking call. Beside its own workers those of other ranks take its batches, as far as they can: where f, items
/// and results can travel. It is an error if they cannot and there are others.
template <class Call>
class far_call final : public Call, public far_work {
    using source = typename Call::source;
    using function = typename Call::function;
    using value = typename Call::invocation_type::value;
    using item = far_item<typename source::item, source::zipped>;
    static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20;  // of a message, about

  public:
    /// count: of the items, where every rank has them.
    template <class... Args>
    far_call(const far_core& core, std::uint64_t count, const map_options& options, Args&&... args)
        : Call(core_for<Call>(core), options, std::forward<Args>(args)...),
          carrier_(core.to_others),
          is_joint_(carrier_ && carrier_->is_joint()),
          most_away_(away_in_window(options, *core)) {
        if (carrier_) number_ = carrier_->open(*this, {types_of_call<Call>, count});
    }
    ~far_call() override {
        if constexpr (std::is_base_of_v<shared_stream, Call>) this->end();
        if (!carrier_) return;
        this->cancel();
        carrier_->close(*this);
    }

    /// By which all ranks know it.
    std::uint32_t number() const noexcept { return number_; }

    code_place describe([[maybe_unused]] byte_writer& out) const override {
        if constexpr (!function_can_travel<function>) {
            throw error(
                "parimap: f cannot travel to other ranks. It has to be an object whose captures are values: capture by value, use "
                "share, or have all ranks make the call, on a pool of a communicator");
        } else if constexpr (!item::can_travel) {
            throw error(
                "parimap: the items cannot travel to other ranks; give their type a serialize function of cereal, or specialise "
                "parimap::codec for it");
        } else if constexpr (!can_travel<value>) {
            throw error(
                "parimap: what f returns cannot travel from other ranks; give its type a serialize function of cereal, or "
                "specialise parimap::codec for it");
        } else if constexpr (!can_be_served<function, item, source::zipped, value>) {
            throw error(
                "parimap: f takes its items by reference, to change them, and other ranks have copies; let it take them by value "
                "or as const&, and return what it makes of them");
        } else {
            out.plain(this->mode());
            codec<function>::write(out, this->f_);
            const serve_far_call serve = &served_call<function, item, source::zipped, value>::serve;
            return place_of(reinterpret_cast<any_function>(serve));
        }
    }

    bool has_items() const noexcept override { return this->claims_.claimable(); }

    bool has_unclaimed() const noexcept override { return this->claims_.has_batch(); }

    bool wants_returned() const noexcept override { return !this->claims_.claimable() && this->pool_.has_idle_worker(*this); }

    bool has_returned() noexcept override {
        for (std::size_t seat = this->pool_.size_here(); seat < this->pool_.size(); ++seat) {
            const item_range waiting = this->claims_.range_of(seat);
            if (waiting.first < waiting.end && !this->claims_.is_open(waiting.first))
                drop({waiting.first, waiting.first + this->claims_.drop(seat)});
        }
        offer();
        if (!returned_.empty()) return true;
        for (std::size_t seat = this->pool_.size_here(); seat < this->pool_.size(); ++seat) {
            const item_range waiting = this->claims_.range_of(seat);
            if (waiting.first < waiting.end) return true;
        }
        return false;
    }

    std::uint64_t first_stopped() const noexcept override { return this->claims_.first_closed(); }

    std::uint64_t batch() const noexcept override {
        return std::clamp<std::uint64_t>(most_bytes / std::max<std::uint64_t>(bytes_of_item_, 1), 1, this->pace_.far_batch());
    }

    std::uint64_t most_away() const noexcept override { return most_away_; }

    bool hold() noexcept override { return this->pool_.join_from_afar(*this); }
    void let_go() noexcept override { this->pool_.leave_from_afar(*this); }

    std::uint64_t give_items(std::size_t seat, std::uint64_t most, bool is_hungry, byte_writer& out) noexcept override {
        const floating_point_scope as_the_caller(this->mode());  // elements may be computed when they are read
        // A part of what is left, as a worker here takes it: all should come to their end together.
        const std::uint64_t left = this->claims_.limit() - std::min(this->claims_.limit(), this->claims_.next());
        if (left > 0) most = std::min(most, std::max<std::uint64_t>(1, left / 2));
        // Items that came back lie on such a seat.
        const std::uint64_t least_robbed = is_hungry ? 1 : std::min(most, this->pace_.far_batch());
        const item_range waiting = this->claims_.range_of(seat);
        if (waiting.first == waiting.end && !this->claims_.claim(seat, most, most, this->max_lag(), least_robbed)) return 0;
        const std::size_t before = out.size();
        std::uint64_t given = 0;
        do {
            given += give_batch(seat, most - std::min(most, given), out);
        } while (given < most && this->claims_.has_rest(seat));
        if (given > 0) bytes_of_item_ = (out.size() - before) / given;
        return given;
    }

    std::uint64_t take_results(std::size_t seat, byte_reader& in) override {
        const floating_point_scope as_the_caller(this->mode());
        this->observation_.enter(seat);
        std::uint64_t taken = 0;
        while (!in.is_at_end()) taken += take_part(seat, in);
        this->observation_.leave(seat);
        return taken;
    }

  private:
    template <class Made>
    static decltype(auto) core_for(const far_core& core) noexcept {
        if constexpr (std::is_base_of_v<shared_stream, Made>) {
            return static_cast<const std::shared_ptr<scheduler>&>(core);
        } else {
            return *core;
        }
    }

    static std::uint64_t away_in_window(const map_options& options, const scheduler& core) noexcept {
        // A stream has a window of its own; in a map as many items are under way as there are workers.
        if (std::is_base_of_v<shared_stream, Call> || source::pulled || options.window == 0) return most_items_served;
        return std::min<std::uint64_t>(most_items_served, options.window - std::min(options.window, core.size_here()));
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

    /// What one worker there has written: see served_results.
    std::uint64_t take_part(std::size_t seat, byte_reader& in) {
        const auto head = in.plain<part_of_results>();
        std::optional<observed_batch> watching = this->observation_.begin_batch(seat);
        const instant now = instant::now();
        if (head.cost > 0)
            this->pace_.measured(time_span::nanoseconds(static_cast<std::int64_t>(head.cost * head.entries)), head.entries);
        monitor::tally finished = this->monitor_.tally_of(seat);
        std::uint64_t first = no_item;
        std::uint64_t end = 0;
        std::uint64_t taken = 0;
        std::uint64_t run = 0;
        this->with_writer(seat, [&](auto put) {
            for (std::uint64_t i = 0; i < head.entries; ++i) {
                const auto one = in.plain<served_entry>();
                if (one.kind == served_kind::returned) {
                    taken += one.bytes;
                    returned_.push_back({one.item, one.item + one.bytes});
                    continue;
                }
                if (one.kind == served_kind::dropped) {
                    this->note_dropped(one.item);
                    taken += one.bytes;  // so many items
                    finished.add(one.bytes);
                    first = std::min(first, one.item);
                    end = std::max(end, one.item + 1);
                    continue;
                }
                if constexpr (source::pulled) this->source_.drop(one.item);
                if (one.begins_archive) in.end_archive();
                in.begin_part(one.bytes);
                this->begin_batch(seat, one.item, put);
                this->attempt(seat, one.item, [&] {
                    if (one.kind == served_kind::failure) std::rethrow_exception(read_exception(in));
                    if constexpr (can_travel<value>) put(one.item, [&]() -> value { return codec<value>::read(in); });
                });
                this->end_batch(seat, one.item + 1, put);
                in.end_part();
                first = std::min(first, one.item);
                end = std::max(end, one.item + 1);
                if (watching) watching->items_done(1);
                finished.add(1);
                ++taken;
                ++run;
            }
            return 0;
        });
        in.end_archive();
        if (run > 0) this->observation_.end_batch(seat, first, run, now, instant::now());
        if (first < end) this->monitor_.after_batch(first, end);
        offer();
        return taken;
    }

    /// Nobody will run them: the call was stopped before.
    void drop(item_range items) noexcept {
        const std::size_t seat = this->pool_.size_here();
        this->note_dropped(items.first);
        this->monitor_.tally_of(seat).add(items.end - items.first);
        this->monitor_.after_batch(items.first, items.end);
    }

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

    const std::shared_ptr<carrier> carrier_;
    std::uint32_t number_ = 0;
    std::vector<item_range> returned_;
    const bool is_joint_;
    const std::uint64_t most_away_;
    std::uint64_t bytes_of_item_ = 0;  // on average, of the latest
};

}  // namespace parimap::detail

#endif

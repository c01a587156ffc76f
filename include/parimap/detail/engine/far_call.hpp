// SPDX-License-Identifier: MIT
// A call whose batches are run in other processes too, where it was made.
#ifndef PARIMAP_DETAIL_ENGINE_FAR_CALL_HPP
#define PARIMAP_DETAIL_ENGINE_FAR_CALL_HPP

#include <parimap/detail/engine/far_giving.hpp>
#include <parimap/detail/engine/far_items.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/engine/observed_batch.hpp>
#include <parimap/detail/engine/observer.hpp>
#include <parimap/detail/engine/served_call.hpp>
#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/results/kept.hpp>
#include <parimap/detail/results/served_boxes.hpp>
#include <parimap/detail/results/served_reduction.hpp>
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
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// The same on all ranks for the same call, whose functions may differ.
template <class Call>
inline const std::uint64_t types_of_call =
    typeid(typename Call::source).hash_code() ^ (typeid(typename Call::results_type).hash_code() << 1U);

/// Call: a stream or a blocking call. Beside its own workers those of other ranks take its batches, as far as they can: where f, items
/// and results can travel. It is an error if they cannot and there are others.
template <class Call>
class far_call : public far_giving<Call> {
    using below = far_giving<Call>;
    using typename below::source, typename below::item;
    using function = typename Call::function;
    using value = typename Call::invocation_type::value;
    using results_elsewhere = served_for<typename Call::results_type, value>;

  public:
    template <class... Args>
    far_call(const far_core& core, const map_options& options, Args&&... args)
        : below(core.to_others && core.to_others->is_joint(), core_for<Call>(core), options, std::forward<Args>(args)...),
          carrier_(core.to_others) {}
    ~far_call() override {
        if constexpr (!std::is_base_of_v<shared_stream, Call>) cancel_afar();
    }

    /// Once it is whole, for who carries calls its virtual functions from now on. count: of the items, where every rank has them.
    void open(std::uint64_t count, const map_options& options) {
        if (!carrier_) return;
        if (observer* const watching = this->observation_.get()) watching->set_ranks(carrier_->workers());
        number_ = carrier_->open(*this, {types_of_call<Call>, count, options.block});
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
        } else if constexpr (!std::is_void_v<typename results_elsewhere::function> &&
                             !function_can_travel<typename results_elsewhere::function>) {
            throw error(
                "parimap: op cannot travel to other ranks. It has to be an object whose captures are values, as std::plus<> is; or "
                "have all ranks make the call, on a pool of a communicator");
        } else {
            out.plain(this->mode());
            codec<function>::write(out, this->f_);
            results_elsewhere::write(out, this->results_);
            using served = served_call<function, item, source::zipped, typename results_elsewhere::elsewhere>;
            const serve_far_call serve = &served::template serve<results_elsewhere>;
            return place_of(reinterpret_cast<any_function>(serve));
        }
    }

    bool times_items() const noexcept override {
        const observer* const watching = this->observation_.get();
        return watching && watching->times_items();
    }
    bool hold() noexcept override { return this->pool_.join_from_afar(*this); }
    void let_go() noexcept override { this->pool_.leave_from_afar(*this); }

    std::uint64_t take_results(std::size_t seat, byte_reader& in) override {
        const floating_point_scope as_the_caller(this->mode());
        const calls_that_stay_here inside;
        const std::size_t bytes = in.left();
        std::uint64_t taken = 0;
        while (!in.is_at_end()) taken += take_part(seat, in);
        // (An answer that brings nothing may come when the call has ended.)
        observer* const watching = bytes > sizeof(part_of_results) ? this->observation_.get() : nullptr;
        if (watching) watching->received(this->rank_of(seat), taken, bytes);
        return taken;
    }

  protected:
    /// In the destructor of the whole object, for who carries calls its virtual functions until then.
    void cancel_afar() noexcept {
        if (!carrier_) return;
        this->cancel();
        end_afar();
    }

    /// All results are there: the other ranks need not wait until this is gone.
    void end_afar() noexcept {
        if (carrier_) carrier_->close(*this);
    }

    bool is_carried_here() const noexcept { return carrier_ && carrier_->is_carried_by_callers(); }
    void carry_until(const std::function<bool(time_span)>& wait) { carrier_->carry_until(wait); }

  private:
    template <class Made>
    static decltype(auto) core_for(const far_core& core) noexcept {
        if constexpr (std::is_base_of_v<shared_stream, Made>) {
            return static_cast<const std::shared_ptr<scheduler>&>(core);
        } else {
            return *core;
        }
    }

    /// What one worker there has written: see served_results.
    std::uint64_t take_part(std::size_t seat, byte_reader& in) {
        const auto head = in.plain<part_of_results>();
        if (head.entries == 0) return 0;  // the caller may have the results by now
        observer* const all_watching = this->observation_.get();
        const std::size_t worker =
            all_watching ? all_watching->seat_of(this->rank_of(seat), static_cast<std::size_t>(head.worker)) : seat;
        std::optional<observed_batch> watching = this->observation_.begin_batch(worker);
        monitor::tally finished = this->monitor_.tally_of(seat);
        std::uint64_t first = no_item;
        std::uint64_t end = 0;
        std::uint64_t taken = 0;
        std::uint64_t run = 0;
        const auto are_back = [&](std::uint64_t begin, std::uint64_t items) {
            first = std::min(first, begin);
            end = std::max(end, begin + 1);
            taken += items;
            finished.add(items);
        };
        const auto have_run = [&](std::uint64_t begin, std::uint64_t items) {
            if constexpr (source::pulled) {
                for (std::uint64_t i = begin; i < begin + items; ++i) this->source_.drop(i);
            }
            if (watching) watching->items_done(items);
            run += items;
            are_back(begin, items);
            end = std::max(end, begin + items);
        };
        this->with_writer(seat, [&](auto put) {
            for (std::uint64_t i = 0; i < head.entries; ++i) {
                const auto one = in.plain<served_entry>();
                switch (one.kind) {
                    case served_kind::value:
                    case served_kind::failure:
                        read_entry(seat, one, in, put);
                        have_run(one.item, 1);
                        break;
                    case served_kind::combined:
                    case served_kind::blamed: read_entry(seat, one, in, put); break;
                    case served_kind::run:
                        this->note_kept(seat, true);
                        have_run(one.item, one.bytes);
                        break;
                    case served_kind::settled: this->note_kept(seat, false); break;
                    case served_kind::dropped:
                        this->note_dropped(one.item);
                        are_back(one.item, one.bytes);
                        break;
                    case served_kind::returned: this->come_back({one.item, one.item + one.bytes}); taken += one.bytes;
                }
            }
            return 0;
        });
        in.end_archive();
        const time_span busy = time_span::nanoseconds(static_cast<std::int64_t>(head.cost * run));
        if (all_watching) all_watching->end_far_batch(worker, first, run, busy);
        if (all_watching && head.slowest_time > 0) all_watching->far_item_done(worker, head.slowest, head.slowest_time);
        if (run > 0 && head.cost > 0) this->pace_.measured(busy, run);
        if (first < end) this->monitor_.after_batch(first, end);
        this->offer();
        return taken;
    }

    /// One with bytes behind it.
    template <class Put>
    void read_entry(std::size_t seat, const served_entry& one, byte_reader& in, Put& put) noexcept {
        if (one.begins_archive) in.end_archive();
        in.begin_part(one.bytes);
        this->attempt(seat, one.item, [&] {
            if (one.kind == served_kind::failure || one.kind == served_kind::blamed) std::rethrow_exception(read_exception(in));
            if constexpr (!can_travel<value>) {
                return;
            } else if constexpr (below::results_stay) {
                const auto part = in.plain<typename Call::results_type::part>();
                this->results_.put_part(seat, part, kept<value>::from([&]() -> value { return codec<value>::read(in); }));
            } else {
                this->begin_batch(seat, one.item, put);
                put(one.item, [&]() -> value { return codec<value>::read(in); });
            }
        });
        if constexpr (writes_batches<Put>) {
            if (one.kind == served_kind::value) this->end_batch(seat, one.item + 1, put);
        }
        in.end_part();
    }

    const std::shared_ptr<carrier> carrier_;
    std::uint32_t number_ = 0;
};

}  // namespace parimap::detail

#endif

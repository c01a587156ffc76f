// SPDX-License-Identifier: MIT
// How calls are made on pools with workers in other processes.
#ifndef PARIMAP_DETAIL_ENGINE_CALL_ON_FAR_HPP
#define PARIMAP_DETAIL_ENGINE_CALL_ON_FAR_HPP

#include <parimap/detail/engine/call_on.hpp>
#include <parimap/detail/engine/far_call.hpp>
#include <parimap/detail/engine/far_items.hpp>
#include <parimap/detail/engine/far_stream.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/engine/joint_call.hpp>
#include <parimap/detail/engine/served_call.hpp>
#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/travel/byte_stream.hpp>
#include <parimap/detail/travel/exceptions.hpp>
#include <parimap/errors.hpp>
#include <parimap/options.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

template <class Outcome>
inline constexpr bool outcome_can_travel = std::is_void_v<Outcome> || can_travel<Outcome>;
template <class T, class Allocator>
inline constexpr bool outcome_can_travel<std::vector<T, Allocator>> = can_travel<T>;

/// What all ranks can make together: with inputs that every rank has, or with items that travel. Outcome: what the call returns.
template <class Call, class Outcome = void>
struct joint {
    using source = typename Call::source;
    using function = typename Call::function;
    using value = typename Call::invocation_type::value;
    using item = far_item<typename source::item, source::zipped>;
    using served = served_for<typename Call::results_type, value>;
    static constexpr bool items_travel = item::can_travel && can_be_served<function, item, source::zipped, value>;
    static constexpr bool is_possible = can_travel<value> && outcome_can_travel<Outcome> && (!source::pulled || items_travel);

    static void throw_unless_possible() {
        if constexpr (!is_possible) {
            throw error(
                "parimap: what f or the call returns, or the items of an input that is read one by one, cannot travel between "
                "ranks; give their types a serialize function of cereal, or specialise parimap::codec for them");
        }
    }

    /// F: the function, or a const reference to it.
    template <class F>
    using call = std::conditional_t<source::pulled, served_call<F, item, source::zipped, typename served::together>,
                                    joint_call<F, source, typename served::together>>;
};

template <class Core>
    requires std::is_base_of_v<far_core, std::remove_const_t<Core>>
struct call_on<Core> {
    template <class Call, class Take, class View, class F, class... Args>
    static auto run(Core& core, Take take, const map_options& options, View view, const F& f, Args&&... args) {
        using outcome = decltype(take(std::declval<Call&>().results(), std::uint64_t{}, options.failed_index));
        if (is_nested(core))
            return call_on<scheduler>::run<Call>(*core, take, options, std::move(view), f, std::forward<Args>(args)...);
        if constexpr (requires { Call::results_type::stays_here; }) {
            if (is_joint(core))
                return call_on<scheduler>::run<Call>(*core, take, options, std::move(view), f, std::forward<Args>(args)...);
        }
        const std::uint64_t items = items_of<Call>(view);
        if (!is_joint(core)) {
            far_call<Call> call(core, options, std::move(view), f, std::forward<Args>(args)...);
            call.open(items, options);
            return outcome_of_call(core, call, take, options);
        }
        joint<Call, outcome>::throw_unless_possible();
        if constexpr (joint<Call, outcome>::is_possible) {
            if (core.with_root) {
                return std::apply(
                    [&](const auto&... own) { return follow<Call, outcome>(core, options, items, std::move(view), f, own...); },
                    joint<Call, outcome>::served::own(args...));
            }
            const auto lead = [&](std::uint32_t& number, const map_options& telling) {
                far_call<Call> call(core, telling, std::move(view), f, std::forward<Args>(args)...);
                call.open(items, telling);
                number = call.number();
                return outcome_of_call(core, call, take, telling);
            };
            return tell<outcome>(core, options, lead);
        } else {
            throw error("parimap: this call cannot be made");  // thrown above, with what is wrong
        }
    }

    template <class Call, class View, class F, class... Args>
    static shared_stream* start(Core& core, const map_options& options, View view, F&& f, Args&&... args) {
        if (is_nested(core)) {
            return call_on<const std::shared_ptr<scheduler>>::template start<Call>(core, options, std::move(view),
                                                                                   std::forward<F>(f), std::forward<Args>(args)...);
        }
        const std::uint64_t items = items_of<Call>(view);
        if (is_joint(core)) {
            joint<Call>::throw_unless_possible();
            if constexpr (joint<Call>::is_possible) {
                using followed = joint_stream<typename joint<Call>::template call<typename Call::function>>;
                if (core.with_root)
                    return new followed(core.with_root, {types_of_call<Call>, items, options.block}, core, std::move(view),
                                        std::forward<F>(f));
            }
        }
        std::unique_ptr<far_stream<Call>> made;
        try {
            made =
                std::make_unique<far_stream<Call>>(core, options, std::move(view), std::forward<F>(f), std::forward<Args>(args)...);
            made->open(items, options);
            made->start(options);
        } catch (...) {
            if (is_joint(core)) tell_failure(core, made ? made->number() : 0, none);
            throw;
        }
        return made.release();
    }

  private:
    /// Whether all ranks make the call.
    static bool is_joint(Core& core) noexcept { return core.with_root || (core.to_others && core.to_others->is_joint()); }

    /// Inside an item other ranks know nothing of the call. (A job is the program's own, as a thread of its would be; but where all ranks make
    /// calls nobody knows its place in their order, and where callers carry they are one thread.)
    static bool is_nested(Core& core) noexcept {
        if (calls_that_stay_here::is_set || scheduler::is_in_far_item(core->slots().innermost)) return true;
        return core->place_of_caller() &&
               (!core.to_others || core.to_others->is_joint() || core.to_others->is_carried_by_callers());
    }

    template <class Call, class Take>
    static decltype(auto) outcome_of_call(Core& core, Call& call, Take& take, const map_options& options) {
        const bool carries = core.to_others && core.to_others->is_carried_by_callers();
        const std::uint64_t done = carries ? run_beside(*core.to_others, call) : call.run();
        const calls_that_stay_here inside;
        return take(call.results(), done, options.failed_index);
    }

    /// This thread carries, and another one does the caller's part of the call meanwhile.
    template <class Call>
    static std::uint64_t run_beside(carrier& to_others, Call& call) {
        std::mutex mutex;
        std::condition_variable ended;
        bool has_ended = false;
        std::uint64_t done = 0;
        std::exception_ptr failure;
        std::thread caller([&] {
            try {
                done = call.run();
            } catch (...) {
                failure = std::current_exception();
            }
            const std::lock_guard held(mutex);
            has_ended = true;
            ended.notify_one();
        });
        to_others.carry_until([&](time_span time) {
            std::unique_lock held(mutex);
            return ended.wait_for(held, std::chrono::nanoseconds(time.count()), [&] { return has_ended; });
        });
        caller.join();
        if (failure) std::rethrow_exception(std::move(failure));
        return done;
    }

    template <class Call, class View>
    static std::uint64_t items_of(View& view) {
        if constexpr (Call::source::pulled) {
            return 0;
        } else {
            return static_cast<std::uint64_t>(size_of(view));
        }
    }

    /// The root: has all ranks return what it returns, or throw what it throws.
    template <class Outcome, class Lead>
    static Outcome tell(Core& core, const map_options& options, Lead lead) {
        std::size_t unasked = none;  // here; other ranks may ask
        map_options telling = options;
        if (!telling.failed_index) telling.failed_index = &unasked;
        const struct as_before {
            std::size_t& failed;
            const std::size_t before = std::exchange(failed, none);
            ~as_before() {
                if (failed == none) failed = before;
            }
        } unless_told{*telling.failed_index};
        byte_writer out;
        std::uint32_t number = 0;
        try {
            if constexpr (std::is_void_v<Outcome>) {
                lead(number, telling);
                throw_refusal(core);
                out.plain(true);
                core.to_others->tell(number, out);
                return;
            } else {
                Outcome made = lead(number, telling);
                throw_refusal(core);
                out.plain(true);
                write_outcome(out, made);
                core.to_others->tell(number, out);
                return made;
            }
        } catch (...) {
            core.to_others->take_refusal();  // which this is, or stands behind
            tell_failure(core, number, *telling.failed_index);
            throw;
        }
    }

    static constexpr std::size_t none = ~std::size_t{0};

    /// What is being handled, which has ended a call. number: 0 where that has not begun.
    static void tell_failure(Core& core, std::uint32_t number, std::size_t failed_index) {
        byte_writer out;
        out.plain(false);
        out.plain(failed_index);
        write_exception(out, std::current_exception(), 0);
        core.to_others->tell(number, out);
    }

    static void throw_refusal(Core& core) {
        if (std::exception_ptr why = core.to_others->take_refusal()) std::rethrow_exception(std::move(why));
    }

    template <class Call, class Outcome, class View, class F, class... ResultsArgs>
    static Outcome follow(Core& core, const map_options& options, std::uint64_t items, View view, const F& f,
                          const ResultsArgs&... args) {
        const call_signature what{types_of_call<Call>, items, options.block};
        std::optional<typename joint<Call>::template call<const F&>> mine;
        const std::uint64_t number = [&] {
            try {
                mine.emplace(core, core.with_root->rank(), std::move(view), f, args...);
            } catch (...) {  // its place in the order is taken all the same
                return core.with_root->refuse(std::current_exception(), what);
            }
            return core.with_root->join(*mine, what);
        }();
        const std::vector<std::byte> bytes = core.with_root->follow(number, true);
        [[maybe_unused]] byte_reader in = value_of_outcome(bytes, options.failed_index);
        if constexpr (!std::is_void_v<Outcome>) return outcome_of<Outcome>::read(in);
    }
};

}  // namespace parimap::detail

#endif

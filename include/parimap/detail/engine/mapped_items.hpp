// SPDX-License-Identifier: MIT
// An item of a running call: how it is read, what runs on it, where its result goes, and what becomes of its failure.
#ifndef PARIMAP_DETAIL_ENGINE_MAPPED_ITEMS_HPP
#define PARIMAP_DETAIL_ENGINE_MAPPED_ITEMS_HPP

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/engine/stop_registry.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/invocation.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/results.hpp>
#include <parimap/detail/system/slot.hpp>
#include <parimap/detail/system/trivially_copyable.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// The items of a Source, a function F (by value or as const F&), and where results go. Base is the side of the one who made the call:
/// stream_base or blocking_base.
template <class Base, class Source, class F, results_of_call Results>
class mapped_items : public Base {
  public:
    using source = Source;
    using results_type = Results;
    using function = std::remove_cvref_t<F>;
    using invocation_type = invocation<function, Source>;
    /// A loop over vectors keeps what f refers to in registers: that has to be its own.
    static constexpr bool copies_function = trivially_copyable<function> && sizeof(function) <= 64;
    using function_in_block = std::conditional_t<copies_function, function, const function&>;

  protected:
    using Base::tokens_;

    template <class BaseArgs, class View, class... ResultsArgs>
    mapped_items(BaseArgs&& base, View&& view, F f, ResultsArgs&&... results_args)
        : Base(std::forward<BaseArgs>(base)),
          source_(std::forward<View>(view)),
          f_(std::forward<F>(f)),
          results_(std::forward<ResultsArgs>(results_args)...) {}
    ~mapped_items() override = default;

    /// False if the item has failed. failure: null before and after, so that no item has to make one.
    template <class Take, class Put>
    [[gnu::always_inline]] bool run_item(std::size_t seat, std::uint64_t item, const function& f, const Take& take, Put& put,
                                         std::exception_ptr& failure) noexcept {
        bool reading = !Source::pulled;  // what pulling throws, the puller gets
        bool failed = false;
        try {
            const auto token = [&]<class Tokens = stop_registry>() { return static_cast<Tokens&>(tokens_).start(seat, item); };
            using taken = std::invoke_result_t<const Take&, std::uint64_t>;
            if constexpr (!std::is_nothrow_destructible_v<taken>) {
                // The item goes before its result is there: what its destructor throws is its failure. (Not as the end of a scope: clang
                // does not destroy what is returned then.)
                using value = typename invocation_type::value;
                put(item, [&]() -> value {
                    slot<taken> held;
                    held.build([&] { return take(item); });
                    reading = false;
                    const auto run = [&]() -> decltype(auto) {
                        if constexpr (Source::pulled) {
                            return invocation_type::call(f, token, Source::pass(held.get()), item);
                        } else {
                            return invocation_type::call(f, token, std::forward<typename Source::item>(held.get()), item);
                        }
                    };
                    if constexpr (std::is_move_constructible_v<value>) {
                        value result(run());
                        held.end();
                        return result;
                    } else {
                        return run();
                    }
                });
            } else if constexpr (Source::pulled) {
                auto kept = take(item);
                put(item, [&]() -> decltype(auto) { return invocation_type::call(f, token, Source::pass(kept), item); });
            } else {
                auto&& element = take(item);
                reading = false;
                put(item, [&]() -> decltype(auto) {
                    return invocation_type::call(f, token, std::forward<typename Source::item>(element), item);
                });
            }
        } catch (...) {
            failure = std::current_exception();
            failed = true;
        }
        // Not inside the handler, which owns the exception too: once it is handed over, this thread has no more to do with
        // it, and it is destroyed where it was caught.
        if (failed) [[unlikely]]
            fail(seat, item, std::exchange(failure, nullptr), reading);
        if constexpr (invocation_type::with_token) tokens_.finish(seat);
        return !failed;
    }

    /// As many items as put takes at a time, and `item` is then the next. False if one failed, and `item` is that.
    template <class Take, class Put>
    [[gnu::always_inline]] bool run_several(std::size_t seat, std::uint64_t& item, const function& f, const Take& take,
                                            Put& put) noexcept {
        const auto no_token = [] {};
        std::exception_ptr failure;
        bool reading = true;
        try {
            put.add_run(item, [&](std::uint64_t i) -> decltype(auto) {
                reading = true;
                auto&& element = take(i);
                reading = false;
                return invocation_type::call(f, no_token, std::forward<typename Source::item>(element), i);
            });
        } catch (...) {
            failure = std::current_exception();
        }
        if (!failure) [[likely]]
            return true;
        fail(seat, item, std::move(failure), reading);
        return false;
    }

    /// Items one by one, as far as that is a loop that calls nothing: what it computes with then stays in registers. (A sum of numbers
    /// takes three times as long without.) Whether they were the last of what put completes.
    template <class Put>
    [[gnu::noinline]] bool run_in_step(std::size_t seat, claims::batch& shared_batch, Put& shared_put) noexcept {
        claims::batch batch = shared_batch;
        Put put = shared_put;
        const auto take = source_.reader();
        const function_in_block f = f_;
        const auto no_token = [] {};
        std::exception_ptr failure;
        bool reading = true;
        bool completes = false;
        std::uint64_t item = 0;
        try {
            completes = put.add_in_step(
                item, [&](std::uint64_t& i) { return batch.pop_in_passing(i); },
                [&]() -> decltype(auto) {
                    reading = true;
                    auto&& element = take(item);
                    reading = false;
                    return invocation_type::call(f, no_token, std::forward<typename Source::item>(element), item);
                });
        } catch (...) {
            failure = std::current_exception();
        }
        shared_batch.follow(batch);
        shared_put = put;
        if (failure) [[unlikely]]
            fail(seat, item, std::move(failure), reading);
        return completes;
    }

    /// What f throws is the failure of the item, or of that which the results blame.
    template <class Attempted>
    void attempt(std::size_t seat, std::uint64_t item, Attempted f) noexcept {
        std::exception_ptr failure;
        try {
            f();
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) fail(seat, item, std::move(failure), false);
    }

    /// reading: it could not be read.
    [[gnu::cold]] void fail(std::size_t seat, std::uint64_t item, std::exception_ptr exception, bool reading) noexcept {
        this->item_failed(seat);
        if constexpr (requires { results_.blamed(seat, item); }) item = results_.blamed(seat, item);
        if (Results::failure_stops || reading) this->stop_from(item);
        results_.fail(seat, item, std::move(exception), reading ? failure_of::input : failure_of::item);
    }

    Source source_;
    F f_;
    Results results_;
};

}  // namespace parimap::detail

#endif

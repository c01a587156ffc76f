// SPDX-License-Identifier: MIT
// What a fold does with a block of items, and with two that have been folded.
#ifndef PARIMAP_DETAIL_FRONTEND_FOLD_OF_BLOCK_HPP
#define PARIMAP_DETAIL_FRONTEND_FOLD_OF_BLOCK_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/block_of_elements.hpp>
#include <parimap/detail/ranges/invocation.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/step_failed.hpp>
#include <parimap/errors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

inline constexpr std::uint64_t fold_items_between_looks = 64;  // whether the call was stopped

/// Leaves a block of which no item has failed.
[[noreturn]] inline void throw_fold_stopped() {
    throw step_failed{no_item,
                      std::make_exception_ptr(cancelled("parimap: the call was stopped before all items had been folded"))};
}

/// One block: apply(total, i) for each i from `first` up to `end`.
template <class T, class Make, class Apply>
T fold_block(const Make& make, std::uint64_t first, std::uint64_t end, const std::stop_token& stop, const Apply& apply) {
    std::uint64_t item = first;
    try {
        T total = std::invoke(make);
        while (item < end) {
            if (stop.stop_requested()) throw_fold_stopped();
            for (const std::uint64_t next = std::min(end, item + fold_items_between_looks); item < next; ++item) apply(total, item);
        }
        return total;
    } catch (const step_failed&) {
        throw;
    } catch (...) {
        throw step_failed{item, std::current_exception()};
    }
}

/// step(total, ...) as a function of the item alone.
template <class T, class F, class Source>
struct fold_step {
    static void call(const F& step, T& total, typename Source::item&& item) {
        const auto with_total = [&]<class... Args>(Args && ... args)
            requires std::is_invocable_v<const F&, T&, Args...>
        {
            std::invoke(step, total, std::forward<Args>(args)...);
        };
        invocation<decltype(with_total), Source>::call(
            with_total, [] { return std::stop_token(); }, std::forward<typename Source::item>(item));
    }
};

/// The fold of a block that has its elements with it. Held...: const references, or values, which travel with it. Traits: of an element.
template <class T, class HeldMake, class HeldStep, class Traits, bool Zipped>
struct fold_of_block {
    struct source {
        using item = typename Traits::passed;
        static constexpr bool zipped = Zipped;
        static constexpr bool counts = false;
    };

    HeldMake make;
    HeldStep step;

    T operator()(std::stop_token stop, block_of_elements<Traits>&& block) const {
        const auto apply = [&](T& total, std::uint64_t i) {
            using one = fold_step<T, std::remove_cvref_t<HeldStep>, source>;
            one::call(step, total, Traits::pass(block.elements[static_cast<std::size_t>(i - block.first)]));
        };
        return fold_block<T>(make, block.first, block.first + block.elements.size(), stop, apply);
    }
};

template <class T, class HeldMerge>
struct fold_merge {
    static constexpr bool operands_are_few = true;  // one for a block

    HeldMerge merge;

    T operator()(T&& left, T&& right) const {
        std::invoke(merge, left, std::move(right));
        return std::move(left);
    }
};

}  // namespace parimap::detail

#endif

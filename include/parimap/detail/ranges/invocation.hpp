// SPDX-License-Identifier: MIT
// How f is called with an item of a source, and what a user is told when it cannot be.
#ifndef PARIMAP_DETAIL_RANGES_INVOCATION_HPP
#define PARIMAP_DETAIL_RANGES_INVOCATION_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/unsequenced.hpp>
#include <parimap/detail/system/stop_request.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace parimap::inline PARIMAP_ABI::detail {

/// Whether F is told the number of the item that it is called for, by call_for(number, ...) in place of (...). Says so beside its class.
template <class F>
inline constexpr bool wants_item_number = false;

template <class... Ts>
struct type_list {};

template <class Item, bool Zipped>
struct arguments_of_item {
    using type = type_list<Item>;
};
template <class Item>
struct arguments_of_item<Item, true> {
    template <std::size_t... I>
    static type_list<decltype(std::get<I>(std::declval<Item>()))...> list(std::index_sequence<I...>);
    using type = decltype(list(std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<Item>>>{}));
};

enum class way_of_call {
    plain,
    with_token,
    only_if_mutable,
    only_if_items_are_not_const,
    only_if_items_are_given,
    only_if_items_stay,
    none
};

/// What an argument would be, were the range not const, or did it give its elements away.
template <class Argument>
using not_const =
    std::conditional_t<std::is_lvalue_reference_v<Argument>, std::remove_const_t<std::remove_reference_t<Argument>>&, Argument>;
template <class Argument>
using given = std::remove_cvref_t<Argument>&&;

/// F is called with a token where its declaration knows what that is.
template <class F, class... Args>
consteval bool can_be_given_token() {
    if constexpr (knows_stop_token<F>) {
        return std::is_invocable_v<F, std::stop_token, Args...>;
    } else {
        return false;
    }
}

/// How F can be called. To ask whether a template can be called compiles its body, which may be an error where nobody meant to
/// call it. So each way is looked at only where those before it are not there.
template <class F, class... Args>
consteval way_of_call find_way_of_call() {
    if constexpr (std::is_invocable_v<const F&, Args...>) {
        return way_of_call::plain;
    } else if constexpr (can_be_given_token<const F&, Args...>()) {
        return way_of_call::with_token;
    } else if constexpr (std::is_invocable_v<F&, Args...>) {
        return way_of_call::only_if_mutable;
    } else if constexpr (can_be_given_token<F&, Args...>()) {
        return way_of_call::only_if_mutable;
    } else if constexpr (std::is_invocable_v<const F&, not_const<Args>...> || can_be_given_token<const F&, not_const<Args>...>()) {
        return way_of_call::only_if_items_are_not_const;
    } else if constexpr (std::is_invocable_v<const F&, given<Args>...> || can_be_given_token<const F&, given<Args>...>()) {
        return way_of_call::only_if_items_are_given;
    } else if constexpr (std::is_invocable_v<const F&, std::remove_reference_t<Args>&...>) {
        return way_of_call::only_if_items_stay;
    } else {
        return way_of_call::none;
    }
}

template <class F, class Arguments>
struct invocation_with;

template <class F, class... Args>
struct invocation_with<F, type_list<Args...>> {
    static constexpr way_of_call way = find_way_of_call<F, Args...>();
    static constexpr bool plain = way == way_of_call::plain;
    static constexpr bool with_token = way == way_of_call::with_token;
    template <bool Counts>
    static constexpr bool takes_numbers = std::is_nothrow_invocable_v<const F&, Args...> &&
                                          ((is_number_in_memory<Args> || (Counts && std::is_integral_v<Args>)) && ...);

    static auto result_type() {
        if constexpr (plain) {
            return std::type_identity<std::invoke_result_t<const F&, Args...>>{};
        } else if constexpr (with_token) {
            return std::type_identity<std::invoke_result_t<const F&, std::stop_token, Args...>>{};
        } else {
            return std::type_identity<void>{};
        }
    }
};

/// The call of F with the items of Source.
template <class F, class Source>
struct invocation : invocation_with<F, typename arguments_of_item<typename Source::item, Source::zipped>::type> {
    using base = invocation_with<F, typename arguments_of_item<typename Source::item, Source::zipped>::type>;

    static_assert(base::way != way_of_call::only_if_mutable,
                  "parimap: f changes its own state when it is called (a mutable lambda, a non-const operator()), but "
                  "all workers share one f. Make it callable through const&, or give it state with per_worker.");
    static_assert(
        base::way != way_of_call::only_if_items_are_not_const,
        "parimap: f takes a T& to change items, and the items of this range are const. Let f take a const T& or a copy, or "
        "pass a range that is not const; a temporary, or what is read one by one, gives f its items as T&&.");
    static_assert(base::way != way_of_call::only_if_items_are_given,
                  "parimap: f takes its items for itself, by value or as T&&, and the range keeps them: they are lvalues, which "
                  "cannot be copied. Let f take a reference, or give the items away with ranges::views::move.");
    static_assert(
        base::way != way_of_call::only_if_items_stay,
        "parimap: f takes a T&, and this range makes its items when they are read, so that f gets them as T&&. Let f take a "
        "const T&, a copy or a T&&.");
    static_assert(base::way != way_of_call::none,
                  "parimap: f cannot be called with the items: it gets one argument for each range, after a "
                  "std::stop_token (of <stop_token>) if it wants one, or after the state of per_worker. Give f matching parameters "
                  "(the items of "
                  "a map are std::pair<const Key, T>), or wrap it with unpacked if the items are tuples.");

    static_assert(
        !(is_unseq<F> && base::with_token),
        "parimap: unseq lets calls of f on neighbouring items start together, and this f takes a std::stop_token for each "
        "of its calls. Leave one of the two out.");

    using result = typename decltype(base::result_type())::type;
    static constexpr bool returns_void = std::is_void_v<result>;
    /// What is stored: a decayed copy, and a std::monostate for nothing.
    using value = std::conditional_t<returns_void, std::monostate, std::decay_t<result>>;
    /// Whether a block of items may start together: f says so, or is seen to be arithmetic.
    static constexpr bool may_interleave =
        is_unseq<F> || (base::plain && base::template takes_numbers<Source::counts> && (returns_void || is_number<value>));

    /// Calls f and returns its result, or the std::monostate.
    template <class Token>
    static decltype(auto) call(const F& f, Token&& token, typename Source::item&& item, std::uint64_t number) {
        if constexpr (Source::zipped) {
            return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
                return call_with(f, number, token, std::get<I>(std::forward<typename Source::item>(item))...);
            }(std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<typename Source::item>>>{});
        } else {
            return call_with(f, number, token, std::forward<typename Source::item>(item));
        }
    }
    /// Where the item's number is not at hand, and F does not want it.
    template <class Token>
        requires(!wants_item_number<F>)
    static decltype(auto) call(const F& f, Token&& token, typename Source::item&& item) {
        return call(f, std::forward<Token>(token), std::forward<typename Source::item>(item), 0);
    }

  private:
    /// std::invoke, which compiles three functions to call one.
    template <class... Args>
    [[gnu::always_inline]] static decltype(auto) invoke(const F& f, [[maybe_unused]] std::uint64_t number, Args&&... args) {
        if constexpr (wants_item_number<F>) {
            return f.call_for(number, std::forward<Args>(args)...);
        } else if constexpr (std::is_member_pointer_v<F>) {
            return std::invoke(f, std::forward<Args>(args)...);
        } else {
            return f(std::forward<Args>(args)...);
        }
    }

    template <class Token, class... Args>
    static decltype(auto) call_with(const F& f, std::uint64_t number, Token& token, Args&&... args) {
        if constexpr (returns_void) {
            if constexpr (base::with_token) {
                invoke(f, number, token(), std::forward<Args>(args)...);
            } else {
                invoke(f, number, std::forward<Args>(args)...);
            }
            return std::monostate{};
        } else if constexpr (base::with_token) {
            return invoke(f, number, token(), std::forward<Args>(args)...);
        } else {
            return invoke(f, number, std::forward<Args>(args)...);
        }
    }
};

}  // namespace parimap::detail

#endif

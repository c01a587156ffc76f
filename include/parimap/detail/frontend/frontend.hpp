// SPDX-License-Identifier: MIT
// What all frontends share: finding pool and options among the arguments, and checking the rest.
#ifndef PARIMAP_DETAIL_FRONTEND_FRONTEND_HPP
#define PARIMAP_DETAIL_FRONTEND_FRONTEND_HPP

#include <parimap/basic_pool.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/journal/journal_request.hpp>
#include <parimap/detail/ranges/invocation.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/ranges/source.hpp>
#include <parimap/options.hpp>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

template <class T>
inline constexpr bool is_pool = false;
template <class Backend>
inline constexpr bool is_pool<basic_pool<Backend>> = true;

template <class T>
inline constexpr bool is_options = std::is_same_v<T, map_options>;

using pool_core = std::shared_ptr<scheduler>;

/// The same pool, for who does not outlive it.
template <class Core>
Core without_owning(Core core) {
    static_cast<pool_core&>(core) = pool_core(pool_core(), core.get());
    if constexpr (requires { core.to_others; }) core.to_others = {pool_core(), core.to_others.get()};
    return core;
}

/// How a frontend holds a function that is a part of the call's: where other processes may run items, as a value, which can be sent there.
template <class Core, class F>
using held_function = std::conditional_t<!std::is_same_v<Core, pool_core> && std::is_copy_constructible_v<F>, F, const F&>;

/// Where the arguments of a frontend have f, and where its inputs begin.
struct argument_places {
    std::size_t function = 0;
    std::size_t inputs = 1;
};

/// How a frontend's results can be kept in a journal.
enum class keeps_in_journal {
    results,             // what f returns,
    that_it_was_done,    // or nothing,
    not_at_all,          // or neither: an item has no result of its own
    in_what_it_returns,  // the same as results, and the call outlives the function that makes it
    in_another_call      // that it makes itself, by run_by<frontend>
};

/// Stops with a readable message where what comes first, behind pool and options, can be neither function nor output.
template <std::size_t PlaceOfFunction, class First, class... Rest>
constexpr bool begins_as_a_call() {
    using first = std::remove_cvref_t<First>;
    using what = std::remove_pointer_t<std::decay_t<First>>;
    constexpr bool is_pointer_to_pool = std::is_pointer_v<std::decay_t<First>> && is_pool<std::remove_cv_t<what>>;
    static_assert(!is_pointer_to_pool, "parimap: a pool is passed by reference; write *pool where pool is a pointer");
    constexpr bool may_be_first = PlaceOfFunction > 0 || std::is_class_v<first> || std::is_union_v<first> ||
                                  std::is_function_v<what> || std::is_member_pointer_v<first>;
    constexpr bool is_behind_range =
        PlaceOfFunction == 0 && some_range<std::remove_reference_t<First>> && !(some_range<std::remove_reference_t<Rest>> && ...);
    static_assert(!is_behind_range, "parimap: the function comes before the ranges");
    static_assert(
        is_pointer_to_pool || is_behind_range || may_be_first,
        "parimap: what comes before the ranges is neither a pool, nor options, nor a function; a pool of four workers is made "
        "by parimap::pool pool(4)");
    return may_be_first && !is_behind_range;
}

/// Base of the frontends' function objects. Derived has
///   template <class Core, class... Args> static auto run(const Core&, const map_options&, Args&&...)
/// where Core is a pool_core or derived from it; and, where it is not as in parallel_map(f, ranges...), `places` and `keeps`.
/// The default pool's backend is a template argument, so that calls without a pool are different functions in
/// translation units with different defaults; Journal is one for the same reason.
template <class Derived>
struct frontend {
    template <class Backend = default_backend, class Journal = journal_of_this_file, class... Args>
    auto operator()(Args&&... args) const {
        return with_pool<Backend, Journal>(std::forward<Args>(args)...);
    }

    // A braced list of items cannot be deduced in a pack, so it has overloads of its own: after f alone, up to after
    // pool, options, f, op and init.
    template <class Backend = default_backend, class Journal = journal_of_this_file, class A, class T>
    auto operator()(A&& a, std::initializer_list<T> items) const {
        return with_pool<Backend, Journal>(std::forward<A>(a), items);
    }
    template <class Backend = default_backend, class Journal = journal_of_this_file, class A, class B, class T>
    auto operator()(A&& a, B&& b, std::initializer_list<T> items) const {
        return with_pool<Backend, Journal>(std::forward<A>(a), std::forward<B>(b), items);
    }
    template <class Backend = default_backend, class Journal = journal_of_this_file, class A, class B, class C, class T>
    auto operator()(A&& a, B&& b, C&& c, std::initializer_list<T> items) const {
        return with_pool<Backend, Journal>(std::forward<A>(a), std::forward<B>(b), std::forward<C>(c), items);
    }
    template <class Backend = default_backend, class Journal = journal_of_this_file, class A, class B, class C, class D, class T>
    auto operator()(A&& a, B&& b, C&& c, D&& d, std::initializer_list<T> items) const {
        return with_pool<Backend, Journal>(std::forward<A>(a), std::forward<B>(b), std::forward<C>(c), std::forward<D>(d), items);
    }
    template <class Backend = default_backend, class Journal = journal_of_this_file, class A, class B, class C, class D, class E,
              class T>
    auto operator()(A&& a, B&& b, C&& c, D&& d, E&& e, std::initializer_list<T> items) const {
        return with_pool<Backend, Journal>(std::forward<A>(a), std::forward<B>(b), std::forward<C>(c), std::forward<D>(d),
                                           std::forward<E>(e), items);
    }

  protected:
    static constexpr argument_places places = {};
    static constexpr keeps_in_journal keeps = keeps_in_journal::results;

    /// Derived, for what stands between it and its arguments.
    struct plain {
        static constexpr argument_places places = Derived::places;
        static constexpr keeps_in_journal keeps = Derived::keeps;

        template <class Core, class... Args>
        static auto run(const Core& core, const map_options& options, Args&&... args) {
            return Derived::run(core, options, std::forward<Args>(args)...);
        }
        /// With something around the other call that Derived makes.
        template <template <class> class Around, class Core, class... Args>
        static auto run_around(const Core& core, const map_options& options, Args&&... args) {
            return Derived::template run_by<Around<typename Derived::other>>(core, options, std::forward<Args>(args)...);
        }
    };

    template <class Backend, class Journal, class First, class... Rest>
    static auto with_pool(First&& first, Rest&&... rest) {
        if constexpr (is_pool<std::remove_cvref_t<First>>) {
            static_assert(sizeof...(Rest) > 0, "parimap: after the pool come the options, if any, then the function");
            return with_options<Journal>(first.core(), std::forward<Rest>(rest)...);
        } else {
            return with_options<Journal>(default_pool<Backend>().core(), std::forward<First>(first), std::forward<Rest>(rest)...);
        }
    }

  private:
    template <class Journal, class Core, class First, class... Rest>
    static auto with_options(const Core& core, First&& first, Rest&&... rest) {
        if constexpr (is_options<std::remove_cvref_t<First>>) {
            static_assert(sizeof...(Rest) > 0, "parimap: after the options comes the function");
            return with_function<Journal>(core, first, std::forward<Rest>(rest)...);
        } else {
            return with_function<Journal>(core, map_options{}, std::forward<First>(first), std::forward<Rest>(rest)...);
        }
    }

    template <class Journal, class Core, class... Args>
    static auto with_function(const Core& core, const map_options& options, Args&&... args) {
        constexpr bool pool_is_first = (!is_pool<std::remove_cvref_t<Args>> && ...);
        constexpr bool options_are_next = (!is_options<std::remove_cvref_t<Args>> && ...);
        static_assert(pool_is_first, "parimap: the pool comes first, before the options and the function");
        static_assert(options_are_next, "parimap: the options come before the function, behind the pool if there is one");
        if constexpr (pool_is_first && options_are_next && begins_as_a_call<Derived::places.function, Args...>()) {
            if constexpr (std::is_same_v<Journal, without_journal>) {
                return Derived::run(core, options, std::forward<Args>(args)...);
            } else {
                return Journal::template run<plain>(core, options, std::forward<Args>(args)...);
            }
        }
    }
};

template <class R>
inline constexpr bool is_changed_by_reading = some_range<std::remove_const_t<R>> && !some_range<R>;

template <class... Ranges>
inline constexpr bool all_are_ranges = (some_range<std::remove_reference_t<Ranges>> && ...);

template <class... Ranges>
inline constexpr bool can_be_zipped = sizeof...(Ranges) == 1 || (::ranges::input_range<std::remove_reference_t<Ranges>> && ...);

template <class... Ranges>
inline constexpr bool are_ranges = sizeof...(Ranges) > 0 && all_are_ranges<Ranges...>&& can_be_zipped<Ranges...>;

/// Stops with a readable message unless are_ranges, or where there are none.
template <class... Ranges>
constexpr void check_given_ranges() {
    constexpr bool is_any_changed = (is_changed_by_reading<std::remove_reference_t<Ranges>> || ...);
    static_assert(!is_any_changed,
                  "parimap: this view is const and changes when it is read, as that of std::views::filter does; declare it without "
                  "const, or pass a copy");
    static_assert(is_any_changed || all_are_ranges<Ranges...>,
                  "parimap: an argument after the function is not a range; pass something with begin() and end(), such "
                  "as a container or a view");
    static_assert(!all_are_ranges<Ranges...> || can_be_zipped<Ranges...>,
                  "parimap: several ranges are zipped by range-v3, which does not take one of these; pass it alone, "
                  "or copy it into a container first");
}

/// For what takes f and ranges.
template <class... Ranges>
constexpr void check_ranges() {
    static_assert(sizeof...(Ranges) > 0,
                  "parimap: after the function comes at least one range of items; only streams can have it in front, as "
                  "range | ordered_imap(pool, f)");
    check_given_ranges<Ranges...>();
}

/// Stops where what outlives the call would refer to a view that its maker may well let go: one says of views that they are
/// passed by value.
template <class... Ranges>
constexpr void check_ranges_that_outlive_call() {
    static_assert((!named_view_without_copy<Ranges> && ...),
                  "parimap: this view cannot be copied, and what the call returns reads from it later; give it away, with "
                  "std::move(view)");
}

/// The types that a call over these ranges works with.
template <class F, class... Ranges>
struct call_types {
    static constexpr bool zipped = sizeof...(Ranges) > 1;
    using view = decltype(make_view(std::declval<Ranges>()...));
    using source = source_for<view, zipped>;
    using function = std::decay_t<F>;
    using invocation_type = invocation<function, source>;
    using value = typename invocation_type::value;
    using result = std::conditional_t<invocation_type::returns_void, void, value>;
};

}  // namespace parimap::detail

#if defined(PARIMAP_JOURNAL)
#include <parimap/detail/frontend/journalled.hpp>  // IWYU pragma: keep
#endif

#endif

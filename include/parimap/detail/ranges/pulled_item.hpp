// SPDX-License-Identifier: MIT
// What an item that was pulled is kept as.
#ifndef PARIMAP_DETAIL_RANGES_PULLED_ITEM_HPP
#define PARIMAP_DETAIL_RANGES_PULLED_ITEM_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/element_traits.hpp>
#include <parimap/detail/ranges/range_access.hpp>

#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// A value made of what an iterator of a single-pass range shows: copied, for the range may be somebody's container;
/// moved where it cannot be copied.
template <class Value, class Reference>
Value value_from(Reference&& shown) {
    if constexpr (std::is_constructible_v<Value, Reference>) {
        return Value(std::forward<Reference>(shown));
    } else {
        return Value(std::move(shown));
    }
}

/// The same for zipped ranges, element by element.
template <class Value>
struct tuple_of_values;
template <template <class...> class Tuple, class... Values>
struct tuple_of_values<Tuple<Values...>> {
    using type = std::tuple<Values...>;

    template <class References>
    static type from(References&& shown) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return type(value_from<Values>(std::get<I>(std::forward<References>(shown)))...);
        }(std::index_sequence_for<Values...>{});
    }
};

/// What a pulled item is kept as until a worker takes it. A forward range's own reference, so that f can change the
/// element in place; the value of a single-pass range.
template <class View, bool Zipped>
struct pulled_item {
    using reference = reference_of<View>;
    static constexpr bool by_pointer = some_forward_range<View> && std::is_reference_v<reference>;
    static constexpr bool by_reference_object = some_forward_range<View> && !std::is_reference_v<reference>;

    static auto kept_type() {
        if constexpr (by_pointer) {
            return std::type_identity<std::remove_reference_t<reference>*>{};
        } else if constexpr (by_reference_object) {
            return std::type_identity<std::remove_const_t<item_of<View>>>{};
        } else if constexpr (Zipped) {
            return std::type_identity<typename tuple_of_values<value_of<View>>::type>{};
        } else {
            return std::type_identity<value_of<View>>{};
        }
    }
    using kept = typename decltype(kept_type())::type;
    using passed = std::conditional_t<by_pointer, reference, std::conditional_t<by_reference_object, item_of<View>, kept>&&>;

    static_assert(is_imap<View> || by_pointer || by_reference_object || !shows_state_of_input<kept>(),
                  "parimap: each item of this single-pass range is itself a single-pass view, which reads from the state of the "
                  "range. That has gone on when a worker looks. Make each item a container first: behind the range, "
                  "| ranges::views::transform([](auto&& item) { return item | ranges::to<std::vector>(); })");

    static kept keep(const iterator_of<View>& it) {
        if constexpr (by_pointer) {
            auto&& element = *it;
            return std::addressof(element);
        } else if constexpr (by_reference_object) {
            if constexpr (std::is_same_v<item_of<View>, reference>) {
                return *it;
            } else {
                return item_from<kept>(*it);
            }
        } else if constexpr (is_imap<View>) {
            return std::move(*it);  // the element is the stream's own and goes away next
        } else if constexpr (Zipped) {
            return tuple_of_values<value_of<View>>::from(*it);
        } else {
            return value_from<kept>(*it);
        }
    }

    static passed pass(kept& k) noexcept {
        if constexpr (by_pointer) {
            return static_cast<reference>(*k);
        } else {
            return std::move(k);
        }
    }
};

}  // namespace parimap::detail

#endif

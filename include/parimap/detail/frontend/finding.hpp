// SPDX-License-Identifier: MIT
// A predicate as the function of a call that ends at an item.
#ifndef PARIMAP_DETAIL_FRONTEND_FINDING_HPP
#define PARIMAP_DETAIL_FRONTEND_FINDING_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/unsequenced.hpp>
#include <parimap/detail/system/item_is_found.hpp>

#include <functional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Throws where the predicate says `Wanted`. Held: the predicate, which then travels with it, or a const reference to it.
template <class Held, bool Wanted>
class finding {
  public:
    using wrapped_function = std::remove_cvref_t<Held>;

    explicit finding(Held predicate) : predicate_(std::forward<Held>(predicate)) {}

    const wrapped_function& wrapped() const noexcept { return predicate_; }

    template <class... Args>
        requires std::is_invocable_v<const wrapped_function&, Args...>
    void operator()(Args&&... args) const {
        using answer = std::invoke_result_t<const wrapped_function&, Args...>;
        static_assert(std::is_constructible_v<bool, answer>, "parimap: a predicate returns bool, or what can be turned into one");
        if constexpr (std::is_constructible_v<bool, answer>) {
            if (static_cast<bool>(std::invoke(wrapped(), std::forward<Args>(args)...)) == Wanted) throw item_is_found();
        }
    }

  private:
    Held predicate_;
};

template <class Held, bool Wanted>
inline constexpr bool is_unseq<finding<Held, Wanted>> = is_unseq<std::remove_cvref_t<Held>>;

}  // namespace parimap::detail

#endif

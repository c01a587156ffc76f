// SPDX-License-Identifier: MIT
// unseq: says that calls of f on neighbouring items may be interleaved.
#ifndef PARIMAP_UNSEQ_HPP
#define PARIMAP_UNSEQ_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/unsequenced.hpp>

#include <functional>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

template <class F>
class unseq_function {
  public:
    using wrapped_function = F;
    explicit unseq_function(F f) : f_(std::move(f)) {}

    const F& wrapped() const noexcept { return f_; }

    template <class... Args>
        requires std::is_invocable_v<const F&, Args...>
    decltype(auto) operator()(Args&&... args) const noexcept(std::is_nothrow_invocable_v<const F&, Args...>) {
        return std::invoke(f_, std::forward<Args>(args)...);
    }

  private:
    F f_;
};

template <class F>
inline constexpr bool is_unseq<unseq_function<F>> = true;

}  // namespace detail

/// f, with the permission that std::execution::unseq gives: its calls on neighbouring items may be interleaved on one thread, and up
/// to a block of them, some 2 us by measured cost, start together. So f takes no lock, and no item waits for another. The compiler
/// can then make loops over vectors of it. A noexcept f whose items are references to numbers, and whose result is one or void, has
/// given it by itself: numbers are arithmetic types and aggregates of up to 64 bytes. Wraps other wrappers, and is wrapped by them.
template <class F>
auto unseq(F f) {
    return detail::unseq_function<F>(std::move(f));
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

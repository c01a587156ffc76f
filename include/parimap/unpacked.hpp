// SPDX-License-Identifier: MIT
// unpacked: calls f with the elements of a tuple-like item.
#ifndef PARIMAP_UNPACKED_HPP
#define PARIMAP_UNPACKED_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/unsequenced.hpp>

#include <cstddef>
#include <functional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

template <class F, class Sequence, class Tuple, class... Before>
inline constexpr bool unpackable_as = false;
template <class F, std::size_t... I, class Tuple, class... Before>
inline constexpr bool unpackable_as<F, std::index_sequence<I...>, Tuple, Before...> =
    std::is_invocable_v<const F&, Before..., decltype(std::get<I>(std::declval<Tuple>()))...>;

template <class F, class Tuple, class... Before>
concept unpackable = requires { std::tuple_size<std::remove_cvref_t<Tuple>>::value; } &&
                     unpackable_as<F, std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<Tuple>>>, Tuple, Before...>;

template <class F>
class unpacked_function {
  public:
    using wrapped_function = F;
    explicit unpacked_function(F f) : f_(std::move(f)) {}

    const F& wrapped() const noexcept { return f_; }

    template <class Tuple>
        requires unpackable<F, Tuple>
    decltype(auto) operator()(Tuple&& item) const {
        return std::apply(f_, std::forward<Tuple>(item));
    }

    template <class Tuple>
        requires(!unpackable<F, Tuple> && unpackable<F, Tuple, std::stop_token>)
    decltype(auto) operator()(std::stop_token stop, Tuple&& item) const {
        return std::apply(
            [&]<class... T>(T&&... elements) -> decltype(auto) {
                return std::invoke(f_, std::move(stop), std::forward<T>(elements)...);
            },
            std::forward<Tuple>(item));
    }

  private:
    F f_;
};

template <class F>
inline constexpr bool is_unseq<unpacked_function<F>> = is_unseq<F>;

}  // namespace detail

/// A function of one tuple-like item (std::tuple, std::pair, std::array) that calls f(elements...):
/// parallel_map(unpacked(f), pairs).
template <class F>
auto unpacked(F f) {
    return detail::unpacked_function<F>(std::move(f));
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

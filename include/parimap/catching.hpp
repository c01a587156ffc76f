// SPDX-License-Identifier: MIT
// catching: turns what f throws into part of its result.
#ifndef PARIMAP_CATCHING_HPP
#define PARIMAP_CATCHING_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/unsequenced.hpp>

#include <exception>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace parimap::inline PARIMAP_ABI {

/// The value that a call returned, or the exception that it threw. What std::expected<R, std::exception_ptr> of C++23 is, with its
/// names, but that value() throws the exception itself.
template <class R>
class result {
    using stored = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

  public:
    using value_type = R;

    template <class... Args>
        requires std::is_constructible_v<stored, Args...>
    explicit result(std::in_place_t, Args&&... args) : outcome_(std::in_place_index<0>, std::forward<Args>(args)...) {}
    explicit result(std::exception_ptr exception) noexcept : outcome_(std::in_place_index<1>, std::move(exception)) {}

    /// Whether there is a value.
    bool has_value() const noexcept { return outcome_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /// The value; requires that there is one.
    auto& operator*() & noexcept
        requires(!std::is_void_v<R>)
    {
        return *std::get_if<0>(&outcome_);
    }
    const auto& operator*() const& noexcept
        requires(!std::is_void_v<R>)
    {
        return *std::get_if<0>(&outcome_);
    }
    auto&& operator*() && noexcept
        requires(!std::is_void_v<R>)
    {
        return std::move(*std::get_if<0>(&outcome_));
    }
    auto* operator->() noexcept
        requires(!std::is_void_v<R>)
    {
        return std::get_if<0>(&outcome_);
    }
    const auto* operator->() const noexcept
        requires(!std::is_void_v<R>)
    {
        return std::get_if<0>(&outcome_);
    }

    /// The value, or throws the exception.
    decltype(auto) value() & {
        rethrow();
        if constexpr (!std::is_void_v<R>) return **this;
    }
    decltype(auto) value() const& {
        rethrow();
        if constexpr (!std::is_void_v<R>) return **this;
    }
    decltype(auto) value() && {
        rethrow();
        if constexpr (!std::is_void_v<R>) return *std::move(*this);
    }

    /// The value, or `otherwise` in its place.
    template <class Otherwise>
    auto value_or(Otherwise&& otherwise) const&
        requires(!std::is_void_v<R>)
    {
        return has_value() ? **this : static_cast<R>(std::forward<Otherwise>(otherwise));
    }
    template <class Otherwise>
        auto value_or(Otherwise&& otherwise) &&
            requires(!std::is_void_v<R>)
    {
        return has_value() ? *std::move(*this) : static_cast<R>(std::forward<Otherwise>(otherwise));
    }

    /// The exception; null if there is a value. A std::bad_variant_access if an assignment to this result threw, which left neither.
    std::exception_ptr error() const noexcept {
        if (outcome_.valueless_by_exception()) return std::make_exception_ptr(std::bad_variant_access());
        const std::exception_ptr* exception = std::get_if<1>(&outcome_);
        return exception ? *exception : nullptr;
    }

  private:
    void rethrow() const {
        if (!has_value()) [[unlikely]]
            std::rethrow_exception(error());
    }

    std::variant<stored, std::exception_ptr> outcome_;
};

namespace detail {

template <class F>
class catching_function {
  public:
    using wrapped_function = F;
    explicit catching_function(F f) : f_(std::move(f)) {}

    const F& wrapped() const noexcept { return f_; }

    template <class... Args>
        requires std::is_invocable_v<const F&, Args...>
    auto operator()(Args&&... args) const {
        using value = std::decay_t<std::invoke_result_t<const F&, Args...>>;
        try {
            if constexpr (std::is_void_v<value>) {
                std::invoke(f_, std::forward<Args>(args)...);
                return result<void>(std::in_place);
            } else {
                return result<value>(std::in_place, std::invoke(f_, std::forward<Args>(args)...));
            }
        } catch (...) {
            return result<value>(std::current_exception());
        }
    }

  private:
    F f_;
};

template <class F>
inline constexpr bool is_unseq<catching_function<F>> = is_unseq<F>;

}  // namespace detail

/// A function that calls f with the same arguments and returns result<R>: nothing throws, every item has a result.
template <class F>
auto catching(F f) {
    return detail::catching_function<F>(std::move(f));
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

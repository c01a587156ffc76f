// SPDX-License-Identifier: MIT
// per_worker: gives f a state of its own on every worker.
#ifndef PARIMAP_PER_WORKER_HPP
#define PARIMAP_PER_WORKER_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/unsequenced.hpp>
#include <parimap/detail/scheduler/worker_states.hpp>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

template <class Make, class F>
class per_worker_function {
    using state = std::decay_t<std::invoke_result_t<const Make&>>;

  public:
    per_worker_function(Make make, F f) : make_(std::move(make)), f_(std::move(f)) {}

    const Make& make() const noexcept { return make_; }
    const F& wrapped() const noexcept { return f_; }

    template <class... Args>
        requires std::is_invocable_v<const F&, state&, Args...>
    decltype(auto) operator()(Args&&... args) const {
        const auto mine = states_->borrow(make_);
        return std::invoke(f_, mine.get(), std::forward<Args>(args)...);
    }

  private:
    Make make_;
    F f_;
    std::shared_ptr<worker_states<state>> states_ = std::make_shared<worker_states<state>>();
};

template <class Make, class F>
inline constexpr bool is_unseq<per_worker_function<Make, F>> = is_unseq<F>;

}  // namespace detail

/// A function that calls f(state, items...), where state is what make() returned on this worker. make() runs once on
/// each worker that works, when it first works; never for two workers at once on the same state, so no locks are
/// needed: random generators, buffers, database connections. The states live as long as the returned function and its
/// copies, which share them; the next call finds them again. If make throws, it is the item's exception, and the
/// worker's next item tries again. Inside f, a nested call of the same function gets a further state.
template <class Make, class F>
auto per_worker(Make make, F f) {
    static_assert(std::is_invocable_v<const Make&>, "parimap: per_worker's make must be callable without arguments through const&");
    return detail::per_worker_function<Make, F>(std::move(make), std::move(f));
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

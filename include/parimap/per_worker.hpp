// SPDX-License-Identifier: MIT
// per_worker: gives f a state of its own on every worker.
#ifndef PARIMAP_PER_WORKER_HPP
#define PARIMAP_PER_WORKER_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/unsequenced.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/scheduler/worker_states.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

/// make(), or make(the worker's seat).
template <class Make>
decltype(auto) make_state(const Make& make) {
    if constexpr (std::is_invocable_v<const Make&>) {
        return std::invoke(make);
    } else {
        return std::invoke(make, index_of_this_worker());
    }
}

template <class Make, class F>
class per_worker_function {
    using state = std::decay_t<decltype(make_state(std::declval<const Make&>()))>;

  public:
    per_worker_function(Make make, F f) : make_(std::move(make)), f_(std::move(f)) {}

    const Make& make() const noexcept { return make_; }
    const F& wrapped() const noexcept { return f_; }

    template <class... Args>
        requires std::is_invocable_v<const F&, state&, Args...>
    decltype(auto) operator()(Args&&... args) const {
        const auto mine = states_->borrow([this]() -> decltype(auto) { return make_state(make_); });
        return std::invoke(f_, mine.get(), std::forward<Args>(args)...);
    }

    /// The states that there are, in the order of their seats, to be merged or looked at: for (T& state : f.states()). A forward range
    /// with size(), empty() and [], which refers to the states as long as a copy of f lives. Requires that no call with this function
    /// or a copy of it runs.
    typename worker_states<state>::range states() const { return states_->in_order(); }

  private:
    Make make_;
    F f_;
    std::shared_ptr<worker_states<state>> states_ = std::make_shared<worker_states<state>>();
};

template <class Make, class F>
inline constexpr bool is_unseq<per_worker_function<Make, F>> = is_unseq<F>;

}  // namespace detail

/// A function that calls f(state, items...), where state is what make() returned on this worker, or make(index) with the worker's
/// this_worker_index(). make runs once on each worker that works, when it first works; never for two workers at once on the same state,
/// so no locks are needed: buffers, database connections, sums. The states live as long as the returned function and its
/// copies, which share them; the next call finds them again, and so do you, with its member function states(). If make throws, it is the
/// item's exception, and the worker's next item tries again. Inside f, a nested call of the same function gets a further state.
///
/// A state belongs to a seat of the pool and not to a thread: threads change seats between calls. What is bound to its thread, such as a
/// handle of a library that asks for that, is a thread_local variable.
template <class Make, class F>
auto per_worker(Make make, F f) {
    static_assert(std::is_invocable_v<const Make&> || std::is_invocable_v<const Make&, std::size_t>,
                  "parimap: per_worker's make must be callable through const&, without arguments or with the index of the worker");
    return detail::per_worker_function<Make, F>(std::move(make), std::move(f));
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

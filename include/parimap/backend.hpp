// SPDX-License-Identifier: MIT
// The contract between the engine and a backend, for those who write one.
#ifndef PARIMAP_BACKEND_HPP
#define PARIMAP_BACKEND_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace parimap::inline PARIMAP_ABI {

/// One piece of work for a backend. The engine owns it and keeps it alive until it has run, so handing it over
/// allocates nothing.
struct task {
    /// Called once, as t.run(t), on a worker.
    void (*run)(task&) noexcept = nullptr;
    /// Free for the backend between submit and run: the link of an intrusive queue.
    task* next = nullptr;
};

// What a backend B promises. It runs tasks; it knows nothing of ranges, order, results or exceptions.
//
//   B1  `static constexpr std::string_view name` names it, as in its folder and its CMake target.
//   B2  `explicit B(std::size_t workers)` starts it; `std::size_t concurrency() const noexcept` is how many tasks it
//       runs at once, also when that is more than the machine has CPUs, and also while all of them block.
//   B3  `void submit(task&)` has the task run once, soon, on one of the workers, and returns without running it,
//       unless B7 holds, where it may run it at once.
//   B4  The destructor returns when every submitted task has returned. It does not throw.
//   B5  The task is the engine's: it is taken by reference and never touched after its run began, for it may be
//       submitted again or be gone by then. Tasks never throw.
//   B6  submit may be called from any thread, also from inside a task; it reports nothing back.
//   B7  Optional: `bool caller_must_help() const noexcept` tells whether a task that this thread submitted now could
//       wait for this very thread. Callers then run their items themselves, as they do inside a job. Backends whose
//       tasks always find a worker leave it out.
//   B8  Optional: `B(std::size_t workers, std::size_t stack_size)` starts it with so many bytes of stack for each worker, 0 for what the
//       system gives. Backends that cannot choose leave it out; a pool with a stack_size is an error there.
//
// The engine never has more than concurrency() tasks under way. It may submit a task again from the moment at which
// the task has nothing left to do but return.

namespace detail {

// The clauses, as far as types can tell.

template <class B>
concept keeps_b1 = requires {
    { B::name } -> std::convertible_to<std::string_view>;
};
template <class B>
concept keeps_b2_constructor = std::is_constructible_v<B, std::size_t> && !std::is_convertible_v<std::size_t, B>;
template <class B>
concept keeps_b2_concurrency = requires(const B& b) {
    { b.concurrency() } noexcept -> std::convertible_to<std::size_t>;
};
template <class B>
concept keeps_b3 = requires(B& b, task& t) { b.submit(t); };
template <class B>
concept keeps_b4 = std::is_nothrow_destructible_v<B>;
template <class B>
concept keeps_b5 = !requires(B& b) { b.submit(task{}); };
template <class B>
concept keeps_b6 = !keeps_b3<B> || requires(B& b, task& t) {
    { b.submit(t) } -> std::same_as<void>;
};
template <class B>
concept keeps_b7 = !requires(B& b) { b.caller_must_help(); } || requires(const B& b) {
    { b.caller_must_help() } noexcept -> std::same_as<bool>;
};
template <class B>
concept takes_stack_size = std::is_constructible_v<B, std::size_t, std::size_t>;  // B8

}  // namespace detail

/// What a backend keeps of its clauses, as far as types can tell. The conformance suite proves the rest.
template <class B>
concept backend = detail::keeps_b1<B> && detail::keeps_b2_constructor<B> && detail::keeps_b2_concurrency<B> &&
                  detail::keeps_b3<B> && detail::keeps_b4<B> && detail::keeps_b5<B> && detail::keeps_b6<B> && detail::keeps_b7<B>;

/// The same with a message for each clause. A backend's header ends with
/// static_assert(parimap::check_backend<parimap::backends::mine>()).
template <class B>
consteval bool check_backend() {
    static_assert(detail::keeps_b1<B>, "parimap backend, clause B1: add `static constexpr std::string_view name = \"...\";`");
    static_assert(detail::keeps_b2_constructor<B>, "parimap backend, clause B2: add `explicit B(std::size_t workers);`");
    static_assert(detail::keeps_b2_concurrency<B>, "parimap backend, clause B2: add `std::size_t concurrency() const noexcept;`");
    static_assert(detail::keeps_b3<B>, "parimap backend, clause B3: add `void submit(parimap::task&);`");
    static_assert(detail::keeps_b4<B>,
                  "parimap backend, clause B4: the destructor must be public and must not throw; let it wait for "
                  "every submitted task");
    static_assert(detail::keeps_b5<B>,
                  "parimap backend, clause B5: take the task as `parimap::task&`; a copy is not the engine's task");
    static_assert(detail::keeps_b6<B>,
                  "parimap backend, clause B6: submit must return void; it is called from any thread, also from "
                  "inside a task, and nobody looks at what it returns");
    static_assert(detail::keeps_b7<B>,
                  "parimap backend, clause B7: write `bool caller_must_help() const noexcept;` or leave it out");
    return true;
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

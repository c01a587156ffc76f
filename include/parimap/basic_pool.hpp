// SPDX-License-Identifier: MIT
// basic_pool: the workers of one backend. For frontends; submit() needs parimap/pool.hpp.
#ifndef PARIMAP_BASIC_POOL_HPP
#define PARIMAP_BASIC_POOL_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/backend.hpp>
#include <parimap/cpu_count.hpp>
#include <parimap/default_backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/place.hpp>  // IWYU pragma: export
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/process.hpp>
#include <parimap/errors.hpp>
#include <parimap/pool_options.hpp>  // IWYU pragma: export

#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

/// The seat of the job that the calling thread runs, 0 .. size()-1 of its pool, over all ranks where it has some; no_worker outside jobs. No two jobs
/// that run at the same time on one pool have the same, but a nested job has the one of the job it is in.
inline std::size_t this_worker_index() noexcept { return detail::index_of_this_worker(); }

template <class Backend>
class basic_pool;

namespace detail {

/// How submit() makes a job: see pool.hpp, which alone needs futures.
struct submitted_jobs;

template <class Derived>
struct frontend;

/// What share() needs of a pool.
struct sharing;

template <class Backend>
basic_pool<Backend>& make_default_pool();

/// What a pool is made of: a scheduler, or what a backend has in its place, derived from a std::shared_ptr<scheduler>.
template <class Backend>
struct core_of {
    using type = std::shared_ptr<scheduler>;
    static type make(const pool_options& options) { return scheduler::make(options, &port_of<Backend>::make); }
    static type make_for_all_cpus(pool_options options) {
        options.workers = cpu_count();
        return make(options);
    }
    class communicator;  // there are none
};
template <class Backend>
    requires requires { typename Backend::core; }
struct core_of<Backend> {
    using type = typename Backend::core;
    static type make(const pool_options& options) { return type::make(options); }
    static type make_for_all_cpus(const pool_options& options) { return type::make_for_all_cpus(options); }
    using communicator = typename Backend::communicator;
};

}  // namespace detail

/// The workers that maps, streams and jobs run on. At most size() jobs run at once, from however many threads the pool
/// is used. Move-only; a moved-from pool is a closed one. An idle pool uses no CPU.
template <class Backend>
class [[gnu::visibility("default")]] basic_pool {
    static_assert(check_backend<Backend>());

  public:
    /// cpu_count() workers.
    basic_pool() : basic_pool(pool_options{}) {}

    /// Throws std::invalid_argument for 0 workers or more than 32768, and std::system_error where the system has not so many
    /// threads; none is left then.
    explicit basic_pool(std::size_t workers) : core_(detail::core_of<Backend>::make({.workers = workers})) {}

    /// Throws error beside where the backend cannot do what is asked.
    explicit basic_pool(const pool_options& options)
        : core_(options.workers ? detail::core_of<Backend>::make(options) : detail::core_of<Backend>::make_for_all_cpus(options)) {}

    /// On the mpi backend: the workers of all ranks of a communicator, each of which makes the pool, and all calls on it, in the same
    /// order. workers, options: of each rank; 0 workers are its cpu_count().
    template <class Communicator>
        requires std::is_same_v<Communicator, typename detail::core_of<Backend>::communicator>
    explicit basic_pool(Communicator communicator, std::size_t workers = 0)
        : basic_pool(communicator, pool_options{.workers = workers}) {}
    template <class Communicator>
        requires std::is_same_v<Communicator, typename detail::core_of<Backend>::communicator>
    basic_pool(Communicator communicator, const pool_options& options)
        : core_(detail::core_of<Backend>::type::make_on(communicator, options)) {}

    basic_pool(basic_pool&&) noexcept = default;
    basic_pool& operator=(basic_pool&& other) noexcept {
        basic_pool old(std::move(other));
        std::swap(core_, old.core_);
        return *this;
    }

    /// close(), then waits for what submit() and map_async() were given. Imaps may live on; the workers go with the
    /// last of them. At the end of the process, where exit() was called by a job, on another thread than the main one or while
    /// another thread is in a call, and in the child of a fork(), the workers cannot be waited for: they are let go.
    ~basic_pool() {
        if (core_) detail::scheduler::end(core_);
    }

    /// At most so many jobs run at once; 0 for a moved-from pool.
    std::size_t size() const noexcept { return core_ ? core_->size() : 0; }

    static constexpr std::string_view backend_name() { return Backend::name; }

    /// No new work: maps and submit() throw pool_closed, except inside a job of this pool. Imaps that exist go on.
    void close() noexcept {
        if (core_) core_->close();
    }

    /// close(), and nothing further starts: imaps, blocking calls and jobs not yet started throw cancelled. Does not
    /// wait for what runs.
    void terminate() noexcept {
        if (core_) core_->terminate();
    }

    /// Waits until what was handed to the workers has returned. A half-read imap can still be read afterwards. Throws
    /// error before close() or terminate(), and inside a job of this pool.
    void join() {
        if (core_) core_->join();
    }

    /// Runs f(args...) as one job, with copies of them; std::ref refers, as with std::async. Its result, decayed, or exception
    /// comes with the future; dropping that does not wait. Do not wait for it inside a job of the same pool. Throws
    /// pool_closed.
    template <class Jobs = detail::submitted_jobs, class F, class... Args>
    [[nodiscard]] auto submit(F f, Args... args) {
        static_assert(
            requires { sizeof(Jobs); }, "parimap: submit needs #include <parimap/pool.hpp>");
        return Jobs::submit(*core(), std::move(f), std::move(args)...);
    }

  private:
    template <class Derived>
    friend struct detail::frontend;
    friend detail::sharing;
    template <class OfBackend>
    friend basic_pool<OfBackend>& detail::make_default_pool();

    /// What frontends work with. Throws pool_closed after a move.
    const typename detail::core_of<Backend>::type& core() const {
        if (!core_) throw pool_closed("parimap: this pool was moved from; use the pool it was moved to");
        return core_;
    }

    typename detail::core_of<Backend>::type core_;
};

/// A pool on the backend that your CMake chose.
using pool = basic_pool<default_backend>;

namespace detail {

/// Lets the workers of a default pool go where it is idle: when the process ends or the module is unloaded, and when the main
/// thread ends by pthread_exit(), for they would keep the process alive.
class retirement {
  public:
    explicit retirement(scheduler& pool) noexcept
        : pool_(pool), end_of_main_([](void* retired) { static_cast<scheduler*>(retired)->retire(); }, &pool) {}
    ~retirement() { pool_.retire(); }
    retirement(const retirement&) = delete;
    retirement& operator=(const retirement&) = delete;

  private:
    scheduler& pool_;
    const end_of_main_thread end_of_main_;
};

/// Made on the heap and never destroyed: other threads, destructors of static objects and exit handlers may still use it when
/// the process ends.
template <class Backend>
[[gnu::visibility("default")]] basic_pool<Backend>& make_default_pool() {
    static auto* const made = new basic_pool<Backend>;
    static const retirement at_the_end(*made->core());
    return *made;
}

}  // namespace detail

/// The pool of the overloads without a pool: cpu_count() workers, made on first use. (A template, so that translation
/// units with different defaults have different ones.) When the process ends its workers go, after the jobs that were submitted
/// to it; what still uses it then, such as a destructor of a static object, runs its items itself.
template <class Backend = default_backend>
[[gnu::visibility("default")]] basic_pool<Backend>& default_pool() {
    static basic_pool<Backend>& instance = detail::make_default_pool<Backend>();
    return instance;
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

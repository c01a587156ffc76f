// SPDX-License-Identifier: MIT
// session: where a program begins that may run on many machines.
#ifndef PARIMAP_SESSION_HPP
#define PARIMAP_SESSION_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/default_backend.hpp>
#include <parimap/detail/form.hpp>

#include <memory>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

/// The only process there is.
class lone_session {
  public:
    lone_session(int* /*argc*/, char*** /*argv*/) noexcept {}
    static int rank() noexcept { return 0; }
    static int ranks() noexcept { return 1; }
    static int serve() noexcept { return 0; }
};

template <class Backend>
struct session_of {
    using type = lone_session;
};
template <class Backend>
    requires requires { typename Backend::session; }
struct session_of<Backend> {
    using type = typename Backend::session;
};

}  // namespace detail

/// Made at the begin of main(), on every rank. One rank runs the program; the others serve its pools until its session ends:
///
///   parimap::session session{argc, argv};
///   if (session.serves()) return session.serve();
///
/// On backends without ranks it does nothing, and nobody serves.
template <class Backend>
class basic_session {
  public:
    /// Throws error where there is a session already.
    basic_session(int& argc, char**& argv) : impl_(&argc, &argv) {}
    basic_session(const basic_session&) = delete;
    basic_session& operator=(const basic_session&) = delete;
    /// Lets those who serve go, and ends what the session has begun.
    ~basic_session() = default;

    /// This process, 0 .. ranks()-1.
    int rank() const noexcept { return impl_.rank(); }
    int ranks() const noexcept { return impl_.ranks(); }

    /// Whether this process has nothing to do but serve().
    bool serves() const noexcept { return rank() > 0; }

    /// Runs items for rank 0 until its session ends. Returns the exit status, 0.
    int serve() { return impl_.serve(); }

  private:
    typename detail::session_of<Backend>::type impl_;
};

using session = basic_session<default_backend>;

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

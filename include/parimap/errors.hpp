// SPDX-License-Identifier: MIT
// The exceptions parimap itself throws; what an item throws is passed on as it is.
#ifndef PARIMAP_ERRORS_HPP
#define PARIMAP_ERRORS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>

#include <stdexcept>
#include <string>

namespace parimap::inline PARIMAP_ABI {

// Visible, as their types are, where a program is compiled with hidden symbols: what one module throws, another catches.

/// The base of parimap's own exceptions. Each text says what to do about it.
struct [[gnu::visibility("default")]] error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The stream, map or job was stopped (cancel, terminate, a stop token) before its items had finished.
struct [[gnu::visibility("default")]] cancelled : error {
    using error::error;
};

/// A new map or job was given to a pool after close(), terminate() or a move.
struct [[gnu::visibility("default")]] pool_closed : error {
    using error::error;
};

/// next_for() found no result in time. Nothing is lost: ask again.
struct [[gnu::visibility("default")]] timed_out : error {
    using error::error;
};

/// An exception of another rank that could not travel as itself: see parimap/travels.hpp.
class [[gnu::visibility("default")]] remote_error : public error {
  public:
    remote_error(const std::string& what, const std::string& type_name, int rank)
        : error(what), type_name_(type_name), rank_(rank) {}

    /// The type that it had.
    const char* type_name() const noexcept { return type_name_.what(); }
    /// Where it was thrown; -1 if that is not known.
    int rank() const noexcept { return rank_; }

  private:
    std::runtime_error type_name_;  // a text that is copied without memory
    int rank_;
};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

// SPDX-License-Identifier: MIT
// unordered_imap: a stream of results in the order in which items finish.
#ifndef PARIMAP_UNORDERED_IMAP_HPP
#define PARIMAP_UNORDERED_IMAP_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/imap_frontend.hpp>
#include <parimap/detail/results/unordered_results.hpp>

namespace parimap::inline PARIMAP_ABI {

/// unordered_imap([pool,] [options,] f, range, ranges...)      range | unordered_imap([pool,] [options,] f)
///
/// As ordered_imap, but each result comes when it is there, once, so a slow item holds up no other.
struct unordered_imap_fn : detail::imap_frontend<unordered_imap_fn, detail::unordered_results> {};

inline constexpr unordered_imap_fn unordered_imap{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

// SPDX-License-Identifier: MIT
// ordered_imap: a stream of results in input order.
#ifndef PARIMAP_ORDERED_IMAP_HPP
#define PARIMAP_ORDERED_IMAP_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/imap_frontend.hpp>
#include <parimap/detail/results/ordered_results.hpp>

namespace parimap::inline PARIMAP_ABI {

/// ordered_imap([pool,] [options,] f, range, ranges...)        range | ordered_imap([pool,] [options,] f)
///
/// Starts f on the items, several ranges zipped, and returns at once with an imap that yields the results in input
/// order, each as soon as it and all before it are there. At most a window of items is under way, so the input may be
/// infinite. Containers given by name are referred to, and must outlive the imap; temporaries are moved in; f is
/// copied or moved in.
///
/// Ranges without random access and a size are read by the caller's thread alone, inside the calls on the imap.
/// An item that throws spoils its own result and nothing else: see imap. Throws pool_closed.
struct ordered_imap_fn : detail::imap_frontend<ordered_imap_fn, detail::ordered_results> {};

inline constexpr ordered_imap_fn ordered_imap{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

// SPDX-License-Identifier: MIT
// read_ahead: a range that a thread of its own reads some elements ahead.
#ifndef PARIMAP_READ_AHEAD_HPP
#define PARIMAP_READ_AHEAD_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/ahead_reading.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/ranges/single_pass.hpp>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

struct read_ahead_pipe {
    std::size_t most;

    template <class Range>
        requires some_range<std::remove_reference_t<Range>>
    friend auto operator|(Range&& range, read_ahead_pipe pipe) {
        auto view = view_of(std::forward<Range>(range));
        using view_type = decltype(view);
        static_assert(
            std::is_constructible_v<value_of<view_type>, reference_of<view_type>>,
            "parimap: read_ahead keeps elements until they are asked for, and this range's cannot be copied or moved there");
        using reading = ahead_reading<view_type>;
        return single_pass_view<value_of<view_type>, reading>(std::make_shared<reading>(std::move(view), pipe.most));
    }
};

}  // namespace detail

/// read_ahead(range, most), or range | read_ahead(most)
///
/// The elements of the range, as values, in a single-pass range for any frontend or loop. A thread of its own reads them, from when
/// the first is asked for: at most `most` are read and not yet taken, so memory is bounded, and who takes them waits only where reading
/// is slower. For inputs that wait for a disk or a network, and for those that take long to parse. What the range throws comes out in
/// its place, behind the elements before it. Containers given by name are referred to and must stay as they are; temporaries are moved in.
/// Copies share the reading. When the last goes, reading ends, after the element that is being read: its destructor waits for that one,
/// but in exit(), where the thread is let go.
/// The thread is no worker. So in an item, the range must not need the pool that runs the item, as a stream of that pool does: the thread
/// would wait for a worker, and the worker for the thread.
/// Throws std::invalid_argument where most is 0, and std::system_error from the first element where there is no thread.
/// Cost: a lock for an element; for elements that take less than a microsecond it does not pay.
struct read_ahead_fn {
    detail::read_ahead_pipe operator()(std::size_t most) const {
        if (most == 0)
            throw std::invalid_argument("parimap: read_ahead(range, 0) could never read; let it hold at least 1 element");
        return detail::read_ahead_pipe{most};
    }
    template <class Range>
        requires detail::some_range<std::remove_reference_t<Range>>
    auto operator()(Range&& range, std::size_t most) const {
        return std::forward<Range>(range) | (*this)(most);
    }
};

inline constexpr read_ahead_fn read_ahead{};

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

// SPDX-License-Identifier: MIT
// progress: a loop over a range with a progress bar. And all else that shows progress.
#ifndef PARIMAP_PROGRESS_HPP
#define PARIMAP_PROGRESS_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/format_progress.hpp>
#include <parimap/progress_bar.hpp>
#include <parimap/progress_options.hpp>

#include <range/v3/range/concepts.hpp>
#include <range/v3/view/interface.hpp>

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

/// What progress() returns: a single-pass view of the range's own elements, for std::ranges and for range-v3. Copies
/// share the one loop and its bar. The bar begins with begin(), and ends at the range's end or with the last copy.
template <class View>
class [[nodiscard]] progress_view : public ::ranges::view_base, public std::ranges::view_base {
    struct shared;

  public:
    class sentinel {};

    /// ++ counts the element that the loop is done with.
    class iterator {
      public:
        using value_type = detail::value_of<View>;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using iterator_concept = std::input_iterator_tag;
        using reference = detail::reference_of<View>;

        iterator() = default;

        reference operator*() const { return **shared_->next; }
        iterator& operator++() {
            shared_->step();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& it, sentinel) { return it.at_end(); }

      private:
        friend progress_view;
        explicit iterator(shared* s) noexcept : shared_(s) {}
        bool at_end() const { return !shared_ || shared_->at_end(); }
        shared* shared_ = nullptr;
    };

    progress_view() = default;
    progress_view(View view, progress_options options) : shared_(std::make_shared<shared>(std::move(view), std::move(options))) {}

    /// Goes on where the last iterator stopped.
    iterator begin() const {
        if (shared_) shared_->begin();
        return iterator(shared_.get());
    }
    sentinel end() const noexcept { return {}; }

  private:
    struct shared {
        shared(View v, progress_options o) : view(std::move(v)), options(std::move(o)) {}

        void begin() {
            if (bar) return;
            next.emplace(detail::begin_of(view));
            last.emplace(detail::end_of(view));
            if constexpr (detail::some_sized_range<View>) {
                if (!options.total) options.total = options.initial + static_cast<std::size_t>(detail::size_of(view));
            }
            bar.emplace(options);
        }
        void step() {
            ++*next;
            bar->tick();
        }
        bool at_end() {
            if (!(*next == *last)) return false;
            bar->close();
            return true;
        }

        View view;
        progress_options options;
        std::optional<detail::iterator_of<View>> next;
        std::optional<detail::sentinel_of<View>> last;
        std::optional<progress_bar> bar;
    };

    std::shared_ptr<shared> shared_;
};

namespace detail {

struct progress_pipe {
    progress_options options;

    template <class Range>
        requires some_range<std::remove_reference_t<Range>>
    friend auto operator|(Range&& range, progress_pipe pipe) {
        auto view = view_of(std::forward<Range>(range));
        return progress_view<decltype(view)>(std::move(view), std::move(pipe.options));
    }
};

}  // namespace detail

/// for (auto&& x : progress(range, options)), or range | progress(options)
///
/// Loops over any range and counts the elements that the loop is done with. Containers given by name are referred to,
/// temporaries are moved in. For items that a pool runs, use map_options::progress: it counts what is finished, while a
/// loop around an imap counts what was fetched.
struct progress_fn {
    template <class Range>
        requires detail::some_range<std::remove_reference_t<Range>>
    auto operator()(Range&& range, progress_options options = {}) const {
        return std::forward<Range>(range) | detail::progress_pipe{std::move(options)};
    }
    template <class T>
    auto operator()(std::initializer_list<T> items, progress_options options = {}) const {
        return items | detail::progress_pipe{std::move(options)};
    }
    auto operator()(progress_options options = {}) const { return detail::progress_pipe{std::move(options)}; }
};

inline constexpr progress_fn progress{};

}  // namespace parimap

template <class View>
inline constexpr bool std::ranges::enable_view<parimap::progress_view<View>> = true;

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

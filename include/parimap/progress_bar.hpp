// SPDX-License-Identifier: MIT
// progress_bar: a bar that your own code ticks; progress_write: text above the bars.
#ifndef PARIMAP_PROGRESS_BAR_HPP
#define PARIMAP_PROGRESS_BAR_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/place.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/watch/bar_options.hpp>  // IWYU pragma: export
#include <parimap/detail/watch/displayed_line.hpp>
#include <parimap/detail/watch/progress_display.hpp>
#include <parimap/detail/watch/progress_line.hpp>
#include <parimap/detail/watch/watching.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace parimap::inline PARIMAP_ABI {

/// A progress bar for work of any kind. It is there from construction to close() or destruction; it counts even where
/// it is not shown (inside a job, or in a process that was forked since, for example). If it is destroyed by an exception, it shows that it failed.
class PARIMAP_EXPORT progress_bar final : detail::progress_source {
  public:
    /// Throws std::invalid_argument for a bar_format with unknown fields.
    explicit progress_bar(progress_options options = {});
    ~progress_bar();
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;

    /// So much more is done. Any thread; costs an increment of a counter that few other threads use.
    void tick(std::uint64_t n = 1) noexcept { counters_[this_thread()].done.fetch_add(n, std::memory_order_relaxed); }

    /// The sum of all ticks.
    std::uint64_t ticks() const noexcept;

    void set_description(std::string text);
    void set_postfix(std::string text);
    void set_total(std::optional<std::size_t> total);

    /// Shows the last state. Later ticks are counted and not shown.
    void close() noexcept;

  private:
    static constexpr std::size_t counter_count = 16;
    struct alignas(detail::cache_line) counter {
        std::atomic<std::uint64_t> done{0};
    };

    static std::size_t this_thread() noexcept;

    template <class Change>
    void change(Change change) {
        if (line_) line_->change(change);
    }

    detail::progress_counts counts() const noexcept override { return {ticks()}; }

    const int exceptions_ = std::uncaught_exceptions();
    std::array<counter, counter_count> counters_;
    std::optional<detail::displayed_line> line_;  // goes first
};

/// Prints the text and a new line above all bars, on the standard output or the file descriptor that is given. Use it in
/// place of std::cout and printf while there are bars. Any thread; it waits for the output as these do.
inline void progress_write(std::string_view text, int output = 1) { detail::progress_display::instance().print(text, output); }

namespace detail {

/// The bar of a map or stream, which counts finished items.
class PARIMAP_EXPORT map_bar final : public watcher {
  public:
    map_bar(const progress_options& options, const progress_source& source, std::optional<std::uint64_t> total);

    void set_failed() noexcept override;

  private:
    displayed_line line_;
};

/// What progress_request calls.
PARIMAP_EXPORT std::unique_ptr<watcher> open_map_bar(const progress_options& options, const progress_source& source,
                                                     std::optional<std::uint64_t> total, bool allowed_inside_job,
                                                     std::uint64_t initial);

}  // namespace detail
}  // namespace parimap

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/progress_bar.cpp>  // IWYU pragma: keep
#endif

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

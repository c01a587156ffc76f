// SPDX-License-Identifier: MIT
// progress_bar: a bar that your own code ticks; progress_write: text above the bars.

#include <parimap/progress_bar.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

PARIMAP_INLINE map_bar::map_bar(const progress_options& options, const progress_source& source, std::optional<std::uint64_t> total)
    : line_(options, source, total) {}

PARIMAP_INLINE void map_bar::set_failed() noexcept {
    line_.change([](progress_line& line) { line.set_failed(); });
}

PARIMAP_INLINE std::unique_ptr<watcher> open_map_bar(const progress_options& options, const progress_source& source,
                                                     std::optional<std::uint64_t> total, bool allowed_inside_job,
                                                     std::uint64_t initial) {
    if (current_place && !allowed_inside_job && !options.nested) return nullptr;
    if (initial == 0) return std::make_unique<map_bar>(options, source, total);
    progress_options resumed = options;
    resumed.initial += static_cast<std::size_t>(initial);
    return std::make_unique<map_bar>(resumed, source, total);
}

}  // namespace detail

PARIMAP_INLINE progress_bar::progress_bar(progress_options options) {
    if (detail::current_place && !options.nested) return;
    line_.emplace(std::move(options), static_cast<const detail::progress_source&>(*this), std::nullopt);
}

PARIMAP_INLINE progress_bar::~progress_bar() {
    if (std::uncaught_exceptions() > exceptions_) {
        change([](detail::progress_line& line) { line.set_failed(); });
    }
}

PARIMAP_INLINE std::uint64_t progress_bar::ticks() const noexcept {
    std::uint64_t sum = 0;
    for (const counter& c : counters_) sum += c.done.load(std::memory_order_relaxed);
    return sum;
}

PARIMAP_INLINE void progress_bar::set_description(std::string text) {
    change([&](detail::progress_line& line) { line.set_description(std::move(text)); });
}

PARIMAP_INLINE void progress_bar::set_postfix(std::string text) {
    change([&](detail::progress_line& line) { line.set_postfix(std::move(text)); });
}

PARIMAP_INLINE void progress_bar::set_total(std::optional<std::size_t> total) {
    change([&](detail::progress_line& line) { line.set_total(total); });
}

PARIMAP_INLINE void progress_bar::close() noexcept {
    if (line_) line_->close();
}

PARIMAP_INLINE std::size_t progress_bar::this_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    static thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed) % counter_count;
    return mine;
}

}  // namespace parimap

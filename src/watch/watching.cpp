// SPDX-License-Identifier: MIT
// What a call can be asked to show: a bar, a report. And the two sides of it that know nothing of each other.

#include <parimap/detail/watch/watching.hpp>

#include <parimap/detail/system/atomic.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// A bar of a call that comes past items which were done before: it sees the others alone.
class progress_request::resumed_bar final : public watcher, public progress_source {
  public:
    static std::unique_ptr<watcher> open(const progress_request& request, const progress_source& source,
                                         std::optional<std::uint64_t> total) {
        const std::uint64_t before = request.resumed_->all;
        if (total) *total -= std::min(*total, before);
        auto made = std::make_unique<resumed_bar>(request.resumed_, source);
        made->bar_ = request.open_(request.options_.get(), *made, total, request.allowed_inside_job_, before);
        if (!made->bar_) return nullptr;
        return made;
    }

    resumed_bar(std::shared_ptr<const resumed_items> items, const progress_source& source) noexcept
        : items_(std::move(items)), source_(source) {}

    void set_failed() noexcept override { bar_->set_failed(); }

  private:
    progress_counts counts() const noexcept override {
        // Read first: an item is passed before it is done, and a count that is too small is mended by the next look.
        progress_counts now = source_.counts();
        now.done -= std::min(now.done, items_->passed.load(std::memory_order_relaxed));
        return now;
    }
    std::size_t seats() const noexcept override { return source_.seats(); }
    std::uint64_t running_item(std::size_t seat) const noexcept override { return source_.running_item(seat); }

    const std::shared_ptr<const resumed_items> items_;
    const progress_source& source_;
    std::unique_ptr<watcher> bar_;  // goes first
};

PARIMAP_INLINE std::unique_ptr<watcher> progress_request::open(const progress_source& source,
                                                               std::optional<std::uint64_t> total) const {
    if (!open_) return nullptr;
    if (resumed_) return resumed_bar::open(*this, source, total);
    return open_(options_.get(), source, total, allowed_inside_job_, 0);
}

PARIMAP_INLINE void report_request::fill(const call_record& record) const {
    if (report_) fill_(report_, record);
}

}  // namespace parimap::detail

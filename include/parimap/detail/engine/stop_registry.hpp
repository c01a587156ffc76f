// SPDX-License-Identifier: MIT
// The stop tokens of the running items of one call, so that exactly those whose results are unwanted are stopped.
#ifndef PARIMAP_DETAIL_ENGINE_STOP_REGISTRY_HPP
#define PARIMAP_DETAIL_ENGINE_STOP_REGISTRY_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// One stop source for each seat, used for item after item until it has been stopped. Only calls whose f takes a
/// token have a registry with seats in it.
class stop_registry {
  public:
    explicit stop_registry(std::size_t seats) : running_(seats) {}

    /// The token of an item that starts on a seat.
    std::stop_token start(std::size_t seat, std::uint64_t item) {
        std::lock_guard lock(mutex_);
        entry& e = running_[seat];
        if (!e.source.stop_possible()) e.source = std::stop_source();
        e.item = item;
        if (item >= stopped_from_) {
            // The stop came between the claim and here.
            std::stop_source late = std::exchange(e.source, std::stop_source(std::nostopstate));
            late.request_stop();
            return late.get_token();
        }
        return e.source.get_token();
    }

    void finish(std::size_t seat) noexcept {
        std::lock_guard lock(mutex_);
        running_[seat].item = none;
    }

    /// Stops the running items from `item` on. An item that the seat starts afterwards gets a fresh source, so it
    /// cannot be hit by a stop that was meant for the one before.
    void stop_from(std::uint64_t item) noexcept {
        for (;;) {
            std::stop_source hit(std::nostopstate);
            {
                std::lock_guard lock(mutex_);
                stopped_from_ = item < stopped_from_ ? item : stopped_from_;
                for (entry& e : running_) {
                    if (e.item != none && e.item >= item && e.source.stop_possible()) {
                        hit = std::exchange(e.source, std::stop_source(std::nostopstate));
                        break;
                    }
                }
            }
            if (!hit.stop_possible()) return;
            hit.request_stop();  // runs the user's callbacks, so without the lock
        }
    }

  private:
    static constexpr std::uint64_t none = ~std::uint64_t{0};
    struct entry {
        std::stop_source source{std::nostopstate};
        std::uint64_t item = none;
    };

    std::mutex mutex_;
    std::vector<entry> running_;
    std::uint64_t stopped_from_ = none;
};

}  // namespace parimap::detail

#endif

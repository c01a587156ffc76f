// SPDX-License-Identifier: MIT
// The stop tokens of the running items of one call, so that exactly those whose results are unwanted are stopped.
#ifndef PARIMAP_DETAIL_ENGINE_STOP_REGISTRY_HPP
#define PARIMAP_DETAIL_ENGINE_STOP_REGISTRY_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/mutex.hpp>
#include <parimap/detail/system/owned.hpp>
#include <parimap/detail/system/stop_request.hpp>

#include <cstddef>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

/// One stop source for each seat, used for item after item until it has been stopped. Only calls whose f takes a
/// token have a registry with seats in it.
class PARIMAP_EXPORT stop_registry {
  public:
    explicit stop_registry(std::size_t seats);
    ~stop_registry();

    /// The token of an item that starts on a seat.
    std::stop_token start(std::size_t seat, std::uint64_t item);

    void finish(std::size_t seat) noexcept;

    /// Stops the running items from `item` on. An item that the seat starts afterwards gets a fresh source, so it
    /// cannot be hit by a stop that was meant for the one before.
    void stop_from(std::uint64_t item) noexcept;

  private:
    struct entry;

    mutex mutex_;
    const std::size_t seats_;
    const owned<entry[]> running_;
    std::uint64_t stopped_from_ = no_item;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/stop_registry.cpp>  // IWYU pragma: keep
#endif

#endif

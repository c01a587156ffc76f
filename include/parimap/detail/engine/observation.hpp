// SPDX-License-Identifier: MIT
// The observer of a call, or nobody: what is said to nobody costs a look at one pointer.
#ifndef PARIMAP_DETAIL_ENGINE_OBSERVATION_HPP
#define PARIMAP_DETAIL_ENGINE_OBSERVATION_HPP

#include <parimap/detail/engine/observed_batch.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/system/owned.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace parimap::inline PARIMAP_ABI::detail {

class instant;
class observer;
enum class idle_cause : unsigned char;

/// Each member function is that of observer with its name, which says what it is for; observer.hpp has their definitions.
class PARIMAP_EXPORT observation {
  public:
    explicit observation(owned<observer> made) noexcept;
    ~observation();
    observation(const observation&) = delete;
    observation& operator=(const observation&) = delete;

    /// Whether there is an observer.
    explicit operator bool() const noexcept { return static_cast<bool>(observer_); }
    observer* get() const noexcept { return observer_.get(); }

    void begin(std::optional<std::uint64_t> total, bool in_order = false) const;
    void enter(std::size_t seat) const noexcept;
    void leave(std::size_t seat) const noexcept;
    std::optional<observed_batch> begin_batch(std::size_t seat) const noexcept;
    void end_batch(std::size_t seat, std::uint64_t first, std::uint64_t items, instant begin, instant end) const noexcept;
    void item_failed(std::size_t seat) const noexcept;
    void supply_ends_with(idle_cause cause) const noexcept;
    void set_failed() const noexcept;
    void finish() const noexcept;

  private:
    const owned<observer> observer_;
};

}  // namespace parimap::detail

#endif

// SPDX-License-Identifier: MIT
// Values that every rank holds, by number.
#ifndef PARIMAP_DETAIL_TRAVEL_SHARED_VALUES_HPP
#define PARIMAP_DETAIL_TRAVEL_SHARED_VALUES_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/mutex.hpp>
#include <parimap/detail/travel/byte_stream.hpp>
#include <parimap/errors.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// Found without a lock, for items look at them all the time. The numbers are given by the rank that shares, upwards from 1.
class shared_values {
    static constexpr std::size_t length = 1024;
    using part = std::array<atomic<const void*>, length>;

  public:
    [[gnu::visibility("default")]] static shared_values& of_process() {
        static auto* const all = new shared_values;  // until the very end of the process
        return *all;
    }

    /// Null where there is none.
    const void* find(std::uint64_t number) const noexcept {
        if (number >= length * length) return nullptr;
        const auto n = static_cast<std::size_t>(number);
        const part* const p = parts_[n / length].load(std::memory_order_acquire);
        return p ? (*p)[n % length].load(std::memory_order_acquire) : nullptr;
    }

    void hold(std::uint64_t number, const std::shared_ptr<const void>& value) {
        if (number >= length * length)
            throw error("parimap: a program can share a million values, and this one has; share larger ones");
        const auto n = static_cast<std::size_t>(number);
        const lock held(mutex_);
        if (!parts_[n / length].load(std::memory_order_relaxed)) parts_[n / length].store(new part{}, std::memory_order_release);
        held_[number] = value;  // first, for it may throw
        at(n).store(value.get(), std::memory_order_release);
    }

    void free(std::uint64_t number) noexcept {
        const std::shared_ptr<const void> value = [&] {
            const lock held(mutex_);
            const auto found = held_.find(number);
            if (found == held_.end()) return std::shared_ptr<const void>();
            at(static_cast<std::size_t>(number)).store(nullptr, std::memory_order_relaxed);
            std::shared_ptr<const void> freed = std::move(found->second);
            held_.erase(found);
            return freed;
        }();  // its destructor runs without the lock
    }

  private:
    /// Its part exists.
    atomic<const void*>& at(std::size_t n) noexcept { return (*parts_[n / length].load(std::memory_order_relaxed))[n % length]; }

    std::array<atomic<part*>, length> parts_{};
    mutex mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<const void>> held_;
};

/// Makes such a value of its bytes.
using read_shared_value = std::shared_ptr<const void> (*)(byte_reader& in);

}  // namespace parimap::detail

#endif

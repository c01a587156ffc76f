// SPDX-License-Identifier: MIT
// What a thread of a model knows of the others: which of their steps happened before its own, and which stores it cannot miss.
#ifndef PARIMAP_TESTS_MODEL_KNOWLEDGE_HPP
#define PARIMAP_TESTS_MODEL_KNOWLEDGE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace model {

inline constexpr std::size_t max_threads = 8;
inline constexpr std::size_t max_objects = 256;  // atomic ones that an execution makes

/// By thread, how many of its steps happened before.
class vector_clock {
  public:
    std::uint32_t& operator[](std::size_t thread) noexcept { return steps_[thread]; }
    std::uint32_t operator[](std::size_t thread) const noexcept { return steps_[thread]; }

    void join(const vector_clock& other) noexcept {
        for (std::size_t t = 0; t < max_threads; ++t) steps_[t] = std::max(steps_[t], other.steps_[t]);
    }

    /// A thread in which this has steps that `later` does not know, or max_threads.
    std::size_t unknown_to(const vector_clock& later) const noexcept {
        for (std::size_t t = 0; t < max_threads; ++t) {
            if (steps_[t] > later.steps_[t]) return t;
        }
        return max_threads;
    }

  private:
    std::array<std::uint32_t, max_threads> steps_{};
};

/// By atomic object, the oldest of its stores that can still be read.
class view {
  public:
    view() noexcept = default;
    view(const view& other) noexcept { *this = other; }
    view& operator=(const view& other) noexcept {
        std::copy_n(other.oldest_.begin(), other.objects_, oldest_.begin());
        objects_ = other.objects_;
        return *this;
    }

    std::uint16_t operator[](std::size_t object) const noexcept { return object < objects_ ? oldest_[object] : std::uint16_t{0}; }

    void raise(std::size_t object, std::size_t oldest) noexcept {
        if (object >= objects_) extend((object / 16 + 1) * 16);
        oldest_[object] = std::max(oldest_[object], static_cast<std::uint16_t>(oldest));
    }

    void join(const view& other) noexcept {
        if (other.objects_ > objects_) extend(other.objects_);
        for (std::size_t i = 0; i < other.objects_; ++i) oldest_[i] = std::max(oldest_[i], other.oldest_[i]);
    }

    void clear() noexcept { objects_ = 0; }

  private:
    void extend(std::size_t objects) noexcept {
        std::fill(oldest_.begin() + objects_, oldest_.begin() + objects, std::uint16_t{0});
        objects_ = objects;
    }

    std::array<std::uint16_t, max_objects> oldest_;  // of the first few objects; zero behind
    std::size_t objects_ = 0;
};

struct knowledge {
    vector_clock before;  // what happens before, for data races
    view seen;            // the same for stores, and what fences add to it

    void join(const knowledge& other) noexcept {
        before.join(other.before);
        seen.join(other.seen);
    }
    void clear() noexcept {
        before = {};
        seen.clear();
    }
};

}  // namespace model

#endif

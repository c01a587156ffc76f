// SPDX-License-Identifier: MIT
// Lets jobs wait for one another and for the test, with a deadline: a broken promise fails and does not hang.
#ifndef PARIMAP_TESTS_SUPPORT_GATE_HPP
#define PARIMAP_TESTS_SUPPORT_GATE_HPP

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

namespace parimap_test {

inline constexpr std::chrono::seconds deadline{10};

// Waits until done() is true; false if that did not happen before the deadline.
template <class Predicate>
bool eventually(Predicate done) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::microseconds{100});
    }
    return true;
}

// Time enough for a broken engine to show itself. It is only ever used to look for what must not happen, so
// a slow machine can hide a fault here but cannot invent one.
inline void let_mistakes_happen() { std::this_thread::sleep_for(std::chrono::milliseconds{20}); }

// Closed until it is opened, then open for good.
class gate {
  public:
    void open() noexcept { open_.store(true); }
    bool is_open() const noexcept { return open_.load(); }

    // True once the gate is open. After one deadline has passed nobody waits for a second one, so that a
    // failing test ends soon.
    bool wait() const {
        if (!late_.load() && !eventually([this] { return open_.load() || late_.load(); })) late_.store(true);
        return open_.load();
    }

  private:
    std::atomic<bool> open_{false};
    mutable std::atomic<bool> late_{false};
};

// Opens when `parties` jobs stand in it at once, which proves that so many run at the same time.
class rendezvous {
  public:
    explicit rendezvous(std::size_t parties) : parties_{parties} {}

    // True if all parties met. Whoever comes after they met walks through.
    bool arrive_and_wait() {
        if (arrived_.fetch_add(1) + 1 >= parties_) all_here_.open();
        return all_here_.wait();
    }

  private:
    std::size_t parties_;
    std::atomic<std::size_t> arrived_{0};
    gate all_here_;
};

}  // namespace parimap_test

#endif

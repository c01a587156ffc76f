// SPDX-License-Identifier: MIT
// Threads, mutexes and condition variables, for models.
#ifndef PARIMAP_TESTS_MODEL_SLEEPING_HPP
#define PARIMAP_TESTS_MODEL_SLEEPING_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace model {

/// A thread that runs these.
struct part {
    std::string name;
    std::function<void()> body;
};

/// Threads that run, until join().
class threads {
  public:
    threads() = default;
    explicit threads(std::vector<part> parts) {
        for (part& p : parts) start(std::move(p.name), std::move(p.body));
    }
    threads(const threads&) = delete;
    threads& operator=(const threads&) = delete;

    void start(std::string name, std::function<void()> body);

    /// Waits for all of them. The model may not end before.
    void join();

  private:
    std::vector<std::size_t> numbers_;
};

/// Runs them all to their end.
inline void run(std::vector<part> parts) { threads(std::move(parts)).join(); }

/// Those of the engine lie in the bytes of standard ones.
class mutex {
  public:
    mutex();
    ~mutex();
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    void lock();
    void unlock();

  private:
    friend class condition_variable;

    std::uint64_t execution_;
    std::size_t number_;
};

class condition_variable {
  public:
    condition_variable();
    ~condition_variable();
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;

    void notify_one();
    void notify_all();

    /// deadline: in nanoseconds, or null. False where it was not woken.
    bool wait(mutex& held, const std::int64_t* deadline);

  private:
    std::uint64_t execution_;
    std::size_t number_;
};

/// Lets others go first.
void yield();

}  // namespace model

#endif

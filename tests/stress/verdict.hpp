// SPDX-License-Identifier: MIT
// How a fault is told: by the seed that found it, and what to type to see it again. Nothing goes on afterwards.
#ifndef PARIMAP_TESTS_STRESS_VERDICT_HPP
#define PARIMAP_TESTS_STRESS_VERDICT_HPP

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace parimap_stress {

// What is being run, for the messages.
struct run_name {
    std::string program;
    std::string workers;  // the option, where it was given
    std::uint64_t seed = 0;
};
void set_name(const run_name& name);

// From now on crashes, and what a sanitizer ends the process for, name the seed too.
void tell_of_crashes();

// What a fault is about: the message describes the innermost one of the thread that found it.
class subject {
  public:
    virtual std::string description() const = 0;

  protected:
    ~subject() = default;
};

class about {
  public:
    explicit about(const subject& it) noexcept;
    about(const about&) = delete;
    about& operator=(const about&) = delete;
    ~about();

  private:
    const subject* outer_;
};

// Prints the fault, the seed and how to repeat it, and ends the process with status 1.
[[noreturn]] void fail(std::string_view fault);

inline void expect(bool holds, std::string_view fault) {
    if (!holds) fail(fault);
}

// Fails when a seed has not ended after a time that no slow machine needs, and aborts, so that a core or a debugger shows where
// the threads stand.
class watchdog {
  public:
    watchdog();
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;
    ~watchdog();

    void seed_begins();

  private:
    void watch();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t begun_ = 0;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace parimap_stress

#endif

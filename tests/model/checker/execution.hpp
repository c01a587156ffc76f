// SPDX-License-Identifier: MIT
// One execution of a model: its threads, whose turn it is, and what became of it.
#ifndef PARIMAP_TESTS_MODEL_EXECUTION_HPP
#define PARIMAP_TESTS_MODEL_EXECUTION_HPP

#include "explore.hpp"
#include "knowledge.hpp"
#include "search.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <vector>

#include <ucontext.h>

namespace model {

/// What the C++ ABI keeps for each thread: exceptions that are handled, and how many are thrown.
struct exception_globals {
    void* caught;
    unsigned uncaught;
};

/// A thread of the model: a fibre with what it knows.
struct thread_state {
    enum class condition : unsigned char { absent, ready, blocked, sleeping, done };

    std::string name;
    std::function<void()> body;
    condition now = condition::absent;
    bool has_deadline = false;  // of its sleep
    bool timed_out = false;     // its latest sleep ended by itself
    std::int64_t deadline = 0;
    std::size_t joined_by = max_threads;

    knowledge knows;
    knowledge acquired;  // what it has read without acquiring it: an acquire fence adds it
    knowledge released;  // what it knew at its latest release fence: relaxed stores pass it on
    view light;          // what it had seen at its latest light fence

    ucontext_t context{};
    std::array<void*, 8> own_variables{};  // see keep_apart()
    exception_globals exceptions{};
};

class execution {
  public:
    /// The one that runs, on the calling fibre; null outside.
    static execution* current() noexcept { return current_; }

    execution(const options& bounds, search& ways);
    ~execution();
    execution(const execution&) = delete;
    execution& operator=(const execution&) = delete;

    /// Runs the body as the first thread, and the threads that it makes, to their end or to a failure.
    void run(const std::function<void()>& body);

    bool has_failed() const noexcept { return !failure_.empty(); }
    const std::string& failure() const noexcept { return failure_; }
    std::string report() const;

    // ---- by fibres -----------------------------------------------------------------------------------------------

    thread_state& me() noexcept { return threads_[running_]; }
    std::size_t my_number() const noexcept { return running_; }
    thread_state& thread_of(std::size_t number) noexcept { return threads_[number]; }
    std::size_t thread_count() const noexcept { return thread_count_; }

    std::size_t start(std::string name, std::function<void()> body);
    void join(const std::vector<std::size_t>& threads);

    /// What follows is seen by others: another thread may go first.
    void point();

    /// Lets another thread go first, if one can.
    void yield();

    /// Until wake(): blocked by another thread; or asleep, until the deadline if there is one. False if it was not woken.
    void block();
    bool sleep(const std::int64_t* deadline);
    void wake(std::size_t thread) noexcept;

    /// Chooses among so many, of which 0 is what usually happens.
    std::size_t choose(std::size_t options) { return ways_.choose(options); }
    /// How far from the newest of so many stores a load reads.
    std::size_t choose_age(std::size_t stores);

    /// Counts and notes a step of the calling thread; object: what it is about, or none.
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    void note(const char* what, std::uint32_t object, std::uint64_t value, std::memory_order order, std::size_t age,
              const std::source_location& where);

    [[noreturn]] void fail(const std::string& what);

    std::int64_t read_clock() noexcept { return now_ += bounds_.tick; }
    std::uint64_t read_ticks() noexcept { return ++ticks_; }

    std::uint64_t number() const noexcept { return number_; }

    view sequential;  // what seq_cst fences and accesses have seen
    view heavy;       // and heavy fences

  private:
    struct step {
        std::size_t thread;
        const char* what;
        std::uint32_t object;
        std::uint64_t value;
        std::memory_order order;
        std::size_t age;
        std::source_location where;
    };

    static void enter_fibre();
    bool all_are_done(std::size_t joined_by) const;
    /// The threads that could go on: first those that are ready, beginning behind the calling one.
    std::size_t find_others(std::array<std::size_t, max_threads>& others, std::size_t& ready, bool with_sleepers) const;
    void leave_for(std::size_t thread);
    void leave_for_any();
    void switch_to(std::size_t thread);
    void to_explorer();
    std::string text_of(const step& s) const;

    static inline execution* current_ = nullptr;
    static inline std::uint64_t last_number_ = 0;

    const options& bounds_;
    search& ways_;
    const std::uint64_t number_ = ++last_number_;
    std::array<thread_state, max_threads>& threads_;
    std::size_t thread_count_ = 0;
    std::size_t running_ = 0;
    bool has_turn_ = false;  // it was chosen just now, so there is no choice before its next step
    std::size_t preemptions_ = 0;
    std::size_t stale_reads_ = 0;
    std::size_t time_outs_ = 0;
    std::size_t spurious_ = 0;
    std::size_t step_count_ = 0;
    std::int64_t now_ = 1'000'000'000;
    std::uint64_t ticks_ = 0;
    std::vector<step> steps_;
    std::string failure_;
    ucontext_t explorer_{};
};

}  // namespace model

#endif

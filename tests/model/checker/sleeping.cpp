// SPDX-License-Identifier: MIT
// Threads, mutexes and condition variables, for models.
#include "sleeping.hpp"

#include "execution.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <utility>
#include <vector>

namespace model {

namespace {

struct mutex_state {
    std::uint64_t execution = 0;
    bool exists = false;
    std::size_t holder = max_threads;
    std::vector<std::size_t> waiting;
    knowledge passed_on;
};

struct condition_state {
    std::uint64_t execution = 0;
    bool exists = false;
    std::vector<std::size_t> sleepers;
};

// Used again by each execution.
template <class State>
struct states {
    std::deque<State> all;
    std::size_t used = 0;
    std::uint64_t execution = 0;

    std::size_t make(std::uint64_t now) {
        if (execution != now) used = 0;
        execution = now;
        if (used == all.size()) all.emplace_back();
        State& s = all[used];
        s = State();
        s.exists = true;
        return used++;
    }
};

states<mutex_state> mutexes;
states<condition_state> conditions;

/// Zero outside of a model, where these do nothing.
std::uint64_t now() noexcept { return execution::current() ? execution::current()->number() : 0; }
execution& here() noexcept { return *execution::current(); }

void note(const char* what, std::size_t number) {
    here().note(what, static_cast<std::uint32_t>(number), 0, std::memory_order_relaxed, 0, {});
}

template <class State>
State& find(states<State>& in, std::uint64_t execution, std::size_t number, const char* what) {
    if (execution != now() || !in.all[number].exists) here().fail(std::string(what) + " is used that does not exist");
    return in.all[number];
}

mutex_state& mutex_of(std::uint64_t execution, std::size_t number) { return find(mutexes, execution, number, "a mutex"); }
condition_state& condition_of(std::uint64_t execution, std::size_t number) {
    return find(conditions, execution, number, "a condition variable");
}

void lock_it(std::uint64_t execution, std::size_t number) {
    here().point();
    mutex_state& m = mutex_of(execution, number);
    if (m.holder == here().my_number()) here().fail("a mutex is locked twice by " + here().me().name);
    while (m.holder != max_threads) {
        m.waiting.push_back(here().my_number());
        here().block();
        mutex_of(execution, number);
    }
    m.holder = here().my_number();
    here().me().knows.join(m.passed_on);
    note("lock mutex", number);
}

/// (That another thread goes first makes no difference here.)
void unlock_it(std::uint64_t execution, std::size_t number) {
    mutex_state& m = mutex_of(execution, number);
    if (m.holder != here().my_number()) here().fail("a mutex is unlocked that another thread holds");
    note("unlock mutex", number);
    m.passed_on = here().me().knows;
    m.holder = max_threads;
    for (const std::size_t t : std::exchange(m.waiting, {})) here().wake(t);
}

}  // namespace

void threads::start(std::string name, std::function<void()> body) {
    numbers_.push_back(here().start(std::move(name), std::move(body)));
}

void threads::join() { here().join(numbers_); }

mutex::mutex() : execution_(now()), number_(execution_ != 0 ? mutexes.make(execution_) : 0) {}

mutex::~mutex() {
    if (execution_ == 0 || execution_ != now()) return;
    mutex_state& m = mutex_of(execution_, number_);
    if (m.holder != max_threads) here().fail("a mutex is destroyed that is held");
    m.exists = false;
}

void mutex::lock() {
    if (now() != 0) lock_it(execution_, number_);
}
void mutex::unlock() {
    if (now() != 0) unlock_it(execution_, number_);
}

condition_variable::condition_variable() : execution_(now()), number_(execution_ != 0 ? conditions.make(execution_) : 0) {}

condition_variable::~condition_variable() {
    if (execution_ == 0 || execution_ != now()) return;
    condition_state& c = condition_of(execution_, number_);
    if (!c.sleepers.empty()) here().fail("a condition variable is destroyed on which a thread sleeps");
    c.exists = false;
}

void condition_variable::notify_one() {
    if (now() == 0) return;
    here().point();
    condition_state& c = condition_of(execution_, number_);
    note("notify one of condition", number_);
    if (c.sleepers.empty()) return;
    const auto woken = c.sleepers.begin() + static_cast<std::ptrdiff_t>(here().choose(c.sleepers.size()));
    here().wake(*woken);
    c.sleepers.erase(woken);
}

void condition_variable::notify_all() {
    if (now() == 0) return;
    here().point();
    condition_state& c = condition_of(execution_, number_);
    note("notify all of condition", number_);
    for (const std::size_t t : std::exchange(c.sleepers, {})) here().wake(t);
}

bool condition_variable::wait(mutex& held, const std::int64_t* deadline) {
    condition_state& c = condition_of(execution_, number_);
    note("sleep on condition", number_);
    unlock_it(held.execution_, held.number_);
    c.sleepers.push_back(here().my_number());
    const bool woken = here().sleep(deadline);
    if (!woken) std::erase(c.sleepers, here().my_number());
    note(woken ? "woken on condition" : "not woken on condition", number_);
    lock_it(held.execution_, held.number_);
    return woken;
}

void yield() {
    if (now() != 0) here().yield();
}

}  // namespace model

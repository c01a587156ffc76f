// SPDX-License-Identifier: MIT
// One execution of a model: its threads, whose turn it is, and what became of it.
#include "execution.hpp"

#include "memory.hpp"
#include "quarantine.hpp"

#include <cxxabi.h>
#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace model {

namespace {

constexpr std::size_t stack_size = std::size_t{256} << 10U;
constexpr std::size_t steps_shown = 60;

/// Made once: to make them for each execution would take longer than to run it.
struct kept {
    std::array<thread_state, max_threads> threads;
    std::array<std::unique_ptr<std::byte[]>, max_threads> stacks;
    std::vector<void*> own_variables;
};

kept& all_kept() {
    static kept made;
    return made;
}

const char* name_of(std::memory_order order) {
    switch (order) {
        case std::memory_order_acquire:
        case std::memory_order_consume: return "acquire";
        case std::memory_order_release: return "release";
        case std::memory_order_acq_rel: return "acq_rel";
        case std::memory_order_seq_cst: return "seq_cst";
        default: return "relaxed";
    }
}

}  // namespace

execution::execution(const options& bounds, search& ways) : bounds_(bounds), ways_(ways), threads_(all_kept().threads) {
    for (thread_state& t : threads_) {
        t.now = thread_state::condition::absent;
        t.joined_by = max_threads;
        t.knows.clear();
        t.acquired.clear();
        t.released.clear();
        t.light.clear();
        t.own_variables.fill(nullptr);
        t.exceptions = {};
    }
    steps_.reserve(1024);
    memory::begin();
    current_ = this;
}

execution::~execution() { current_ = nullptr; }

void execution::run(const std::function<void()>& body) {
    exception_globals outside{};
    std::memcpy(&outside, abi::__cxa_get_globals(), sizeof(outside));
    for (void* variable : all_kept().own_variables) std::memset(variable, 0, sizeof(void*));
    start("main", body);
    has_turn_ = true;
    quarantine::begin();
    running_ = 0;
    ::swapcontext(&explorer_, &threads_[0].context);
    quarantine::end();
    std::memcpy(abi::__cxa_get_globals(), &outside, sizeof(outside));
    for (void* variable : all_kept().own_variables) std::memset(variable, 0, sizeof(void*));
}

std::size_t execution::start(std::string name, std::function<void()> body) {
    if (thread_count_ == max_threads) fail("the model has too many threads");
    const std::size_t number = thread_count_++;
    thread_state& t = threads_[number];
    t.name = std::move(name);
    t.body = std::move(body);
    t.now = thread_state::condition::ready;
    if (number > 0) t.knows = me().knows;
    ++t.knows.before[number];
    auto& stack = all_kept().stacks[number];
    if (!stack) stack = std::make_unique_for_overwrite<std::byte[]>(stack_size);
    ::getcontext(&t.context);
    t.context.uc_stack.ss_sp = stack.get();
    t.context.uc_stack.ss_size = stack_size;
    t.context.uc_link = nullptr;
    ::makecontext(&t.context, &execution::enter_fibre, 0);
    return number;
}

void execution::enter_fibre() {
    execution& self = *current();
    thread_state& me = self.me();
    try {
        me.body();
    } catch (const std::exception& e) {
        self.fail(std::string("an exception leaves a thread: ") + e.what());
    } catch (...) {
        self.fail("an exception leaves a thread");
    }
    me.now = thread_state::condition::done;
    if (me.joined_by != max_threads && self.all_are_done(me.joined_by)) self.wake(me.joined_by);
    self.leave_for_any();
}

void execution::join(const std::vector<std::size_t>& threads) {
    for (const std::size_t t : threads) threads_[t].joined_by = my_number();
    if (!all_are_done(my_number())) block();
    for (const std::size_t t : threads) me().knows.join(threads_[t].knows);
}

/// Of those that one joins.
bool execution::all_are_done(std::size_t joined_by) const {
    return std::all_of(
        threads_.begin(), threads_.begin() + static_cast<std::ptrdiff_t>(thread_count_),
        [joined_by](const thread_state& t) { return t.joined_by != joined_by || t.now == thread_state::condition::done; });
}

std::size_t execution::find_others(std::array<std::size_t, max_threads>& others, std::size_t& ready, bool with_sleepers) const {
    std::size_t count = 0;
    for (std::size_t i = 1; i < thread_count_; ++i) {
        const std::size_t t = (running_ + i) % thread_count_;
        if (threads_[t].now == thread_state::condition::ready) others[count++] = t;
    }
    ready = count;
    if (!with_sleepers) return count;
    for (std::size_t t = 0; t < thread_count_; ++t) {
        if (threads_[t].now != thread_state::condition::sleeping) continue;
        const bool may_time_out = threads_[t].has_deadline && !bounds_.waits_for_ever && time_outs_ < bounds_.time_outs;
        if (may_time_out || spurious_ < bounds_.spurious) others[count++] = t;
    }
    return count;
}

void execution::point() {
    if (std::exchange(has_turn_, false)) return;
    std::array<std::size_t, max_threads> others;
    std::size_t ready = 0;
    std::size_t count = find_others(others, ready, true);
    if (preemptions_ >= bounds_.preemptions) {
        std::move(others.begin() + ready, others.begin() + count, others.begin());
        count -= ready;
        ready = 0;
    }
    const std::size_t taken = ways_.choose(count + 1, bounds_.rarely);
    if (taken == 0) return;
    if (taken <= ready) ++preemptions_;
    leave_for(others[taken - 1]);
    has_turn_ = false;
}

void execution::yield() {
    std::array<std::size_t, max_threads> others;
    std::size_t ready = 0;
    const std::size_t count = find_others(others, ready, false);
    note("yield", none, 0, std::memory_order_relaxed, 0, {});
    if (count > 0) leave_for(others[ways_.choose(count)]);
    has_turn_ = true;
}

void execution::block() {
    me().now = thread_state::condition::blocked;
    leave_for_any();
}

bool execution::sleep(const std::int64_t* deadline) {
    thread_state& t = me();
    t.has_deadline = deadline != nullptr;
    t.deadline = deadline ? *deadline : 0;
    t.timed_out = false;
    t.now = thread_state::condition::sleeping;
    leave_for_any();
    return !t.timed_out;
}

void execution::wake(std::size_t thread) noexcept { threads_[thread].now = thread_state::condition::ready; }

/// Goes on with a thread that is ready, or asleep: then its wait is over.
void execution::leave_for(std::size_t thread) {
    thread_state& t = threads_[thread];
    if (t.now == thread_state::condition::sleeping) {
        t.timed_out = true;
        if (t.has_deadline && !bounds_.waits_for_ever && (time_outs_ < bounds_.time_outs)) {
            ++time_outs_;
            now_ = std::max(now_, t.deadline);
        } else {
            ++spurious_;
        }
        t.now = thread_state::condition::ready;
    }
    switch_to(thread);
}

void execution::leave_for_any() {
    std::array<std::size_t, max_threads> others;
    std::size_t ready = 0;
    const std::size_t count = find_others(others, ready, true);
    if (ready > 0) {
        // Who goes first of those that are ready is free; that a sleeper does is not what usually happens.
        std::size_t taken = ways_.choose(count - ready + 1, bounds_.rarely);
        taken = taken > 0 ? ready + taken - 1 : ways_.choose(ready);
        leave_for(others[taken]);
        return;
    }
    // Nobody can go on: time passes until the first deadline.
    std::size_t next = max_threads;
    bool all_done = true;
    for (std::size_t t = 0; t < thread_count_; ++t) {
        if (threads_[t].now != thread_state::condition::done) all_done = false;
        const bool has_deadline = threads_[t].now == thread_state::condition::sleeping && threads_[t].has_deadline;
        if (!has_deadline || bounds_.waits_for_ever) continue;
        if (next == max_threads || threads_[t].deadline < threads_[next].deadline) next = t;
    }
    if (all_done) to_explorer();
    if (next == max_threads) fail("all threads sleep");
    if (++step_count_ > bounds_.steps) fail("it has no end");
    now_ = std::max(now_, threads_[next].deadline);
    threads_[next].timed_out = true;
    threads_[next].now = thread_state::condition::ready;
    switch_to(next);
}

void execution::switch_to(std::size_t thread) {
    has_turn_ = true;
    if (thread == running_) return;
    thread_state& from = me();
    thread_state& to = threads_[thread];
    std::memcpy(&from.exceptions, abi::__cxa_get_globals(), sizeof(exception_globals));
    std::memcpy(abi::__cxa_get_globals(), &to.exceptions, sizeof(exception_globals));
    const std::vector<void*>& variables = all_kept().own_variables;
    for (std::size_t i = 0; i < variables.size(); ++i) {
        std::memcpy(&from.own_variables[i], variables[i], sizeof(void*));
        std::memcpy(variables[i], &to.own_variables[i], sizeof(void*));
    }
    running_ = thread;
    ::swapcontext(&from.context, &to.context);
}

void execution::to_explorer() {
    ucontext_t never_again;
    ::swapcontext(&never_again, &explorer_);
    std::abort();
}

std::size_t execution::choose_age(std::size_t stores) {
    if (stores <= 1 || stale_reads_ >= bounds_.stale_reads) return 0;
    const std::size_t age = ways_.choose(stores, bounds_.rarely);
    if (age > 0) ++stale_reads_;
    return age;
}

void execution::note(const char* what, std::uint32_t object, std::uint64_t value, std::memory_order order, std::size_t age,
                     const std::source_location& where) {
    ++me().knows.before[running_];
    steps_.push_back({running_, what, object, value, order, age, where});
    if (++step_count_ > bounds_.steps) fail("it has no end");
}

void execution::fail(const std::string& what) {
    failure_ = what;
    to_explorer();
    std::abort();
}

std::string execution::text_of(const step& s) const {
    std::string text = threads_[s.thread].name + ": " + s.what;
    if (s.object != none) text += " of " + std::to_string(s.object);
    text += ", " + std::to_string(static_cast<std::int64_t>(s.value));
    if (s.age > 0) text += " (" + std::to_string(s.age) + " stores old)";
    text += std::string(", ") + name_of(s.order);
    if (s.where.line() == 0) return text;
    const std::string file = s.where.file_name();
    return text + ", " + file.substr(file.rfind('/') + 1) + ":" + std::to_string(s.where.line()) + " " + s.where.function_name();
}

std::string execution::report() const {
    std::string text = failure_ + "\n" + ways_.text() + "\n";
    const std::size_t first = steps_.size() > steps_shown ? steps_.size() - steps_shown : 0;
    if (first > 0) text += "(" + std::to_string(first) + " steps before)\n";
    for (std::size_t i = first; i < steps_.size(); ++i) text += text_of(steps_[i]) + "\n";
    for (std::size_t t = 0; t < thread_count_; ++t) {
        const char* const conditions[] = {"absent", "ready", "blocked", "asleep", "done"};
        text += threads_[t].name + " is " + conditions[static_cast<std::size_t>(threads_[t].now)] + "\n";
    }
    return text;
}

void keep_apart(void* variable) {
    std::vector<void*>& all = all_kept().own_variables;
    if (std::find(all.begin(), all.end(), variable) == all.end()) all.push_back(variable);
}

}  // namespace model

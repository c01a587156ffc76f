// SPDX-License-Identifier: MIT
// The notes of what a call did, held against the promises as they are made.
#include "stress/oracle.hpp"

#include "support/recording_sink.hpp"

#include "stress/programs.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <utility>

namespace parimap_stress {

namespace {

constexpr std::size_t most_marks = std::size_t{1} << 15U;  // of an input without an end; later items are not marked

void spin(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
}

void nap(std::size_t microseconds) { std::this_thread::sleep_for(std::chrono::microseconds{microseconds}); }

std::mutex shelf_mutex;
std::vector<std::unique_ptr<book>> shelf;
std::vector<std::unique_ptr<site>> sites;

// Null behind the last. Jobs that nobody waits for may still make more.
site* site_number(std::size_t i) {
    const std::lock_guard held{shelf_mutex};
    return i < sites.size() ? sites[i].get() : nullptr;
}

}  // namespace

book& new_book(const plan& p, site& s) {
    auto made = std::make_unique<book>(p, s);
    const std::lock_guard held{shelf_mutex};
    return *shelf.emplace_back(std::move(made));
}

site& new_site(std::size_t workers) {
    auto made = std::make_unique<site>(workers);
    const std::lock_guard held{shelf_mutex};
    return *sites.emplace_back(std::move(made));
}

void end_of_seed() {
    for (std::size_t i = 0; site* const s = site_number(i); ++i) {
        s->workers_pool.reset();
        expect(s->seats.faults() == 0, "P9: two jobs had one seat, or a job had none");
    }
    for (const auto& b : shelf) {
        const about here{*b};
        b->expect_nothing_left();
    }
    shelf.clear();
    sites.clear();
}

book::book(const plan& p, site& s)
    : asked{p},
      where{s},
      marks_(std::min(p.count, most_marks)),
      failed_on_seat_(s.size, never),
      started_on_seat_after_stop_(s.size, 0) {
    for (std::size_t i = 0; i < std::min(length(), most_marks) && first_failure_ == never; ++i) {
        if (fails(i)) first_failure_ = i;
    }
    if (asked.watched) sink_ = std::make_shared<parimap_test::recording_sink>();
    if (asked.how == disturbance::stopped_before) stop();
}

std::string book::description() const {
    static constexpr std::array inputs{
        "a vector by name", "a vector given away", "a span",      "a braced list",   "iota",         "a view that may fail",
        "a list",           "a single-pass range", "a generator", "an ordered imap", "a zip of two", "a zip of three"};
    static constexpr std::array faults{"", "its begin() fails", "advancing fails", "reading fails"};
    static constexpr std::array efforts{"nothing", "spins", "yields", "sleeps", "one long item", "mixed"};
    static constexpr std::array ways{
        "", "stopped before", "stopped by an item", "stopped by a thread", "cancelled by a thread", "cancelled by an item"};
    const auto named = [](const auto& names, auto value) { return std::string(names[static_cast<std::size_t>(value)]); };
    const auto number = [](std::size_t n) { return n == never ? std::string("none") : std::to_string(n); };
    return std::string("The call: ") + (asked.blocking ? "blocking" : "a stream or jobs") + " at depth " + number(asked.depth) +
           " of " + number(where.size) + " workers; chunk " + number(asked.chunk) + ", window " + number(asked.window) + "; " +
           named(inputs, asked.input) + " of " + number(asked.count) + ", " + named(faults, asked.fault) + " at " +
           number(asked.faulty) + "; items do: " + named(efforts, asked.work) + ", first failure " + number(first_failure_) + "; " +
           named(ways, asked.how) +
           (where.is_terminated ? "; terminated"
            : where.is_closed   ? "; closed"
                                : "") +
           (where.may_nest ? "" : "; a pool of its own") + ". Started " + number(started()) + ", taken " + number(taken()) +
           ", handed over " + number(handed.load()) + '.';
}

void book::stop() {
    source.request_stop();
    has_stopped();
}

parimap::map_options book::options() {
    parimap::map_options o{.chunk = asked.chunk, .window = asked.window, .stop = source.get_token(), .failed_index = &failed_index};
    if (asked.reported) o.insights = &report_;
    if (asked.watched) {
        parimap::progress_options bar = parimap_test::told_to(sink_);
        bar.nested = true;
        o.progress = std::move(bar);
    }
    return o;
}

void book::may_cancel(std::function<void()> how) {
    const std::lock_guard held{cancelling_};
    cancel_ = std::move(how);
}

void book::cancel() {
    const std::lock_guard held{cancelling_};
    if (!cancel_) return;
    cancel_();
    has_stopped();
}

book::visit::visit(book& b, std::size_t item) : book_{b}, item_{item}, about_{b}, seat_{b.where.seats} {
    expect(!b.ended_.load(), "P5: an item began after its call or stream had gone");
    expect(!b.at_end.load(), "P4: an item began after the end of its stream was told");
    expect(item < b.length() || b.asked.input == input_kind::failing_view, "an item that the input does not have");
    ++b.started_;
    const std::size_t running = ++b.running_;
    if (item < b.marks_.size()) expect(b.marks_[item].exchange(1) == 0, "P1: an item ran twice");
    if (b.knows_window()) {
        expect(running <= b.asked.window, "P2: more items run than the window has");
        expect(b.asked.blocking || item < b.handed.load() + b.asked.window, "P2: a stream began an item behind its window");
    }
    expect(running <= b.where.size, "P9: more items run than the pool has workers");
    const std::size_t seat = parimap::this_worker_index();
    expect(seat < b.failed_on_seat_.size(), "P9: an item without a seat");
    expect(!b.asked.blocking || item < b.failed_on_seat_[seat], "P4: a worker began an item behind one that had failed on it");
    expect(b.asked.how != disturbance::stopped_before, "P5: an item of a call that was stopped before it began");
    if (b.stopped_.load() && !b.in_blocks)
        expect(++b.started_on_seat_after_stop_[seat] <= 1, "P5: a worker went on after the call was stopped");
}

book::visit::~visit() {
    expect(!book_.ended_.load(), "P5: an item returned after its call or stream had gone");
    --book_.running_;
    ++book_.finished_;
}

void book::visit::work(const std::stop_token* token) {
    const plan& p = book_.asked;
    choices c{p.seed ^ mixed(item_)};
    if (item_ == p.long_item) {
        for (std::size_t ms = 0; ms < 4 && !(token && token->stop_requested()); ++ms) nap(1000);
    }
    switch (p.work) {
        case effort::none:
        case effort::one_long: break;
        case effort::spins: spin(c.below(2000)); break;
        case effort::yields:
            if (c.one_in(3)) std::this_thread::yield();
            break;
        case effort::sleeps:
            if (c.one_in(4)) nap(c.below(200));
            break;
        case effort::mixed:
            if (c.one_in(20)) nap(c.below(100));
            spin(c.one_in(10) ? c.below(20'000) : c.below(100));
            break;
    }
    if (p.nests_one_in != 0 && c.one_in(p.nests_one_in)) run_program(book_.where, c.apart(item_), p.depth + 1);
    if (item_ == p.stopping && p.how == disturbance::stopped_by_item) book_.stop();
    if (item_ == p.stopping && p.how == disturbance::cancelled_by_item) book_.cancel();
    if (token && token->stop_requested()) {
        expect(
            book_.is_disturbed() || book_.leaving.load() || (p.blocking && book_.first_failure() < item_) || book_.length() < item_,
            "P4: the token of an item was stopped without a reason");
    }
}

void book::note_failure_on_seat(std::size_t item) noexcept {
    std::size_t& first = failed_on_seat_[parimap::this_worker_index()];
    first = std::min(first, item);
}

void book::expect_caller() const {
    expect(!ended_.load(), "P2: an input is read after its call or stream had gone");
    expect(reads_on_worker || std::this_thread::get_id() == caller_, "P2: an input is read by another thread than the caller's");
    expect(asked.how != disturbance::stopped_before, "P5: a call that was stopped before it began reads its input");
}

void book::input_begins() {
    expect_caller();
    if (asked.fault == input_fault::begin) throw input_error{errors};
}

void book::input_is_read(std::size_t element) {
    expect_caller();
    expect(element == taken_.load(), "P2: an input is not read in order, each element once");
    if (asked.fault == input_fault::read && element == asked.faulty) throw input_error{errors};
    taken_.store(element + 1);
    if (knows_window()) expect(element < returned() + asked.window, "P2: more elements are taken than the window has");
}

void book::input_is_advanced(std::size_t element) {
    expect_caller();
    if (knows_window()) expect(element + 1 < returned() + asked.window, "P2: an input is advanced before there is room");
    if (asked.fault == input_fault::advance && element + 1 == asked.faulty) throw input_error{errors};
}

void book::element_is_read(std::size_t element) {
    if (asked.fault == input_fault::none || element != asked.faulty) return;
    note_failure_on_seat(element);
    throw input_error{errors};
}

void book::ends() {
    expect(running_.load() == 0, "P5: items run after their call or stream has gone");
    ended_.store(true);
    expect_reported();
    expect(results.live.load() == 0, "P5: results are left behind");
    expect(functions.live.load() == 0, "P5: the function is left behind");
    expect(errors.live.load() == 0, "P5: exceptions are left behind");
}

// What report and bar say. Neither is begun where nothing could run. A worker that fails to read an element counts that as an item.
void book::expect_reported() const {
    const std::size_t unread = asked.fault != input_fault::none && asked.input == input_kind::failing_view ? 1 : 0;
    const auto agrees = [&](std::size_t counted_items, std::size_t counted_failures) {
        const std::size_t more = counted_items - finished_.load();
        return counted_items >= finished_.load() && more <= unread && counted_failures == failed_.load() + more;
    };
    if (!report_.workers.empty()) {
        expect(agrees(report_.items, report_.failed), "a report counts other items than those that ran");
        std::size_t sum = 0;
        for (const parimap::worker_report& w : report_.workers) sum += w.items;
        expect(sum == report_.items, "the items of a report's workers are not those of the report");
    }
    if (sink_ && sink_->size() > 0) {
        expect(sink_->is_whole(), "a bar is not closed, or its count fell");
        expect(agrees(sink_->last().n, sink_->last().failed), "a bar counts other items than those that ran");
    }
}

void book::expect_nothing_left() const {
    expect(running_.load() == 0, "an item never returned");
    expect(started_.load() == finished_.load(), "an item was not left");
    expect(items.live.load() == 0, "items are left behind");
    expect(results.live.load() == 0, "results are left behind");
    expect(functions.live.load() == 0, "a function is left behind");
    expect(errors.live.load() == 0, "an exception is left behind");
}

}  // namespace parimap_stress

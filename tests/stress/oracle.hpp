// SPDX-License-Identifier: MIT
// What one call has to do, as a serial loop would, and the notes of what it did.
#ifndef PARIMAP_TESTS_STRESS_ORACLE_HPP
#define PARIMAP_TESTS_STRESS_ORACLE_HPP

#include "support/backend_under_test.hpp"
#include "support/counted.hpp"
#include "support/seat_book.hpp"

#include "stress/choices.hpp"
#include "stress/verdict.hpp"

#include <parimap/parimap.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace parimap_test {

class recording_sink;

}  // namespace parimap_test

namespace parimap_stress {

using parimap_test::counted;
using parimap_test::pool;
using parimap_test::tally;

inline constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

// A pool, who sits on its seats, and what is done to it while calls use it.
struct site {
    explicit site(std::size_t workers) : workers_pool{std::in_place, workers}, size{workers_pool->size()}, seats{size} {}

    pool& get() { return *workers_pool; }

    std::optional<pool> workers_pool;
    const std::size_t size;
    parimap_test::seat_book seats;
    bool may_nest = true;                // items may call the pool
    std::atomic<bool> is_closed{false};  // or soon will be
    std::atomic<bool> is_terminated{false};
};

enum class input_kind {
    named_vector,
    given_vector,
    span,
    braced_list,
    iota,
    failing_view,  // random access, its elements are read by workers
    list,
    feed,  // single-pass
    generator,
    stage,  // an ordered imap
    zip_of_two,
    zip_of_three,
};

enum class input_fault { none, begin, advance, read };

enum class effort { none, spins, yields, sleeps, one_long, mixed };

enum class disturbance { none, stopped_before, stopped_by_item, stopped_by_thread, cancelled_by_thread, cancelled_by_item };

// What one call is asked to do.
struct plan {
    std::uint64_t seed = 0;
    std::size_t depth = 0;  // of calls in items of other calls
    input_kind input = input_kind::named_vector;
    std::size_t count = 0;  // elements; `never` without an end
    input_fault fault = input_fault::none;
    std::size_t faulty = never;    // the element that cannot be read
    std::size_t fails_one_in = 0;  // items that throw, at random; 0: none
    std::size_t failing = never;   // and one certainly
    std::size_t nests_one_in = 0;  // items that make calls themselves
    effort work = effort::none;
    std::size_t long_item = never;
    disturbance how = disturbance::none;
    std::size_t stopping = never;  // the item that stops the call
    std::size_t chunk = 0;
    std::size_t window = 0;
    bool blocking = false;  // an item's failure ends the call
    bool reported = false;  // a report of it is asked for,
    bool watched = false;   // and a bar
    bool caught = false;    // its failures are values
};

struct item_error : std::runtime_error {
    item_error(tally& errors, std::size_t i) : std::runtime_error{"an item"}, index{i}, alive{errors, 0} {}
    std::size_t index;
    counted alive;
};

struct input_error : std::runtime_error {
    explicit input_error(tally& errors) : std::runtime_error{"the input"}, alive{errors, 0} {}
    counted alive;
};

// The notes on one call. They live until the end of the seed, so that what runs too late is found and does no harm.
class book final : public subject {
  public:
    book(const plan& p, site& s);
    std::string description() const override;

    const plan asked;
    site& where;
    tally items, results, functions, errors;
    std::stop_source source;

    // ---- what a serial loop does -----------------------------------------------------------------------------------

    bool fails(std::size_t item) const noexcept {
        if (item == asked.failing) return true;
        return asked.fails_one_in != 0 && mixed(asked.seed ^ (item * 2 + 1)) % asked.fails_one_in == 0;
    }
    long value(std::size_t item) const noexcept { return static_cast<long>(mixed(asked.seed + item) >> 34U); }

    // The items that the input has before it ends or fails.
    std::size_t length() const noexcept { return asked.fault == input_fault::none ? asked.count : asked.faulty; }
    std::size_t first_failure() const noexcept { return first_failure_; }
    // A combination fails whose right operand are the items from `right` up to `end`: if all of these succeed.
    void combination_fails(std::size_t right, std::size_t end) noexcept {
        if (end <= std::min(first_failure_, length())) first_failure_ = right;
    }

    // ---- what may come between -------------------------------------------------------------------------------------

    bool is_disturbed() const noexcept { return asked.how != disturbance::none || where.is_terminated.load(); }
    bool may_be_closed() const noexcept { return asked.depth == 0 ? where.is_closed.load() : where.is_terminated.load(); }

    // After it has returned each seat starts one item at most, which it had already taken.
    void stop();
    void has_stopped() noexcept { stopped_.store(true); }

    // How an item cancels the stream that it belongs to, from when there is a handle on it until that goes.
    void may_cancel(std::function<void()> how);
    void cancel();

    // ---- what happens ----------------------------------------------------------------------------------------------

    // An item, from its first line to its last.
    class visit {
      public:
        visit(book& b, std::size_t item);
        visit(const visit&) = delete;
        visit& operator=(const visit&) = delete;
        ~visit();
        // What the item does beside its result.
        void work(const std::stop_token* token);

      private:
        book& book_;
        std::size_t item_;
        about about_;
        parimap_test::seat_book::job seat_;
    };

    // Single-pass and pulled inputs say what is done to them.
    void input_begins();
    void input_is_read(std::size_t element);
    void input_is_advanced(std::size_t element);  // from it to the next
    void element_is_read(std::size_t element);    // by a worker, of a range with random access

    std::atomic<std::size_t> handed{0};  // results and failures that calls have returned to the reader
    std::atomic<bool> leaving{false};    // the last handle goes, so tokens may stop
    std::atomic<bool> at_end{false};     // the reader was told so: nothing is left to start

    std::size_t started() const noexcept { return started_.load(); }
    std::size_t taken() const noexcept { return taken_.load(); }
    bool has_run(std::size_t item) const noexcept { return item >= marks_.size() || marks_[item].load() == 1; }
    void note_failure_on_seat(std::size_t item) noexcept;
    void note_failure() noexcept { failed_ += asked.caught ? 0 : 1; }
    std::size_t failed_index = never;  // for map_options

    parimap::map_options options();

    // The call or the last handle on the stream is gone.
    void ends();
    // Nothing is left of it, after its input has gone too.
    void expect_nothing_left() const;

  private:
    std::size_t returned() const noexcept { return asked.blocking ? finished_.load() : handed.load(); }
    bool knows_window() const noexcept { return asked.window != 0 && (!asked.blocking || first_failure_ == never); }
    void expect_caller() const;
    void expect_reported() const;

    std::size_t first_failure_ = never;
    std::thread::id caller_ = std::this_thread::get_id();
    std::vector<std::atomic<std::uint8_t>> marks_;
    std::vector<std::size_t> failed_on_seat_;              // written by the seat's holder alone
    std::vector<std::size_t> started_on_seat_after_stop_;  // the same
    std::atomic<std::size_t> started_{0};
    std::atomic<std::size_t> finished_{0};
    std::atomic<std::size_t> running_{0};
    std::atomic<std::size_t> taken_{0};
    std::atomic<bool> stopped_{false};
    std::atomic<bool> ended_{false};
    std::atomic<std::size_t> failed_{0};  // of those that ran
    parimap::run_report report_;
    std::shared_ptr<parimap_test::recording_sink> sink_;
    std::mutex cancelling_;
    std::function<void()> cancel_;

  public:
    bool reads_on_worker = false;  // map_async
    bool in_blocks = false;        // unseq: a stop is seen behind a block
};

// A book for a call with this plan, kept until end_of_seed().
book& new_book(const plan& p, site& s);
// A site of a program's own, as long.
site& new_site(std::size_t workers);
void end_of_seed();

}  // namespace parimap_stress

#endif

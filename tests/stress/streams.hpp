// SPDX-License-Identifier: MIT
// How a stream is read: in every way that an imap allows, while this or that happens to it and to its pool.
#ifndef PARIMAP_TESTS_STRESS_STREAMS_HPP
#define PARIMAP_TESTS_STRESS_STREAMS_HPP

#include "stress/inputs.hpp"
#include "stress/programs.hpp"
#include "stress/results.hpp"

#include <parimap/parimap.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace parimap_stress {

// What a reader does beside reading.
struct habits {
    std::size_t leaves_after = never;  // results, failures among them
    std::size_t pauses_one_in = 0;
    std::size_t changes_pool_after = never;
    bool waits_for_start = false;
};

template <class R>
class reader {
  public:
    reader(book& b, bool in_order, const habits& h, choices c) : book_{b}, in_order_{in_order}, habits_{h}, choices_{c} {}

    // Takes what the frontend returned.
    template <class Imap>
    void read(Imap made) {
        if constexpr (requires { made.size(); }) {
            remaining_ = [made] { return made.size(); };
            expect_size(0);
        }
        stream_ = std::move(made);
        book_.may_cancel([stream = stream_] { stream.cancel(); });
        wait_for_start();
        std::thread cancelling;
        if (book_.asked.how == disturbance::cancelled_by_thread || book_.asked.how == disturbance::stopped_by_thread) {
            cancelling = std::thread{[&b = book_, stream = stream_] {
                std::this_thread::sleep_for(std::chrono::microseconds{b.asked.seed % 2000});
                if (b.asked.how == disturbance::stopped_by_thread) return b.stop();
                stream.cancel();
                b.has_stopped();
            }};
        }
        read_until_left();
        remaining_ = nullptr;
        book_.leaving.store(true);
        book_.may_cancel(nullptr);
        if (choices_.one_in(4)) {  // another stream takes its place
            stream_ = parimap::imap<R>();
            expect(!stream_.next(), "a stream that was made by default has a result");
        }
        stream_ = {};
        if (cancelling.joinable()) cancelling.join();
    }

  private:
    enum class outcome { result, failed, too_late, input_failed, end, cancelled };

    // P3, where workers will surely come to it, and nothing is read from a slow input.
    void wait_for_start() {
        const plan& p = book_.asked;
        const bool is_indexed = p.input == input_kind::named_vector && !book_.is_disturbed();
        if (!habits_.waits_for_start || parimap_test::is_serial || !is_indexed || p.window == 0 || p.depth > 0) return;
        const std::size_t due = std::min(p.count, p.window);
        while (book_.started() < due && !book_.is_disturbed()) std::this_thread::sleep_for(std::chrono::microseconds{50});
    }

    void read_until_left() {
        std::size_t seen = 0;
        bool over = false;
        while (!over && seen < habits_.leaves_after) {
            if (seen == habits_.changes_pool_after) change_pool();
            if (habits_.pauses_one_in && choices_.one_in(habits_.pauses_one_in)) {
                std::this_thread::sleep_for(std::chrono::microseconds{choices_.below(300)});
            }
            switch (fetch()) {
                case outcome::result:
                case outcome::failed: ++seen; break;
                case outcome::too_late: break;
                case outcome::input_failed:
                    book_.at_end.store(true);
                    expect_complete(book_.length());
                    over = true;
                    expect(!stream_.next(), "P4: a stream goes on behind the failure of its input");
                    break;
                case outcome::end:
                    book_.at_end.store(true);
                    expect(book_.asked.fault == input_fault::none, "P4: the input's failure is lost");
                    expect(seen == book_.length(), "P1: a stream ends early");
                    expect_complete(book_.length());
                    over = true;
                    expect(!stream_.next(), "a stream goes on behind its end");
                    break;
                case outcome::cancelled:
                    over = true;
                    // (A stage in front that was terminated first is an input that throws this.)
                    expect(book_.asked.input == input_kind::stage || fetch() == outcome::cancelled,
                           "P5: a cancelled stream goes on");
                    break;
            }
            expect_size(seen);
        }
        if (seen < habits_.changes_pool_after && choices_.one_in(2)) change_pool();
    }

    void expect_size(std::size_t seen) const {
        if (!remaining_ || book_.is_disturbed() || book_.asked.fault != input_fault::none) return;
        expect(remaining_() == book_.asked.count - seen, "the size of a stream is wrong");
    }

    // The pool is this program's own, and does not matter to the stream, unless it is terminated.
    void change_pool() {
        site& s = book_.where;
        if (s.may_nest || !s.workers_pool) return;
        switch (choices_.below(4)) {
            case 0: s.workers_pool.reset(); break;
            case 1: {
                pool moved = std::move(s.get());
                s.get() = std::move(moved);
                break;
            }
            case 2:
                s.is_closed.store(true);
                s.get().close();
                break;
            default:
                s.is_closed.store(true);
                s.is_terminated.store(true);
                s.get().terminate();
                book_.has_stopped();
        }
    }

    outcome fetch() {
        try {
            switch (choices_.below(6)) {
                case 0: return take(stream_.next_for(std::chrono::microseconds{choices_.one_of<std::size_t>({0, 50, 1000})}));
                case 1: {
                    const bool is_there = stream_.wait_for(std::chrono::microseconds{choices_.one_of<std::size_t>({0, 50, 1000})});
                    if (!is_there) return outcome::too_late;
                    return take(stream_.next_for(std::chrono::seconds{0}));
                }
                case 2: {
                    const auto position = stream_.begin();
                    if (position == stream_.end()) return outcome::end;
                    return look(*position);
                }
                case 3: {
                    const parimap::imap<R> same = stream_;
                    return take(same.next());
                }
                default: return take(stream_.next());
            }
        } catch (const item_error& e) {
            expect(book_.fails(e.index), "P4: an item failed that does not fail");
            expect(stream_.failed_index() == e.index, "P4: failed_index is not that of the item");
            note(e.index);
            return outcome::failed;
        } catch (const input_error&) {
            expect(book_.asked.fault != input_fault::none, "P4: the input fails, and it does not");
            expect(stream_.failed_index() == book_.length(), "P4: failed_index is not that of the element");
            return outcome::input_failed;
        } catch (const parimap::timed_out&) {
            return outcome::too_late;
        } catch (const parimap::cancelled&) {
            expect(book_.is_disturbed(), "P5: cancelled, and nobody stopped it");
            return outcome::cancelled;
        }
    }

    outcome take(std::optional<R> result) { return result ? look(*result) : outcome::end; }

    outcome look(R& result) {
        std::size_t item = position_;
        if constexpr (!std::is_same_v<R, std::monostate>) {
            if (!in_order_) item = find(value_of(result));
            expect(item != never && is_result(book_, item, result), "P1: a result is wrong, or not the next one");
            expect(!book_.fails(item), "P4: the result of an item that fails");
            note(item);
        } else {
            if (in_order_) expect(!book_.fails(item), "P4: the result of an item that fails");
            if (in_order_) note(item);
            if (!in_order_) book_.handed.fetch_add(1);
        }
        return outcome::result;
    }

    // The items by their values, for unordered streams.
    std::size_t find(long value) {
        for (;;) {
            const auto at = std::lower_bound(values_.begin(), values_.end(), std::pair{value, std::size_t{0}});
            if (at != values_.end() && at->first == value) {
                // Two items of the same value: the one that has not been seen.
                auto same = at;
                while (std::next(same) != values_.end() && std::next(same)->first == value && was_seen(same->second)) ++same;
                return same->second;
            }
            if (values_.size() >= book_.asked.count) return never;
            const std::size_t more = std::min(book_.asked.count, 2 * values_.size() + 64);
            for (std::size_t i = values_.size(); i < more; ++i) values_.emplace_back(book_.value(i), i);
            std::sort(values_.begin(), values_.end());
        }
    }

    bool was_seen(std::size_t item) const { return item < seen_.size() && seen_[item]; }

    void note(std::size_t item) {
        book_.handed.fetch_add(1);
        if (in_order_) {
            expect(item == position_, "P1: a stream in order hands an item over out of its turn");
            ++position_;
        }
        expect(!was_seen(item), "P1: a stream hands an item over twice");
        if (item >= seen_.size()) seen_.resize(item + 1);
        seen_[item] = true;
    }

    // Every item before the end of the input, or its failure, was handed over.
    void expect_complete(std::size_t end) const {
        for (std::size_t i = 0; i < end; ++i) expect(book_.has_run(i), "P1: an item did not run");
        if constexpr (std::is_same_v<R, std::monostate>) {
            if (!in_order_) return expect(book_.handed.load() >= end, "P1: a result is missing");
        }
        for (std::size_t i = 0; i < end; ++i) expect(was_seen(i), "P1: a result is missing");
    }

    book& book_;
    const bool in_order_;
    const habits habits_;
    choices choices_;
    parimap::imap<R> stream_;
    std::function<std::size_t()> remaining_;
    std::size_t position_ = 0;
    std::vector<bool> seen_;
    std::vector<std::pair<long, std::size_t>> values_;
};

template <class R, bool All, class Frontend>
void read_stream(site& shared, choices& c, std::size_t depth, bool in_order, Frontend frontend) {
    using shown = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
    plan p = make_plan(c, depth, All, false);
    habits h;
    if (c.one_in(3)) h.leaves_after = c.below(std::min<std::size_t>(p.count, 40) + 1);
    h.pauses_one_in = c.one_of<std::size_t>({0, 0, 3, 20});
    h.waits_for_start = c.one_in(4);
    const bool has_own_pool = depth < 2 && c.one_in(6);
    if (has_own_pool) {
        p.nests_one_in = 0;
        h.changes_pool_after = c.below(20);
    }
    if (p.input == input_kind::feed && p.fault == input_fault::none && c.one_in(4)) {  // without an end
        p.count = never;
        h.leaves_after = c.below(200);
    }
    site* s = &shared;
    if (has_own_pool) {
        s = &new_site(c.between(1, 4));
        s->may_nest = false;
    }
    book& b = new_book(p, *s);
    const about here{b};
    try {
        with_input<All>(b, [&]<class... Ranges>(Ranges&&... ranges) {
            reader<shown> reading{b, in_order, h, c.apart(0)};
            if constexpr (std::is_same_v<R, long>) {
                b.in_blocks = b.asked.seed % 3 == 0;
                if (b.in_blocks) {
                    reading.read(frontend(s->get(), b.options(), parimap::unseq(job<R>{b}), std::forward<Ranges>(ranges)...));
                    return;
                }
            }
            reading.read(frontend(s->get(), b.options(), job<R>{b}, std::forward<Ranges>(ranges)...));
        });
    } catch (const parimap::pool_closed&) {
        expect(b.may_be_closed(), "P5: pool_closed, and the pool is open");
    } catch (const parimap::cancelled&) {
        expect(b.is_disturbed(), "P5: cancelled, and nobody stopped it");
    }
    b.ends();
}

template <class Frontend>
void read_some_stream(site& s, choices& c, std::size_t depth, bool in_order, Frontend frontend) {
    switch (c.below(10)) {
        case 0: return read_stream<counted, false>(s, c, depth, in_order, frontend);
        case 1: return read_stream<std::string, false>(s, c, depth, in_order, frontend);
        case 2: return read_stream<only_moves, false>(s, c, depth, in_order, frontend);
        case 3: return read_stream<moves_loosely, false>(s, c, depth, in_order, frontend);
        case 4: return read_stream<large, false>(s, c, depth, in_order, frontend);
        case 5: return read_stream<void, false>(s, c, depth, in_order, frontend);
        default: return read_stream<long, true>(s, c, depth, in_order, frontend);
    }
}

}  // namespace parimap_stress

#endif

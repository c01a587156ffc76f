// SPDX-License-Identifier: MIT
// Programs around one call that waits: what it returns or throws is what a serial loop would have returned or thrown.
#include "stress/inputs.hpp"
#include "stress/programs.hpp"
#include "stress/results.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace parimap_stress {

namespace {

using parimap::map_options;

// Every item before `end` has run.
void expect_run(const book& b, std::size_t end) {
    for (std::size_t i = 0; i < end; ++i) expect(b.has_run(i), "P4: an item did not run");
}

void expect_success(const book& b) {
    expect(b.first_failure() == never, "P4: an item's failure is lost");
    expect(b.asked.fault == input_fault::none, "P4: the input's failure is lost");
    expect(b.started() == b.length(), "P1: not every item ran");
    expect_run(b, b.length());
    expect(b.failed_index == never, "P4: failed_index is set, and nothing failed");
}

void expect_failure(const book& b, std::size_t index, std::size_t end) {
    expect(index == end, "P4: it throws another failure than a serial loop");
    expect(b.failed_index == index, "P4: failed_index is wrong");
    expect_run(b, end);
}

// Makes the call and judges how it ends, apart from its results, which it sees to itself. room: how many results the output takes.
template <class Call>
void judge(book& b, std::size_t room, Call call) {
    const about here{b};
    const std::size_t failed = b.first_failure();
    std::thread stopping;
    if (b.asked.how == disturbance::stopped_by_thread) {
        stopping = std::thread{[&b] {
            std::this_thread::sleep_for(std::chrono::microseconds{b.asked.seed % 2000});
            b.stop();
        }};
    }
    try {
        call(b.options());
        expect_success(b);
        expect(room >= b.length(), "P4: a result has no room, and nobody says so");
    } catch (const item_error& e) {
        expect(failed <= room, "P4: the end of the output comes before the failed item");
        expect_failure(b, e.index, failed);
    } catch (const input_error&) {
        expect(failed == never && b.asked.fault != input_fault::none, "P4: the input's failure hides an item's");
        expect_failure(b, b.length(), b.length());
    } catch (const std::length_error&) {
        expect(room < b.asked.count, "the output is long enough");
    } catch (const parimap::pool_closed&) {
        expect(b.may_be_closed(), "P5: pool_closed, and the pool is open");
    } catch (const parimap::cancelled&) {
        expect(b.is_disturbed(), "P5: cancelled, and nobody stopped it");
    }
    if (!b.reads_on_worker) b.ends();  // else the job goes a little after its future is ready
    if (stopping.joinable()) stopping.join();
}

template <class R, bool All>
void map(site& s, choices& c, std::size_t depth) {
    book& b = new_book(make_plan(c, depth, All, true), s);
    b.in_blocks = (std::is_void_v<R> || std::is_same_v<R, long>)&&c.one_in(3);
    judge(b, never, [&b](const map_options& options) {
        with_input<All>(b, [&]<class... Ranges>(Ranges&&... ranges) {
            if constexpr (std::is_void_v<R>) {
                if (b.in_blocks) {
                    parimap::parallel_for_each(b.where.get(), options, parimap::unseq(job<R>{b}), std::forward<Ranges>(ranges)...);
                } else {
                    parimap::parallel_for_each(b.where.get(), options, job<R>{b}, std::forward<Ranges>(ranges)...);
                }
            } else {
                const std::vector<R> all = [&] {
                    if constexpr (std::is_same_v<R, long>) {
                        if (b.in_blocks) {
                            return parimap::parallel_map(b.where.get(), options, parimap::unseq(job<R>{b}),
                                                         std::forward<Ranges>(ranges)...);
                        }
                    }
                    return parimap::parallel_map(b.where.get(), options, job<R>{b}, std::forward<Ranges>(ranges)...);
                }();
                expect(all.size() == b.length(), "P1: a map has more or fewer results than items");
                for (std::size_t i = 0; i < all.size(); ++i) expect(is_result(b, i, all[i]), "P1: a result is wrong");
            }
        });
    });
}

template <class R>
R nothing_yet(book& b) {
    if constexpr (std::is_same_v<R, long>) {
        return -1;
    } else if constexpr (std::is_same_v<R, std::string>) {
        return {};
    } else {
        return R{b.results, -1};
    }
}

template <class R, bool All>
void map_into(site& s, choices& c, std::size_t depth) {
    book& b = new_book(make_plan(c, depth, All, true), s);
    const bool is_short = c.one_in(8) && b.asked.count > 0;
    const std::size_t room = is_short ? c.below(b.asked.count) : b.asked.count + c.below(3);
    judge(b, room, [&](const map_options& options) {
        std::vector<R> out;
        std::generate_n(std::back_inserter(out), room, [&b] { return nothing_yet<R>(b); });
        std::optional<std::size_t> written;
        const auto look = [&] {
            const std::size_t done = written ? *written : std::min({b.first_failure(), b.length(), room});
            for (std::size_t i = 0; i < room; ++i) {
                const bool is_there = is_result(b, i, out[i]);
                expect(is_there || value_of(out[i]) == -1, "P1: a result is wrong");
                if (written) expect(is_there == (i < done), "P1: a result is missing, or one too many");
            }
        };
        try {
            with_input<All>(b, [&]<class... Ranges>(Ranges&&... ranges) {
                written = parimap::parallel_map_into(b.where.get(), options, out, job<R>{b}, std::forward<Ranges>(ranges)...);
            });
        } catch (...) {
            look();
            throw;
        }
        expect(*written == b.length(), "P1: the number of results is wrong");
        look();
    });
}

// Not associative, so that it shows how results were grouped.
struct grouping {
    std::string operator()(const std::string& left, const std::string& right) const { return '(' + left + ' ' + right + ')'; }
};

// Joins neighbours, but for one that it does not take on its right. is_told: the call counts that among its failed items.
struct joining {
    book* b;
    std::size_t rejected;
    bool is_told;

    stretch operator()(const stretch& left, const stretch& right) const {
        expect(left.end == right.first, "P1: operands of a combination are not neighbours");
        if (right.first == rejected) {
            if (is_told) b->note_failure();
            throw item_error{b->errors, rejected};
        }
        return {left.first, right.end};
    }
};

// Small results, which a worker keeps at hand, and combinations that throw.
void reduce_stretches(site& s, choices& c, std::size_t depth) {
    const plan p = make_plan(c, depth, true, true);
    book& b = new_book(p, s);
    joining join{&b, never, false};
    if (p.count > 0 && !c.one_in(3)) {
        const std::size_t whole = std::size_t{1} << 3 * c.below(4);  // so many items on the right, if there are so many
        const std::size_t right = c.below(p.count) / whole * whole;
        if (right > 0) {
            std::size_t length = whole;
            while (right % (8 * length) == 0) length *= 8;
            join.rejected = right;
            join.is_told = right + length <= p.count;  // else it is combined in the end, when all items have succeeded
            b.combination_fails(right, std::min(p.count, right + length));
        }
    }
    b.in_blocks = c.one_in(3);
    judge(b, never, [&](const map_options& options) {
        with_input<true>(b, [&]<class... Ranges>(Ranges&&... ranges) {
            const stretch none{0, 0};
            const stretch all = b.in_blocks ? parimap::parallel_map_reduce(b.where.get(), options, parimap::unseq(job<stretch>{b}),
                                                                           join, none, std::forward<Ranges>(ranges)...)
                                            : parimap::parallel_map_reduce(b.where.get(), options, job<stretch>{b}, join, none,
                                                                           std::forward<Ranges>(ranges)...);
            expect(all.first == 0 && all.end == b.length(), "P1: not every item is in a reduction");
        });
    });
}

void reduce(site& s, choices& c, std::size_t depth) {
    plan p = make_plan(c, depth, true, true);
    if (p.count > 300) p.count = 300, p.fault = input_fault::none;
    book& b = new_book(p, s);
    std::string whole;
    b.in_blocks = c.one_in(3);
    judge(b, never, [&](const map_options& options) {
        with_input<true>(b, [&]<class... Ranges>(Ranges&&... ranges) {
            if (b.in_blocks) {
                whole = parimap::parallel_map_reduce(b.where.get(), options, parimap::unseq(job<std::string>{b}), grouping{},
                                                     std::string(">"), std::forward<Ranges>(ranges)...);
            } else {
                whole = parimap::parallel_map_reduce(b.where.get(), options, job<std::string>{b}, grouping{}, std::string(">"),
                                                     std::forward<Ranges>(ranges)...);
            }
        });
    });
    if (whole.empty()) return;
    std::string flat = ">";
    std::vector<std::string> leaves;
    for (std::size_t i = 0; i < b.length(); ++i) leaves.push_back(result_of<std::string>(b, i));
    for (const std::string& leaf : leaves) flat += ' ' + leaf;
    std::string seen = whole;
    seen.erase(std::remove_if(seen.begin(), seen.end(), [](char letter) { return letter == '(' || letter == ')'; }), seen.end());
    expect(seen == flat, "P1: results are not reduced in the order of the input");
    if (depth > 0 || !c.one_in(3)) return;
    pool one{1};
    const auto itself = [](const std::string& leaf) { return leaf; };
    expect(whole == parimap::parallel_map_reduce(one, map_options{.chunk = 1}, itself, grouping{}, std::string(">"), leaves),
           "P8: results are grouped otherwise than with one worker");
}

template <class R, bool All>
void map_async(site& s, choices& c, std::size_t depth) {
    plan p = make_plan(c, depth, All, true);
    if (p.input == input_kind::span || p.input == input_kind::failing_view || p.input == input_kind::stage)
        p.input = input_kind::list;
    if (p.input == input_kind::list) p.fault = input_fault::none;
    book& b = new_book(p, s);
    b.reads_on_worker = true;
    const bool is_waited_for = depth > 0 || !c.one_in(5);
    std::future<std::vector<R>> later;
    const auto start = [&](const map_options& options) {
        with_input<All>(b, [&]<class... Ranges>(Ranges&&... ranges) {
            later = parimap::map_async(b.where.get(), options, job<R>{b}, std::forward<Ranges>(ranges)...);
        });
    };
    if (!is_waited_for) {  // the pool's end waits for it
        try {
            start(b.options());
        } catch (const parimap::pool_closed&) {
            expect(b.may_be_closed(), "P5: pool_closed, and the pool is open");
        }
        return;
    }
    judge(b, never, [&](const map_options& options) {
        start(options);
        const std::vector<R> all = later.get();
        expect(all.size() == b.length(), "P1: a map has more or fewer results than items");
        for (std::size_t i = 0; i < all.size(); ++i) expect(is_result(b, i, all[i]), "P1: a result is wrong");
    });
}

void catch_all(site& s, choices& c, std::size_t depth) {
    plan p = make_plan(c, depth, false, true);
    p.blocking = false;  // no failure ends the call
    p.caught = true;
    p.window = 0;
    book& b = new_book(p, s);
    const about here{b};
    try {
        with_input<false>(b, [&]<class... Ranges>(Ranges&&... ranges) {
            const auto all = parimap::parallel_map(b.where.get(), b.options(), parimap::catching(job<only_moves>{b}),
                                                   std::forward<Ranges>(ranges)...);
            expect(b.asked.fault == input_fault::none, "P4: the input's failure is lost");
            expect(all.size() == b.length(), "P1: a map has more or fewer results than items");
            for (std::size_t i = 0; i < all.size(); ++i) {
                expect(static_cast<bool>(all[i]) != b.fails(i), "P4: a caught failure is lost, or none");
                if (all[i]) {
                    expect(is_result(b, i, *all[i]), "P1: a result is wrong");
                    continue;
                }
                try {
                    static_cast<void>(all[i].value());
                } catch (const item_error& e) {
                    expect(e.index == i, "P4: a caught failure is another item's");
                }
            }
        });
    } catch (const input_error&) {
        expect(b.asked.fault != input_fault::none, "P4: the input fails, and it does not");
        expect_failure(b, b.length(), b.length());
    } catch (const parimap::pool_closed&) {
        expect(b.may_be_closed(), "P5: pool_closed, and the pool is open");
    } catch (const parimap::cancelled&) {
        expect(b.is_disturbed(), "P5: cancelled, and nobody stopped it");
    }
    b.ends();
}

// What one worker has for itself.
class own_state {
  public:
    explicit own_state(std::atomic<std::size_t>& states) { expect(++states <= 1, "per_worker: a worker has two states"); }

    class use {
      public:
        explicit use(own_state& s) : state_{s} {
            expect(s.seat_ == parimap::this_worker_index(), "per_worker: a worker has another's state");
            expect(!std::exchange(s.is_used_, true), "per_worker: two items use a state at once");
        }
        use(const use&) = delete;
        use& operator=(const use&) = delete;
        ~use() { state_.is_used_ = false; }

      private:
        own_state& state_;
    };

  private:
    std::size_t seat_ = parimap::this_worker_index();
    bool is_used_ = false;
};

void map_with_states(site& s, choices& c, std::size_t depth) {
    book& b = new_book(make_plan(c, depth, false, true), s);
    std::vector<std::atomic<std::size_t>> states(s.size);
    judge(b, never, [&](const map_options& options) {
        with_input<false>(b, [&]<class... Ranges>(Ranges&&... ranges) {
            const auto make = [&states] { return own_state{states[parimap::this_worker_index()]}; };
            const auto run = [job = job<long>{b}](own_state& mine, const auto& item) {
                const own_state::use now{mine};
                return job(item);
            };
            const std::vector<long> all =
                parimap::parallel_map(b.where.get(), options, parimap::per_worker(make, run), std::forward<Ranges>(ranges)...);
            expect(all.size() == b.length(), "P1: a map has more or fewer results than items");
            for (std::size_t i = 0; i < all.size(); ++i) expect(is_result(b, i, all[i]), "P1: a result is wrong");
        });
    });
}

}  // namespace

void run_catching(site& s, choices c, std::size_t depth) { catch_all(s, c, depth); }

void run_per_worker(site& s, choices c, std::size_t depth) { map_with_states(s, c, depth); }

void run_blocking(site& s, choices c, std::size_t depth) {
    switch (c.below(9)) {
        case 0: return map<counted, false>(s, c, depth);
        case 1: return map<std::string, false>(s, c, depth);
        case 2: return map<only_moves, false>(s, c, depth);
        case 3: return map<moves_loosely, false>(s, c, depth);
        case 4: return map<large, false>(s, c, depth);
        case 5: return map<void, true>(s, c, depth);
        default: return map<long, true>(s, c, depth);
    }
}

void run_writing(site& s, choices c, std::size_t depth) {
    switch (c.below(4)) {
        case 0: return map_into<counted, false>(s, c, depth);
        case 1: return map_into<std::string, false>(s, c, depth);
        default: return map_into<long, true>(s, c, depth);
    }
}

void run_reducing(site& s, choices c, std::size_t depth) {
    if (c.one_in(2)) {
        reduce_stretches(s, c, depth);
    } else {
        reduce(s, c, depth);
    }
}

void run_async(site& s, choices c, std::size_t depth) {
    c.one_in(4) ? map_async<only_moves, false>(s, c, depth) : map_async<long, true>(s, c, depth);
}

void run_jobs(site& s, choices c, std::size_t depth) {
    const std::size_t count = c.between(1, 20);
    plan p = make_plan(c, depth, false, true);
    p.blocking = false;  // jobs fail each by itself
    p.how = disturbance::none;
    p.fault = input_fault::none;
    p.window = 0;
    p.count = count;
    book& b = new_book(p, s);
    const about here{b};
    std::vector<std::future<only_moves>> futures;
    try {
        for (std::size_t i = 0; i < count; ++i) futures.push_back(s.get().submit(job<only_moves>{b}, i));
    } catch (const parimap::pool_closed&) {
        expect(b.may_be_closed(), "P5: pool_closed, and the pool is open");
    }
    for (std::size_t i = 0; i < futures.size(); ++i) {
        if (i % 5 == 4) continue;  // nobody waits for these
        try {
            const only_moves result = futures[i].get();
            expect(!b.fails(i), "P4: a job's failure is lost");
            expect(is_result(b, i, result), "P1: a job's result is wrong");
        } catch (const item_error& e) {
            expect(e.index == i && b.fails(i), "P4: a job has another's failure");
        } catch (const parimap::cancelled&) {
            expect(s.is_terminated.load(), "P5: a job is cancelled, and the pool was not terminated");
        }
    }
}

}  // namespace parimap_stress

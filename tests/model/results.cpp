// SPDX-License-Identifier: MIT
// Results and pulled items: each is seen whole, its place is used again only when it is free, and siblings meet once.
#include "model/counting.hpp"
#include "model/engine.hpp"

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/ranges/pulled_source.hpp>
#include <parimap/detail/results/ordered_results.hpp>
#include <parimap/detail/results/outbox.hpp>
#include <parimap/detail/results/reduction.hpp>
#include <parimap/detail/results/unordered_results.hpp>
#include <parimap/detail/scheduler/worker_states.hpp>
#include <parimap/detail/system/ticks.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <vector>

using namespace parimap_model;
using parimap::detail::claims;
using parimap::detail::no_item;

namespace {

/// A result so large that two of them fill a block of an outbox.
struct large {
    large(int v) : value(v) {}
    number value;
    std::byte rest[2048]{};
};

/// Starts what it finds until there were so many items.
template <class Start>
void work(claims& all, std::size_t seat, std::uint64_t items, const Start& start) {
    while (all.next() < items) {
        if (!all.claim(seat, 1, 1, no_item)) {
            model::yield();
            continue;
        }
        claims::batch batch = all.batch_of(seat);
        for (std::uint64_t item = 0; batch.pop(item);) start(item);
    }
}

struct add {
    int operator()(int a, int b) const { return a + b; }
    number operator()(const number& a, const number& b) const { return number(a.get() + b.get()); }
};

}  // namespace

TEST_CASE("results: an ordered ring hands over each result whole, and uses its slots again") {
    holds({.preemptions = 2, .stale_reads = 1}, [] {
        constexpr int items = 3;
        claims all(1);
        parimap::detail::ordered_results<number> results(1);
        results.reserve(2);
        run({{"worker",
              [&] {
                  work(all, 0, items, [&](std::uint64_t item) {
                      results.with_writer(0, [&](auto put) {
                          put(item, [&] { return number(static_cast<int>(item)); });
                          return 0;
                      });
                  });
              }},
             {"consumer", [&] {
                  std::uint64_t limit = 0;
                  for (int handed = 0; handed < items;) {
                      while (limit < items && limit < static_cast<std::uint64_t>(handed) + 2) {
                          results.prepare(++limit);
                          all.raise_limit(limit);
                      }
                      auto* const e = results.front();
                      if (!e) {
                          model::yield();
                          continue;
                      }
                      check(e->get().get() == handed, "a wrong result");
                      results.pop(*e);
                      ++handed;
                  }
              }}});
    });
}

TEST_CASE("results: failures in an ordered ring are handed over in their place") {
    holds({.preemptions = 2, .stale_reads = 2}, [] {
        claims all(1);
        parimap::detail::ordered_results<number> results(1);
        results.reserve(2);
        results.prepare(2);
        all.raise_limit(2);
        number why{0};
        run({{"worker",
              [&] {
                  work(all, 0, 2, [&](std::uint64_t item) {
                      if (item == 0) {
                          why.set(7);
                          results.fail(0, item, std::exception_ptr(), parimap::detail::failure_of::item);
                      } else {
                          results.with_writer(0, [&](auto put) {
                              put(item, [&] { return number(1); });
                              return 0;
                          });
                      }
                  });
              }},
             {"consumer", [&] {
                  for (int handed = 0; handed < 2;) {
                      auto* const e = results.front();
                      if (!e) {
                          model::yield();
                          continue;
                      }
                      check(e->is_value() == (handed == 1), "a failure in the wrong place");
                      if (handed == 0) check(why.get() == 7, "a failure that is not seen whole");
                      results.pop(*e);
                      ++handed;
                  }
              }}});
    });
}

TEST_CASE("results: an outbox hands over each entry whole, and its blocks are used again") {
    holds({.preemptions = 2, .stale_reads = 2}, [] {
        constexpr int entries = 7;
        parimap::detail::outbox<large> box;
        static_assert(decltype(box)::block_size == 2);
        run({{"writer",
              [&] {
                  for (int i = 0; i < entries; ++i) {
                      ::new (box.room()) large(i);
                      box.push();
                  }
              }},
             {"reader", [&] {
                  for (int i = 0; i < entries;) {
                      large* const e = box.front();
                      if (!e) {
                          model::yield();
                          continue;
                      }
                      check(e->value.get() == i++, "a wrong entry");
                      box.pop();
                  }
              }}});
    });
}

TEST_CASE("results: an outbox outlives its writer, whatever was read of it") {
    holds({.preemptions = 2, .stale_reads = 2}, [] {
        parimap::detail::outbox<large> box;
        run({{"writer",
              [&] {
                  for (int i = 0; i < 5; ++i) {
                      ::new (box.room()) large(i);
                      box.push();
                  }
              }},
             {"reader", [&] {
                  for (int i = 0; i < 3;) {
                      if (!box.front()) {
                          model::yield();
                          continue;
                      }
                      ++i;
                      box.pop();
                  }
              }}});
    });
}

TEST_CASE("results: of two outboxes the result that finished first comes first") {
    // (By the clock. What a processor has not made visible yet cannot be seen: so without stale reads.)
    holds({.preemptions = 3, .stale_reads = 0}, [] {
        constexpr std::uint64_t a_seat = 2;
        parimap::detail::unordered_results<number> results(2);
        const parimap::detail::ticks clock;
        std::array<std::uint64_t, 2 * a_seat> began{}, finished{};
        const auto write = [&](std::size_t seat) {
            return [&, seat] {
                for (std::uint64_t item = seat * a_seat; item < (seat + 1) * a_seat; ++item) {
                    began[item] = clock.now();
                    results.with_writer(seat, [&](auto put) {
                        put(item, [&] { return number(static_cast<int>(item)); });
                        return 0;
                    });
                    finished[item] = clock.now();
                }
            };
        };
        run({{"one", write(0)}, {"other", write(1)}, {"consumer", [&] {
                                                          std::array<bool, 2 * a_seat> handed{};
                                                          for (std::size_t count = 0; count < handed.size();) {
                                                              auto* const e = results.front();
                                                              if (!e) {
                                                                  model::yield();
                                                                  continue;
                                                              }
                                                              const auto item = static_cast<std::size_t>(e->get().get());
                                                              check(item == results.item_of(*e), "the result of another item");
                                                              check(!handed[item], "a result is handed over twice");
                                                              for (std::size_t other = 0; other < handed.size(); ++other) {
                                                                  const bool is_older =
                                                                      finished[other] != 0 && finished[other] < began[item];
                                                                  check(!is_older || handed[other],
                                                                        "an older result is handed over later");
                                                              }
                                                              handed[item] = true;
                                                              ++count;
                                                              results.pop(*e);
                                                          }
                                                      }}});
    });
}

TEST_CASE("results: two outboxes hand over each result whole") {
    holds({.preemptions = 2, .stale_reads = 1}, [] {
        parimap::detail::unordered_results<number> results(2);
        const auto write = [&](std::size_t seat) {
            return [&, seat] {
                results.with_writer(seat, [&](auto put) {
                    put(seat, [&] { return number(static_cast<int>(seat)); });
                    return 0;
                });
            };
        };
        run({{"one", write(0)}, {"other", write(1)}, {"consumer", [&] {
                                                          int sum = 0;
                                                          for (int count = 0; count < 2;) {
                                                              auto* const e = results.front();
                                                              if (!e) {
                                                                  model::yield();
                                                                  continue;
                                                              }
                                                              sum += e->get().get() + 1;
                                                              ++count;
                                                              results.pop(*e);
                                                          }
                                                          check(sum == 3, "a result is lost, or handed over twice");
                                                      }}});
    });
}

TEST_CASE("results: a cell of a pulled source is used again when its item has left it") {
    holds({.preemptions = 2, .stale_reads = 1}, [] {
        constexpr int items = 3;
        claims all(1);
        parimap::detail::pulled_source<counting, false> source{counting(items)};
        source.reserve(1);  // two cells
        source.begin(true);
        run({{"worker",
              [&] {
                  const auto take = source.reader();
                  work(all, 0, items, [&](std::uint64_t item) {
                      const auto taken = take(item);
                      check(taken.get() == static_cast<int>(item), "a wrong item");
                  });
              }},
             {"puller", [&] {
                  for (std::uint64_t limit = 0;;) {
                      switch (source.pull()) {
                          case parimap::detail::pull_result::no_room: model::yield(); break;
                          case parimap::detail::pull_result::item: all.raise_limit(++limit); break;
                          case parimap::detail::pull_result::end: return;
                      }
                  }
              }}});
    });
}

TEST_CASE("results: whoever brings what a node of a reduction lacks folds it, and sees the others") {
    holds({.preemptions = 2, .stale_reads = 1}, [] {
        const add op;
        parimap::detail::reduction<number, add> results(2, op);
        const auto put = [&](std::size_t seat, std::uint64_t item) {
            results.with_writer(seat, [&](auto writer) {
                writer.begin(item);
                writer(item, [] { return number(1); });
                writer.pause(item + 1);
                return 0;
            });
            results.flush(seat);
        };
        for (std::uint64_t item = 0; item < 5; ++item) put(0, item);
        const auto put_every_second = [&](std::size_t seat) {
            return [&, seat] {
                for (std::uint64_t item = 5 + seat; item < 9; item += 2) put(seat, item);
            };
        };
        run({{"one", put_every_second(0)}, {"other", put_every_second(1)}});
        std::uint64_t combining = 0;
        auto sum = results.take(9, combining);
        check(sum && sum->get().get() == 9, "a result is lost");
    });
}

TEST_CASE("results: of neighbours in the tree of a reduction the last one joins all") {
    holds({.preemptions = 3, .stale_reads = 1}, [] {
        const add op;
        parimap::detail::reduction<number, add> results(3, op);
        const auto put = [&](std::size_t seat, std::uint64_t first, std::uint64_t count) {
            results.with_writer(seat, [&](auto writer) {
                writer.begin(first);
                for (std::uint64_t item = first; item < first + count; ++item) writer(item, [] { return number(1); });
                writer.pause(first + count);
                return 0;
            });
            results.flush(seat);
        };
        for (std::size_t seat = 0; seat < 3; ++seat) put(seat, 8 * seat, 7);
        const auto put_last = [&](std::size_t seat) { return [&, seat] { put(seat, 8 * seat + 7, 1); }; };
        run({{"first", put_last(0)}, {"second", put_last(1)}, {"third", put_last(2)}});
        std::uint64_t combining = 0;
        auto sum = results.take(24, combining);
        check(sum && sum->get().get() == 24, "a result is lost");
    });
}

TEST_CASE("results: a worker finds its own state among those of others") {
    holds({.preemptions = 3, .stale_reads = 3}, [] {
        const auto pool = make_pool(1);
        {
            parimap::detail::worker_states<number> states;
            const auto use = [&](std::size_t seat) {
                return [&, seat] {
                    const parimap::detail::seated here(pool->slots().innermost, *pool, seat, nullptr);
                    for (int i = 0; i < 2; ++i) {
                        const auto mine = states.borrow([] { return number(0); });
                        mine.get().set(mine.get().get() + 1);
                        check(mine.get().get() == i + 1, "the state of another worker");
                    }
                };
            };
            run({{"one", use(0)}, {"other", use(64)}});  // which stand in one list
        }
        parimap::detail::scheduler::end(pool);
    });
}

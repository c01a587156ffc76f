// SPDX-License-Identifier: MIT
// Every public header, every frontend and wrapper over every kind of input: what other compilers, processors and warnings are
// tried with. Returns non-zero when a result is wrong.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <sstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <range/v3/all.hpp>

#include "min_and_max.hpp"

#include <parimap/backend.hpp>
#include <parimap/blocks.hpp>
#include <parimap/catching.hpp>
#include <parimap/cpu_count.hpp>
#include <parimap/default_backend.hpp>
#include <parimap/errors.hpp>
#include <parimap/format_progress.hpp>
#include <parimap/imap.hpp>
#include <parimap/insights.hpp>
#include <parimap/journal_file.hpp>
#include <parimap/map_async.hpp>
#include <parimap/options.hpp>
#include <parimap/ordered_imap.hpp>
#include <parimap/parallel_find_if.hpp>
#include <parimap/parallel_fold.hpp>
#include <parimap/parallel_for_each.hpp>
#include <parimap/parallel_map.hpp>
#include <parimap/parallel_map_into.hpp>
#include <parimap/parallel_map_reduce.hpp>
#include <parimap/parimap.hpp>
#include <parimap/per_worker.hpp>
#include <parimap/pool.hpp>
#include <parimap/progress.hpp>
#include <parimap/progress_bar.hpp>
#include <parimap/progress_options.hpp>
#include <parimap/pull_from.hpp>
#include <parimap/read_ahead.hpp>
#include <parimap/unordered_imap.hpp>
#include <parimap/unpacked.hpp>
#include <parimap/unseq.hpp>

static_assert(min(1, 2) == 1 && max(1, 2) == 2, "the application's own macros are as they were");

namespace {

int wrong = 0;

void expect(bool right) {
    if (!right) ++wrong;
}

long square(int n) { return long{n} * n; }

class counting_sink final : public parimap::progress_sink {
  public:
    void update(const parimap::progress_snapshot& snapshot) override { last_ = snapshot.n; }
    std::uint64_t last() const { return last_; }

  private:
    std::uint64_t last_ = 0;
};

template <class Stream>
long sum_of(Stream stream) {
    long sum = 0;
    while (auto next = stream.next()) sum += *next;
    return sum;
}

template <class Pool, class Input>
void try_frontends(Pool& pool, Input& input) {
    const parimap::map_options options{.chunk = 3, .window = 8};
    const auto add = [](long a, long b) { return a + b; };
    expect(parimap::parallel_map(pool, square, input)[9] == 81);
    expect(parimap::parallel_map(pool, options, add, input, input)[9] == 18);
    expect(parimap::parallel_map_reduce(pool, square, add, 0L, input) == 285);
    expect(parimap::parallel_map_reduce(pool, parimap::unseq(square), std::plus<>{}, 0L, input) == 285);
    expect(parimap::parallel_map(
               pool, [](const int& n) noexcept { return n + 1; }, input)[9] == 10);
    expect(parimap::parallel_fold(
               pool, [] { return 0L; }, [](long& sum, int n) { sum += n; }, [](long& left, long right) { left += right; }, input) ==
           45);
    expect(parimap::map_async(pool, square, input).get().size() == 10);
    expect(sum_of(parimap::ordered_imap(pool, square, input)) == 285);
    expect(sum_of(parimap::unordered_imap(pool, options, square, input)) == 285);
    expect(sum_of(input | parimap::ordered_imap(pool, square) | parimap::unordered_imap(pool, [](long n) { return -n; })) == -285);
    parimap::parallel_for_each(
        pool, [](int& n) { ++n; }, input);
    parimap::parallel_for_each(
        pool, [](int& n) { --n; }, input);
    std::vector<long> out(10);
    expect(parimap::parallel_map_into(pool, out, square, input) == 10);
    expect(out[9] == 81);
    std::vector<double> numbers(10);
    expect(parimap::parallel_map_into(
               pool, numbers, [](int n) { return n * 0.5; }, input) == 10);
    expect(numbers[9] > 4.4);
    expect(parimap::parallel_map(
        pool, [](int n) { return n > 3; }, input)[4]);
    expect(*parimap::parallel_map(
               pool, [](int n) { return std::make_unique<int>(n); }, input)[4] == 4);
}

template <class Pool>
void try_pool(Pool& pool) {
    std::vector<int> vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    std::list<int> list(vector.begin(), vector.end());
    try_frontends(pool, vector);
    try_frontends(pool, list);

    std::istringstream text("1 2 3");
    expect(sum_of(ranges::istream<int>(text) | parimap::ordered_imap(pool, square)) == 14);
    expect(sum_of(ranges::views::iota(0) | ranges::views::take(4) | parimap::unordered_imap(pool, square)) == 14);
    auto endless = parimap::ordered_imap(pool, square, ranges::views::iota(0));
    expect(endless.next_for(std::chrono::seconds(60)) == 0);
    endless.cancel();

    std::optional<parimap::imap<long>> kept;
    kept = parimap::ordered_imap(pool, square, vector);
    expect(kept->next().has_value());
    kept.reset();

    const auto safe = parimap::catching([](int n) { return n < 5 ? n : throw parimap::error("too large"); });
    const std::vector<parimap::result<int>> results = parimap::parallel_map(pool, safe, vector);
    expect(results[4] && *results[4] == 4 && !results[5] && results[5].error());
    const auto counted = parimap::per_worker([] { return 0; }, [](int& calls, int n) { return ++calls > 0 ? n : -1; });
    expect(parimap::parallel_map(pool, counted, vector) == vector);
    parimap::parallel_for_each(pool, counted, vector);
    int calls = 0;
    for (const int of_worker : counted.states()) calls += of_worker;
    expect(calls == 20);
    const auto is_four = [](int n) { return n == 4; };
    expect(parimap::parallel_find_if(pool, is_four, vector) == 4U && parimap::parallel_any_of(pool, is_four, list));
    expect(!parimap::parallel_all_of(pool, is_four, vector) && !parimap::parallel_none_of(pool, is_four, vector));
    const auto next = [n = 0]() mutable { return n < 4 ? std::optional<int>(n++) : std::nullopt; };
    expect(sum_of(parimap::read_ahead(parimap::pull_from(next), 2) | parimap::ordered_imap(pool, square)) == 14);
    const std::vector<std::pair<int, int>> pairs(3, {2, 3});
    expect(parimap::parallel_map(pool, parimap::unpacked(std::multiplies<>{}), pairs)[2] == 6);
    expect(parimap::parallel_map(
               pool, [](std::stop_token token, int n) { return token.stop_requested() ? 0 : n; }, vector) == vector);
    const auto length = [](parimap::index_block block) { return block.size(); };
    expect(parimap::parallel_map(pool, length, parimap::blocks(10, 4)) == std::vector<std::size_t>{4, 4, 2});
    expect(pool.submit(square, 3).get() == 9);
    expect(pool.submit([] { return parimap::this_worker_index(); }).get() < pool.size());

    parimap::run_report report;
    const auto sink = std::make_shared<counting_sink>();
    const parimap::map_options watched{.progress = parimap::progress_options{.description = "all", .sink = sink},
                                       .insights = &report};
    expect(parimap::parallel_map(pool, watched, square, vector)[9] == 81);
    expect(sink->last() == 10 && report.items == 10 && !report.verdict().empty() && !report.to_json().empty());
    for (int& n : parimap::progress(vector, {.sink = sink})) n += 0;
    parimap::progress_bar bar({.total = 2, .sink = sink});
    bar.tick();
    bar.close();
    expect(!parimap::format_progress({}).empty());

    expect(!parimap::map_options{}.journal && parimap::journal_file{.path = "scan.journal"}.key.empty());

    parimap::map_options stopped;
    std::stop_source source;
    stopped.stop = source.get_token();
    source.request_stop();
    try {
        parimap::parallel_for_each(pool, stopped, square, vector);
        expect(false);
    } catch (const parimap::cancelled&) {
    }
    pool.close();
    pool.join();
}

}  // namespace

int main() {
    parimap::pool pool{2};
    try_pool(pool);
#ifdef PARIMAP_USE_SERIAL
    parimap::basic_pool<parimap::backends::serial> serial;
    try_pool(serial);
#endif
    expect(parimap::parallel_map(square, {1, 2}) == std::vector<long>{1, 4});
    expect(parimap::cpu_count() > 0 && parimap::default_pool().size() > 0);
    return wrong;
}

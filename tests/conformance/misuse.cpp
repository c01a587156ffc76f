// SPDX-License-Identifier: MIT
// P4 where a program gives what it should not: inputs that lie about their size, destructors that throw, failures in failures.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/items.hpp"
#include "support/throws_on.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace parimap_test;
using parimap::map_options;

namespace {

// The numbers 0 .. count-1, one after another, and a size that is asked for and may be anything.
template <class Size>
class lying_range {
  public:
    lying_range(int count, std::vector<Size> told) : count_{count}, told_{std::move(told)} {}

    class iterator {
      public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = int;
        using difference_type = std::ptrdiff_t;
        using reference = int;
        using pointer = void;

        iterator() = default;
        explicit iterator(int at) : at_{at} {}
        int operator*() const { return at_; }
        iterator& operator++() {
            ++at_;
            return *this;
        }
        iterator operator++(int) { return iterator{at_++}; }
        bool operator==(const iterator&) const = default;

      private:
        int at_ = 0;
    };

    iterator begin() const { return iterator{0}; }
    iterator end() const { return iterator{count_}; }
    // Something else each time it is asked.
    Size size() const { return told_[asked_++ % told_.size()]; }

  private:
    int count_;
    std::vector<Size> told_;
    mutable std::size_t asked_ = 0;
};

// An item that may throw when it goes.
class parting_shot {
  public:
    parting_shot(tally& counts, int item, bool throws) : item_{item}, throws_{throws}, counted_{counts, item} {}
    parting_shot(parting_shot&& other) noexcept
        : item_{other.item_}, throws_{std::exchange(other.throws_, false)}, counted_{std::move(other.counted_)} {}
    parting_shot& operator=(parting_shot&&) = delete;
    ~parting_shot() noexcept(false) {
        if (throws_) throw item_error{item_};
    }
    int item() const { return item_; }

  private:
    int item_;
    bool throws_;
    counted counted_;
};

const auto same_item = [](const parting_shot& shot) { return shot.item(); };

// An exception of which a copy cannot be made.
struct uncopyable_error : std::runtime_error {
    uncopyable_error() : std::runtime_error{"first"} {}
    uncopyable_error(const uncopyable_error& other) : std::runtime_error{other} { throw std::logic_error{"copy"}; }
};

}  // namespace

TEST_CASE("P4 an input that tells too large or too small a size, or another one each time, gives each of its items once") {
    using sizes_told = std::vector<std::size_t>;
    for (const std::size_t workers : worker_counts) {
        pool p{workers};
        for (const auto& told : {sizes_told{100}, sizes_told{11}, sizes_told{5}, sizes_told{0}, sizes_told{3, 200, 0, 10}}) {
            CAPTURE(workers, told);
            const lying_range<std::size_t> input{10, told};
            // Who waits for all items gets what the iterators show; a stream ends, too, where the size says so.
            REQUIRE(parimap::parallel_map(p, same, input) == numbers(10));
            const auto one = drain(parimap::ordered_imap(p, same, input));
            REQUIRE(one.size() <= 10);
            REQUIRE(one == numbers(one.size()));
            auto stream = parimap::unordered_imap(p, same, input);
            std::vector<int> other;
            while (auto i = stream.next()) other.push_back(*i);
            REQUIRE(sorted(other) == numbers(other.size()));
            REQUIRE(stream.size() == 0);
            if (told.size() == 1) REQUIRE(one.size() == std::min<std::size_t>(told[0], 10));
        }
    }
}

TEST_CASE("P4 a negative number of elements is an error and no item runs") {
    const std::vector<int> items = numbers(10);
    const auto check = [](const auto& input) {
        for (const std::size_t workers : worker_counts) {
            CAPTURE(workers);
            pool p{workers};
            std::atomic<int> ran{0};
            const auto f = [&](int) { ++ran; };
            REQUIRE_THROWS_AS(parimap::parallel_for_each(p, f, input), std::length_error);
            REQUIRE_THROWS_AS(parimap::parallel_map(p, same, input), std::length_error);
            auto stream = parimap::ordered_imap(p, f, input);
            REQUIRE_THROWS_AS(stream.next(), std::length_error);
            REQUIRE_FALSE(stream.next());
            REQUIRE(ran == 0);
        }
    };
    check(std::ranges::subrange(items.end(), items.begin()));
    check(lying_range<std::ptrdiff_t>{10, {-1}});
    pool p{2};
    std::vector<int> out(10);
    REQUIRE_THROWS_AS(parimap::parallel_map_into(p, std::ranges::subrange(out.end(), out.begin()), same, items), std::length_error);
}

TEST_CASE("P4 an item whose destructor throws has failed, and no other one") {
    tally counts;
    const auto make = [&](int i) { return parting_shot{counts, i, i % 4 == 3}; };
    const auto f = [&](const parting_shot& shot) { return counted{counts, shot.item()}; };
    const auto check = [&](const auto& input) {
        for (const std::size_t workers : worker_counts) {
            CAPTURE(workers);
            pool p{workers};
            const auto read = [&](auto stream) {
                std::vector<int> results;
                std::vector<int> failed;
                for (bool more = true; more;) {
                    try {
                        const auto result = stream.next();
                        more = result.has_value();
                        if (more) results.push_back(static_cast<int>(result->value));
                    } catch (const item_error& e) {
                        failed.push_back(e.item);
                    }
                }
                REQUIRE(sorted(results) == std::vector{0, 1, 2, 4, 5, 6, 8, 9});
                REQUIRE(sorted(failed) == std::vector{3, 7});
            };
            read(parimap::ordered_imap(p, f, input));
            read(parimap::unordered_imap(p, f, input));
            try {
                (void)parimap::parallel_map(p, f, input);
                FAIL("nothing was thrown");
            } catch (const item_error& e) {
                REQUIRE(e.item == 3);
            }
            REQUIRE(counts.live == 0);
        }
    };
    check(std::views::iota(0, 10) | std::views::transform(make));  // read by the workers
    const lying_range<std::size_t> one_by_one{10, {10}};
    check(one_by_one | std::views::transform(make));
}

TEST_CASE("P4 an item whose destructor throws while its failure passes has failed by that, and all its neighbours have results") {
    tally counts;
    const auto make = [&](int i) { return parting_shot{counts, i + 100, true}; };
    const auto f = [](const parting_shot& shot) { throw item_error{shot.item() - 100}; };
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        auto stream = parimap::ordered_imap(p, f, std::views::iota(0, 10) | std::views::transform(make));
        for (int i = 0; i < 10; ++i) {
            try {
                (void)stream.next();
                FAIL("nothing was thrown");
            } catch (const item_error& e) {
                REQUIRE(e.item == i);
            }
        }
        REQUIRE_FALSE(stream.next());
        REQUIRE(counts.live == 0);
    }
}

TEST_CASE("P4 what the destructor of a result throws, or that of an item which never ran, is dropped") {
    tally counts;
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto f = [&](int i) { return parting_shot{counts, i, true}; };
        int sum = 0;
        for (const parting_shot& result : parimap::ordered_imap(p, f, numbers(10))) sum += result.item();
        for (const parting_shot& result : parimap::unordered_imap(p, f, numbers(10))) sum += result.item();
        REQUIRE(sum == 90);
        const lying_range<std::size_t> one_by_one{10, {10}};
        {
            auto left = parimap::ordered_imap(p, f, numbers(10));
            auto unread = parimap::unordered_imap(p, same_item, one_by_one | std::views::transform(f));
        }
        REQUIRE(counts.live == 0);
    }
}

TEST_CASE("P4 an exception that cannot be copied is thrown as it is") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        const auto f = [](int i) {
            if (i == 5) throw uncopyable_error{};
            return i;
        };
        REQUIRE_THROWS_AS(parimap::parallel_map(p, f, numbers(10)), uncopyable_error);
        auto stream = parimap::ordered_imap(p, f, numbers(10));
        for (int i = 0; i < 5; ++i) REQUIRE(stream.next() == i);
        REQUIRE_THROWS_AS(stream.next(), uncopyable_error);
        REQUIRE(stream.next() == 6);
        const auto copied = [](int i) {
            const uncopyable_error one;
            if (i == 5) throw one;
        };
        REQUIRE_THROWS_AS(parimap::parallel_for_each(p, copied, numbers(10)), std::logic_error);
        REQUIRE_THROWS_AS(p.submit(f, 5).get(), uncopyable_error);
    }
}

TEST_CASE("P4 a destructor may use the pool while an exception passes, whose failures stay inside") {
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        std::atomic<int> cleaned{0};
        struct cleaner {
            pool& p;
            std::atomic<int>& cleaned;
            ~cleaner() {
                const auto f = [](int i) { return i == 2 ? throw std::logic_error{"inner"} : i; };
                try {
                    (void)parimap::parallel_map(p, f, numbers(5));
                } catch (const std::logic_error&) {
                    ++cleaned;
                }
                int sum = 0;
                for (const int i : parimap::unordered_imap(p, same, numbers(5))) sum += i;
                if (sum == 10) ++cleaned;
            }
        };
        const auto f = [&](int i) -> int {
            const cleaner last{p, cleaned};
            throw item_error{i};
        };
        try {
            const cleaner here{p, cleaned};
            (void)parimap::parallel_map(p, f, numbers(1));
            FAIL("nothing was thrown");
        } catch (const item_error& e) {
            REQUIRE(e.item == 0);
        }
        REQUIRE(cleaned == 4);
        cleaned = 0;
        auto stream = parimap::ordered_imap(p, f, numbers(3));
        for (int i = 0; i < 3; ++i) REQUIRE_THROWS_AS(stream.next(), item_error);
        REQUIRE(cleaned == 6);
    }
}

TEST_CASE("P4 a failure that another one replaces is destroyed where it holds up no further one") {
    if (is_serial) return;
    struct slow_to_go {
        std::shared_ptr<const void> at_the_end;
    };
    pool p{3};
    rendezvous all_run{3};
    gate middle_has_gone;
    std::atomic<bool> in_time{true};
    std::atomic<int> next{0};
    const auto at_the_end = [](auto f) { return slow_to_go{std::shared_ptr<const void>(nullptr, [f](const void*) { f(); })}; };
    // Item 2 fails first. Item 0 replaces its failure, which waits until that of item 1 has come and gone.
    const auto f = [&](int i) {
        if (!all_run.arrive_and_wait()) in_time = false;
        if (i == 2) {
            throw at_the_end([&] {
                ++next;
                if (!middle_has_gone.wait()) in_time = false;
            });
        }
        if (i == 1) {
            if (!eventually([&] { return next > 0; })) in_time = false;
            throw at_the_end([&] { middle_has_gone.open(); });
        }
        let_mistakes_happen();  // the failure of item 2 is kept by now
        throw item_error{0};
    };
    REQUIRE_THROWS_AS(parimap::parallel_for_each(p, map_options{.chunk = 1}, f, numbers(3)), item_error);
    REQUIRE(in_time);
}

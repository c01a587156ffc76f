// SPDX-License-Identifier: MIT
// Items that are pulled by hand: in order, never ahead, into a ring of cells that are used again when they are empty.
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/recorded_range.hpp"

#include <parimap/detail/ranges/pull_result.hpp>
#include <parimap/detail/ranges/pulled_source.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <type_traits>
#include <vector>

#include <range/v3/view/all.hpp>

using namespace parimap_test;
using parimap::detail::pull_result;
using parimap::detail::pulled_source;

namespace {

// Single-pass, its elements given as they are made.
template <class T>
class elements {
  public:
    elements(tally& counts, std::size_t count) : counts_{&counts}, count_{count} {}

    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using iterator_concept = std::input_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using reference = T;
        using pointer = void;

        iterator() = default;
        iterator(tally& counts, std::size_t count) : counts_{&counts}, count_{count} {}
        T operator*() const { return T(*counts_, static_cast<long>(index_)); }
        iterator& operator++() {
            ++index_;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& it, std::default_sentinel_t) { return it.index_ == it.count_; }

      private:
        tally* counts_ = nullptr;
        std::size_t count_ = 0;
        std::size_t index_ = 0;
    };

    iterator begin() const { return iterator{*counts_, count_}; }
    std::default_sentinel_t end() const { return {}; }

  private:
    tally* counts_;
    std::size_t count_;
};

// Lies beside its cell.
struct large {
    large(tally& counts, long v) : inside{counts, v} { filling.fill(1); }
    counted inside;
    std::array<char, 5000> filling;
};

struct with_memory : std::vector<char> {
    with_memory(tally& /*counts*/, long v) : std::vector<char>(static_cast<std::size_t>(v) * 100) {}
};

long value_of(const counted& item) { return item.value; }
long value_of(const large& item) { return item.inside.value; }

template <class T>
void check_ring() {
    tally counts;
    {
        pulled_source<elements<T>, false> source(elements<T>{counts, 20});
        using item = typename decltype(source)::item;
        STATIC_REQUIRE(std::is_same_v<item, T&&>);
        source.reserve(2);
        REQUIRE(source.begin(true) == parimap::detail::unknown_size);
        const auto take = [&, reader = source.reader()](std::uint64_t i) {
            auto kept = reader(i);
            return value_of(source.pass(kept));
        };
        // Twice the window fits, and not one more.
        for (std::uint64_t i = 0; i < 4; ++i) REQUIRE(source.pull() == pull_result::item);
        REQUIRE(source.pull() == pull_result::no_room);
        REQUIRE(source.pull() == pull_result::no_room);
        REQUIRE(source.pulled_count() == 4);
        REQUIRE(counts.live == 4);
        // A late item holds up the one that needs its cell alone.
        REQUIRE(take(1) == 1);
        REQUIRE(take(3) == 3);
        REQUIRE(counts.live == 2);
        REQUIRE(source.pull() == pull_result::no_room);
        REQUIRE(take(0) == 0);
        REQUIRE(source.pull() == pull_result::item);
        REQUIRE(source.pull() == pull_result::item);
        REQUIRE(source.pull() == pull_result::no_room);
        REQUIRE(take(2) == 2);
        REQUIRE(take(4) == 4);
        REQUIRE(take(5) == 5);
        REQUIRE(counts.live == 0);
        for (std::uint64_t i = 6; i < 17; ++i) {
            REQUIRE(source.pull() == pull_result::item);
            REQUIRE(take(i) == static_cast<long>(i));
        }
        for (std::uint64_t i = 17; i < 20; ++i) REQUIRE(source.pull() == pull_result::item);
        REQUIRE(source.has_more() == false);
        REQUIRE(source.pull() == pull_result::end);
        REQUIRE(source.pull() == pull_result::end);
        REQUIRE(source.pulled_count() == 20);
        REQUIRE(take(18) == 18);
        REQUIRE(counts.live == 2);
    }
    REQUIRE(counts.live == 0);  // what nobody took
}

}  // namespace

TEST_CASE("pulled_source: a cell is used again when its item was taken, and the rest goes with the source") {
    check_ring<counted>();
    check_ring<large>();
}

TEST_CASE("pulled_source: the range is advanced when the next item is wanted and asked once for each element") {
    pull_record record;
    pulled_source<recorded_range<>, false> source(recorded_range<>{record, 3});
    source.reserve(8);
    record.during([&] {
        REQUIRE(source.begin(true) == parimap::detail::unknown_size);
        REQUIRE(record.taken == 0);
        for (std::size_t i = 0; i < 3; ++i) {
            REQUIRE(source.pull() == pull_result::item);
            REQUIRE(record.taken == i + 1);
            REQUIRE(record.advanced == i);
        }
        REQUIRE(source.pull() == pull_result::end);
        REQUIRE(record.advanced == 3);
        return 0;
    });
    REQUIRE(source.pull() == pull_result::end);
    REQUIRE_FALSE(source.has_more());
    REQUIRE(record.outside == 0);  // a range that has ended is not asked again
}

TEST_CASE("pulled_source: one that has no room asks whether there is more, and pulls that afterwards") {
    pull_record record;
    pulled_source<recorded_range<>, false> source(recorded_range<>{record, 2});
    source.reserve(8);
    record.during([&] {
        source.begin(true);
        REQUIRE(source.has_more());
        REQUIRE(source.pull() == pull_result::item);
        REQUIRE(source.has_more());
        REQUIRE(source.has_more());
        REQUIRE(record.advanced == 1);
        REQUIRE(record.taken == 1);
        REQUIRE(source.pull() == pull_result::item);
        REQUIRE_FALSE(source.has_more());
        REQUIRE(record.advanced == 2);
        REQUIRE(source.pull() == pull_result::end);
        REQUIRE(record.advanced == 2);
        return 0;
    });
    for (int i = 0; i < 2; ++i) {
        const int item = source.reader()(static_cast<std::uint64_t>(i));
        REQUIRE(item == i);
    }
}

TEST_CASE("pulled_source: a range that throws has ended, and is not asked again") {
    for (const auto fault : {&pull_record::fail_read, &pull_record::fail_advance}) {
        pull_record record;
        record.*fault = 2;
        pulled_source<recorded_range<>, false> source(recorded_range<>{record, 9});
        source.reserve(8);
        record.during([&] {
            source.begin(true);
            REQUIRE(source.pull() == pull_result::item);
            REQUIRE(source.pull() == pull_result::item);
            REQUIRE_THROWS_AS(source.pull(), input_error);
            return 0;
        });
        REQUIRE(source.pull() == pull_result::end);
        REQUIRE_FALSE(source.has_more());
        REQUIRE(source.pulled_count() == 2);
        REQUIRE(record.outside == 0);
    }
}

TEST_CASE("pulled_source: a range that is not read is not asked for its first element, and tells its size all the same") {
    pull_record record;
    pulled_source<recorded_range<>, false> unread(recorded_range<>{record, 3});
    REQUIRE(unread.begin(false) == parimap::detail::unknown_size);
    REQUIRE(record.outside == 0);
    std::list<int> linked{1, 2, 3};
    const auto view = ranges::views::all(linked);
    pulled_source<std::remove_const_t<decltype(view)>, false> sized(view);
    REQUIRE(sized.begin(false) == 3);
    pulled_source<std::remove_const_t<decltype(view)>, false> read(view);
    read.reserve(4);
    REQUIRE(read.begin(true) == 3);
    // The elements themselves, as they stand in the list.
    for (int& element : linked) {
        REQUIRE(read.pull() == pull_result::item);
        auto kept = read.reader()(read.pulled_count() - 1);
        STATIC_REQUIRE(std::is_same_v<decltype(read)::item, int&>);
        REQUIRE(&read.pass(kept) == &element);
    }
    REQUIRE(read.pull() == pull_result::end);
}

TEST_CASE("pulled_source: what the item that was pulled last owns counts, and no other") {
    tally counts;
    pulled_source<elements<with_memory>, false> source(elements<with_memory>{counts, 9});
    STATIC_REQUIRE(decltype(source)::owns_memory);
    source.reserve(2);
    source.begin(true);
    for (std::uint64_t i = 0; i < 9; ++i) {
        REQUIRE(source.pull() == pull_result::item);
        REQUIRE(source.owned_by_latest() == i * 100);
        static_cast<void>(source.reader()(i));
    }
    STATIC_REQUIRE_FALSE(pulled_source<recorded_range<>, false>::owns_memory);
    STATIC_REQUIRE(pulled_source<recorded_range<>, false>::bytes_per_item == sizeof(int));
    STATIC_REQUIRE(pulled_source<recorded_range<>, false>::bytes_in_ring > 2 * sizeof(int));  // two cells an item
    STATIC_REQUIRE(pulled_source<elements<large>, false>::bytes_per_item == sizeof(large));
    STATIC_REQUIRE(pulled_source<elements<large>, false>::bytes_in_ring < sizeof(large));
}

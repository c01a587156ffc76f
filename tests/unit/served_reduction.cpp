// SPDX-License-Identifier: MIT
// A reduction of items that came from another process, in places that are used again and again: what it writes for that process.
#include "support/catch.hpp"

#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/served_boxes.hpp>
#include <parimap/detail/results/served_reduction.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/travel/byte_stream.hpp>
#include <parimap/detail/travel/exceptions.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace parimap::detail;

namespace {

struct range_of_items {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
};

// Takes neighbours alone, and not all of those.
struct unite {
    std::uint64_t bad = no_item;
    range_of_items operator()(range_of_items left, range_of_items right) const {
        if (left.end != right.first) throw std::logic_error("not neighbours");
        if (right.first == bad) throw std::runtime_error("bad");
        return {left.first, right.end};
    }
};

using reduction_there = served_reduction<range_of_items, unite>;

struct told {
    std::multiset<std::uint64_t> run;
    std::vector<range_of_items> combined;
    std::vector<std::pair<std::uint64_t, std::string>> failures;  // and whose
    int settled = 0;
};

void read(byte_writer& out, told& all) {
    const std::vector<std::byte> bytes = out.take();
    byte_reader in(bytes);
    while (!in.is_at_end()) {
        const auto head = in.plain<part_of_results>();
        for (std::uint64_t i = 0; i < head.entries; ++i) {
            const auto one = in.plain<served_entry>();
            if (one.kind == served_kind::run) {
                for (std::uint64_t item = one.item; item < one.item + one.bytes; ++item) all.run.insert(item);
            } else if (one.kind == served_kind::settled) {
                ++all.settled;
            } else if (one.kind == served_kind::combined) {
                in.plain<reduction_tree<range_of_items, unite>::part>();
                all.combined.push_back(parimap::codec<range_of_items>::read(in));
            } else {
                REQUIRE(one.kind == served_kind::blamed);
                try {
                    std::rethrow_exception(read_exception(in));
                } catch (const std::exception& e) {
                    all.failures.emplace_back(one.item, e.what());
                }
            }
        }
    }
}

// One seat, and a batch of items by their numbers, from a place on.
void run(reduction_there& r, served_numbers& numbers, std::uint64_t place, const std::vector<std::uint64_t>& items,
         std::uint64_t bad = no_item) {
    for (std::size_t i = 0; i < items.size(); ++i) {
        numbers.of(place + i).item = items[i];
        numbers.of(place + i).is_done = false;
    }
    r.with_writer(0, [&](auto put) {
        put.begin(place);
        for (std::size_t i = 0; i < items.size(); ++i) {
            try {
                put(place + i, [&] {
                    if (items[i] == bad) throw std::out_of_range("item");
                    return range_of_items{items[i], items[i] + 1};
                });
            } catch (...) {
                r.fail(0, place + i, std::current_exception(), failure_of::item);
            }
        }
        put.pause(place + items.size());
        return 0;
    });
}

std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t end) {
    std::vector<std::uint64_t> all;
    for (; first < end; ++first) all.push_back(first);
    return all;
}

}  // namespace

TEST_CASE("served reduction: neighbours are combined, in whatever places they lie, and each item is told of once") {
    served_numbers numbers;
    reduction_there r(1, numbers, 3, unite{});
    told all;
    byte_writer out;
    REQUIRE_FALSE(r.keeps_any());
    run(r, numbers, 0, from_to(64, 100));
    std::vector<std::uint64_t> mixed = from_to(128, 192);
    for (const std::uint64_t item : {7U, 100U, 101U}) mixed.push_back(item);
    run(r, numbers, 36, mixed);
    REQUIRE(r.write(out, 5));
    read(out, all);
    REQUIRE(r.keeps_any());
    REQUIRE(all.run.size() == 36 + 67);
    REQUIRE(all.run.count(7) == 1);
    REQUIRE(all.combined.empty());
    r.flush(0);
    r.write_kept(out);
    read(out, all);
    REQUIRE(all.run.size() == 36 + 67);
    REQUIRE(all.settled == 1);
    REQUIRE(all.failures.empty());
    REQUIRE(all.combined.size() == 4);  // 7; 64 to 95 of the node of 64; 96 to 101 of one of 8; 128 to 191
    std::uint64_t items = 0;
    for (const range_of_items part : all.combined) items += part.end - part.first;
    REQUIRE(items == 36 + 67);
    REQUIRE_FALSE(r.keeps_any());
}

TEST_CASE("served reduction: those behind an item that fails are no neighbours of those before") {
    served_numbers numbers;
    reduction_there r(1, numbers, 3, unite{});
    told all;
    byte_writer out;
    run(r, numbers, 0, from_to(384, 640), 419);  // in the middle of a large node
    r.flush(0);
    r.write_kept(out);
    read(out, all);
    REQUIRE(all.run.size() == 256);
    REQUIRE(all.failures == std::vector<std::pair<std::uint64_t, std::string>>{{419, "item"}});
}

TEST_CASE("served reduction: a combination that fails as a worker leaves is told of by its own item, and no item twice") {
    served_numbers numbers;
    reduction_there r(1, numbers, 3, unite{.bad = 64});
    told all;
    byte_writer out;
    run(r, numbers, 0, from_to(64, 128));
    r.flush(0);
    run(r, numbers, 64, from_to(0, 64));
    // Their places are others' by now, which have not run.
    for (std::uint64_t place = 0; place < 128; ++place) numbers.of(place).is_done = false;
    r.flush(0);
    REQUIRE(r.write(out, 0));
    read(out, all);
    REQUIRE(all.run.size() == 128);
    REQUIRE(all.failures == std::vector<std::pair<std::uint64_t, std::string>>{{64, "bad"}});
    for (std::uint64_t place = 0; place < 128; ++place) REQUIRE_FALSE(numbers.of(place).is_done);
}

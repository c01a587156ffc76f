// SPDX-License-Identifier: MIT
// What C++ throws in the functions that parimap.h is given leaves none of its calls.
#include "support/catch.hpp"

#include <parimap.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using pool_owner = std::unique_ptr<parimap_pool, decltype(&parimap_pool_destroy)>;
using stream_owner = std::unique_ptr<parimap_stream, decltype(&parimap_stream_destroy)>;

pool_owner make_pool() { return {parimap_pool_create(2), &parimap_pool_destroy}; }

int throw_at_5(void*, std::size_t index) { return index < 5 ? 0 : throw std::runtime_error("five is too much"); }

int throw_a_number(void*, std::size_t, void*) { throw 3; }

int throw_at_even(void*, std::size_t index, void* result) {
    if (index % 2 == 0) throw std::invalid_argument("even");
    *static_cast<std::size_t*>(result) = index;
    return 0;
}

}  // namespace

TEST_CASE("an exception is the failure of its item, with its text") {
    const pool_owner pool = make_pool();
    REQUIRE(parimap_for_each(pool.get(), 100, &throw_at_5, nullptr, nullptr) == PARIMAP_ITEM_FAILED);
    REQUIRE(parimap_failed_index() == 5);
    REQUIRE(parimap_failed_code() == 0);
    REQUIRE(std::string(parimap_last_error()) == "parimap: item 5 failed: five is too much");

    char result = 0;
    REQUIRE(parimap_map(pool.get(), 1, &throw_a_number, nullptr, &result, 1, nullptr) == PARIMAP_ITEM_FAILED);
    REQUIRE(std::string(parimap_last_error()) == "parimap: item 0 failed: an exception that is no std::exception");
}

TEST_CASE("a stream goes on behind an exception") {
    const pool_owner pool = make_pool();
    const stream_owner stream(parimap_imap(pool.get(), 10, PARIMAP_ORDERED, &throw_at_even, nullptr, sizeof(std::size_t), nullptr),
                              &parimap_stream_destroy);
    for (std::size_t i = 0; i < 10; ++i) {
        std::size_t result = 0, index = 0;
        REQUIRE(parimap_next(stream.get(), &result, &index) == (i % 2 == 0 ? PARIMAP_ITEM_FAILED : 1));
        REQUIRE(index == i);
    }
    REQUIRE(parimap_next(stream.get(), nullptr, nullptr) == PARIMAP_BAD_ARGUMENT);
    std::size_t result = 0;
    REQUIRE(parimap_next(stream.get(), &result, nullptr) == 0);
}

TEST_CASE("each thread has its own last error, and long texts are cut") {
    const pool_owner pool = make_pool();
    const auto throw_much = [](void*, std::size_t) -> int { throw std::runtime_error(std::string(10'000, 'x')); };
    REQUIRE(parimap_for_each(pool.get(), 1, throw_much, nullptr, nullptr) == PARIMAP_ITEM_FAILED);
    REQUIRE(std::string(parimap_last_error()).size() == 511);
    std::string there = "none";
    std::thread([&there] { there = parimap_last_error(); }).join();
    REQUIRE(there.empty());
    REQUIRE(parimap_last_error_code() == PARIMAP_ITEM_FAILED);
}

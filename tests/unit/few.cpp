// SPDX-License-Identifier: MIT
// few: an array that is in place where it is small, and each of whose elements is made and destroyed once.
#include "support/catch.hpp"

#include <parimap/detail/system/few.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <set>
#include <type_traits>
#include <vector>

using parimap::detail::few;

namespace {

// Notes where each of its kind lives, in which order they go, and which memory of their own they take.
struct noted {
    static inline std::multiset<const noted*> made;
    static inline std::vector<const noted*> destroyed;
    static inline int arrays = 0;

    static void forget() {
        made.clear();
        destroyed.clear();
        arrays = 0;
    }
    static void* operator new[](std::size_t size) {
        ++arrays;
        return ::operator new[](size);
    }
    static void operator delete[](void* where) noexcept {
        --arrays;
        ::operator delete[](where);
    }

    noted() { made.insert(this); }
    ~noted() { destroyed.push_back(this); }
    noted(const noted&) = delete;
    noted& operator=(const noted&) = delete;

    int value = 7;
};

template <class T>
bool is_inside(const few<T>& all, const T& element) {
    const auto* const at = reinterpret_cast<const std::byte*>(&element);
    const auto* const first = reinterpret_cast<const std::byte*>(&all);
    const std::less<const std::byte*> before;
    return !before(at, first) && !before(first + sizeof(all), at + sizeof(T));
}

template <std::size_t Alignment>
struct alignas(Alignment) aligned {
    std::uint64_t value = 3;
};

static_assert(!std::is_copy_constructible_v<few<int>>);
static_assert(!std::is_copy_assignable_v<few<int>>);

constexpr std::size_t counts[] = {0, 1, 2, 3, 4, 5, 64};

template <std::size_t Alignment>
void check_alignment() {
    for (const std::size_t count : counts) {
        const few<aligned<Alignment>> all(count);
        for (const aligned<Alignment>& element : all) {
            REQUIRE(reinterpret_cast<std::uintptr_t>(&element) % Alignment == 0);
            REQUIRE(element.value == 3);
            REQUIRE(is_inside(all, element) == (count <= 4));
        }
    }
}

}  // namespace

TEST_CASE("few: each element is made once and destroyed once, the last one first") {
    for (const std::size_t count : counts) {
        CAPTURE(count);
        noted::forget();
        std::vector<const noted*> elements;
        {
            const few<noted> all(count);
            REQUIRE(all.size() == count);
            REQUIRE(all.end() == all.begin() + count);
            for (std::size_t i = 0; i < count; ++i) {
                REQUIRE(&all[i] == all.begin() + i);
                REQUIRE(noted::made.count(&all[i]) == 1);
                REQUIRE(all[i].value == 7);
                all[i].value = static_cast<int>(i);
                elements.push_back(&all[i]);
            }
            for (std::size_t i = 0; i < count; ++i) REQUIRE(all[i].value == static_cast<int>(i));
            REQUIRE(noted::made.size() == count);
            REQUIRE(noted::destroyed.empty());
        }
        REQUIRE(noted::made.size() == count);
        std::reverse(elements.begin(), elements.end());
        REQUIRE(noted::destroyed == elements);
    }
}

TEST_CASE("few: up to four elements are inside it and take no memory of their own, and more take it and give it back") {
    for (const std::size_t count : counts) {
        CAPTURE(count);
        noted::forget();
        {
            const few<noted> all(count);
            REQUIRE(noted::arrays == (count > 4 ? 1 : 0));
            for (const noted& element : all) REQUIRE(is_inside(all, element) == (count <= 4));
        }
        REQUIRE(noted::arrays == 0);
    }
}

TEST_CASE("few: its elements stand where their type asks for") {
    check_alignment<8>();
    check_alignment<64>();
    check_alignment<128>();
    check_alignment<4096>();
}

// SPDX-License-Identifier: MIT
// nontemporal: what is stored past the caches stands there whole; and outputs that must not be stored so are found.

#include "support/catch.hpp"

#include <parimap/detail/results/into_results.hpp>
#include <parimap/detail/results/nontemporal.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <list>
#include <ranges>
#include <span>
#include <string>
#include <thread>
#include <vector>

using parimap::detail::nontemporal;
using parimap::detail::suits_nontemporal;

namespace {

struct trio {
    std::int32_t a, b, c;
};

template <class T>
void check(const T& before, const T& value) {
    std::vector<T> where(1001, before);
    std::thread([&] {
        const nontemporal past_caches;
        if constexpr (nontemporal::available<T>) {
            for (std::size_t i = 0; i < where.size(); i += 2) past_caches.store(where[i], value);
        }
    }).join();
    std::size_t right = 0;
    for (std::size_t i = 0; i < where.size(); ++i) right += where[i] == (i % 2 == 0 ? value : before);
    CHECK(right == where.size());
}

}  // namespace

TEST_CASE("nontemporal: values of 4, 8 and 16 bytes are stored whole, and nothing beside them") {
    if (!nontemporal::available<double>) return;  // not this machine's
    check<float>(1.5F, 2.5F);
    check<std::int32_t>(7, -8);
    check<double>(1.5, 2.5);
    check<std::uint64_t>(7, ~std::uint64_t{8});
    check<std::complex<double>>({1, 2}, {3, 4});
    check<const char*>("one", "two");
}

TEST_CASE("nontemporal: values of other sizes, and those that must be copied by code, are not") {
    REQUIRE_FALSE(nontemporal::available<char>);
    REQUIRE_FALSE(nontemporal::available<std::uint16_t>);
    REQUIRE_FALSE(nontemporal::available<trio>);
    REQUIRE_FALSE(nontemporal::available<std::complex<float>>);  // may lie across two words of 8
    REQUIRE_FALSE(nontemporal::available<std::string>);
    REQUIRE_FALSE(nontemporal::available<volatile double>);
}

TEST_CASE("nontemporal: an output suits if it is large and no input is seen to lie in it") {
    constexpr std::size_t large = nontemporal::worthwhile / sizeof(double);
    std::vector<double> memory(3 * large);
    std::span<double> out(memory.data() + large, large);
    std::vector<double> in(large);
    const std::span<const double> before(memory.data(), large);
    const std::span<double> behind(memory.data() + 2 * large, large);
    REQUIRE(suits_nontemporal(out, in));
    REQUIRE(suits_nontemporal(out, in, before, behind));

    std::span<double> into(memory.data() + 1, large);
    std::span<double> out_of(memory.data() + 2 * large - 1, large);
    REQUIRE_FALSE(suits_nontemporal(out, out));
    REQUIRE_FALSE(suits_nontemporal(out, into));
    REQUIRE_FALSE(suits_nontemporal(out, out_of));
    REQUIRE_FALSE(suits_nontemporal(out, in, into));

    std::vector<double> few(large - 1);
    std::list<double> linked(3);
    auto computed = std::views::iota(std::size_t{0}, large);  // its function may read the output
    REQUIRE_FALSE(suits_nontemporal(out, few));
    REQUIRE_FALSE(suits_nontemporal(few, in));
    REQUIRE_FALSE(suits_nontemporal(out, linked));
    REQUIRE_FALSE(suits_nontemporal(out, computed));
    REQUIRE_FALSE(suits_nontemporal(linked, in));
}

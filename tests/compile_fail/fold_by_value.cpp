// SPDX-License-Identifier: MIT
// What a fold works on is changed where it is.
// expect: step and merge change their first argument in place
#include <parimap/parimap.hpp>

#include <functional>
#include <vector>

namespace {

constexpr auto zero = [] { return 0L; };
constexpr auto add = [](long& total, int x) { total += x; };
constexpr auto join = [](long& left, long right) { left += right; };

[[maybe_unused]] long adds_nothing(long total, int x) { return total + x; }

// Those that may be right are taken for that.
struct handle {
    long* sum = nullptr;
    long& operator*() const { return *sum; }
};
using parimap::detail::can_change_first;
constexpr auto by_handle = [](handle to, int x) { *to += x; };
constexpr auto generic = [](auto& total, auto x) { total += x; };
static_assert(can_change_first<decltype(add), long> && can_change_first<decltype(generic), long>);
static_assert(can_change_first<decltype(by_handle), handle> && can_change_first<void (*)(long&, int), long>);
static_assert(can_change_first<std::function<void(long&, int)>, long>);

constexpr auto by_value = [](long total, int x) { return total + x; };
constexpr auto by_const = [](const long& total, int x) { return total + x; };
static_assert(!can_change_first<decltype(by_value), long> && !can_change_first<decltype(by_const), long>);
static_assert(!can_change_first<std::plus<>, long> && !can_change_first<std::plus<long>, long>);
static_assert(!can_change_first<decltype(&adds_nothing), long> && !can_change_first<long (*)(int, int) noexcept, long>);

}  // namespace

int main() {
    const std::vector<int> items{1, 2, 3};
#ifdef PARIMAP_BAD
    parimap::parallel_fold(zero, by_value, join, items);
    parimap::parallel_fold(zero, add, std::plus<>(), items);
    parimap::parallel_fold(zero, &adds_nothing, join, items);
#else
    return parimap::parallel_fold(zero, add, join, items) == 6 ? 0 : 1;
#endif
}

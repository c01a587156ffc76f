// SPDX-License-Identifier: MIT
// Results of parallel_map go into a vector, and elements that a range makes go to a worker: both must be movable.
// expect: what f returns goes into a std::vector and cannot be moved there.*std::unique_ptr
// expect: elements of this range are made when they are read.*std::unique_ptr
#include <parimap/parimap.hpp>

#include <list>
#include <ranges>

struct immovable {
    explicit immovable(int number) : n(number) {}
    immovable(immovable&&) = delete;
    int n;
};

int main() {
    const std::list<int> numbers{1, 2, 3};
    const auto make = [](int n) { return immovable(n); };
#ifdef PARIMAP_BAD
    static_cast<void>(parimap::parallel_map(make, numbers));
    parimap::parallel_for_each([](immovable&&) {}, numbers | std::views::transform(make));
#else
    auto stream = parimap::ordered_imap(make, numbers);  // shows each where it is
    return (*stream.begin()).n == 1 ? 0 : 1;
#endif
}

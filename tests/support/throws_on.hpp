// SPDX-License-Identifier: MIT
// A function that gives each item back and throws on the items it was told to throw on.
#ifndef PARIMAP_TESTS_SUPPORT_THROWS_ON_HPP
#define PARIMAP_TESTS_SUPPORT_THROWS_ON_HPP

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace parimap_test {

struct item_error : std::runtime_error {
    explicit item_error(int bad) : std::runtime_error{"item " + std::to_string(bad)}, item{bad} {}
    int item;
};

class throws_on {
  public:
    explicit throws_on(std::vector<int> bad) : bad_{std::move(bad)} { std::sort(bad_.begin(), bad_.end()); }

    bool is_bad(int item) const { return std::binary_search(bad_.begin(), bad_.end(), item); }

    int operator()(int item) const {
        if (is_bad(item)) throw item_error{item};
        return item;
    }

  private:
    std::vector<int> bad_;
};

}  // namespace parimap_test

#endif

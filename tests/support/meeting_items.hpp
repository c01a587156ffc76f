// SPDX-License-Identifier: MIT
// Neighbouring items that end only when all of them run at once.
#ifndef PARIMAP_TESTS_SUPPORT_MEETING_ITEMS_HPP
#define PARIMAP_TESTS_SUPPORT_MEETING_ITEMS_HPP

#include "support/gate.hpp"

#include <atomic>
#include <cstddef>

namespace parimap_test {

// `count` items from `first` on wait until `parties` of them run; all others are cheap.
class meeting_items {
  public:
    meeting_items(int first, int count, std::size_t parties) : first_{first}, count_{count}, meeting_{parties} {}

    int run(int i) {
        if (i >= first_ && i < first_ + count_ && !meeting_.arrive_and_wait()) ++missed_;
        return i;
    }
    int missed() const { return missed_; }

  private:
    int first_;
    int count_;
    rendezvous meeting_;
    std::atomic<int> missed_{0};
};

}  // namespace parimap_test

#endif

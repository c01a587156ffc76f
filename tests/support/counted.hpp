// SPDX-License-Identifier: MIT
// An item that counts its copies, its moves and how many of its kind are alive.
#ifndef PARIMAP_TESTS_SUPPORT_COUNTED_HPP
#define PARIMAP_TESTS_SUPPORT_COUNTED_HPP

#include <atomic>

namespace parimap_test {

struct tally {
    std::atomic<long> live{0};
    std::atomic<long> copies{0};
    std::atomic<long> moves{0};
};

class counted {
  public:
    long value;

    counted(tally& counts, long v) : value{v}, counts_{&counts} { ++counts_->live; }
    counted(const counted& other) : value{other.value}, counts_{other.counts_} {
        ++counts_->live;
        ++counts_->copies;
    }
    counted(counted&& other) noexcept : value{other.value}, counts_{other.counts_} {
        other.value = moved_from;
        ++counts_->live;
        ++counts_->moves;
    }
    counted& operator=(const counted& other) {
        value = other.value;
        ++counts_->copies;
        return *this;
    }
    counted& operator=(counted&& other) noexcept {
        value = other.value;
        if (this != &other) other.value = moved_from;
        ++counts_->moves;
        return *this;
    }
    ~counted() { --counts_->live; }

    static constexpr long moved_from = -1;

  private:
    tally* counts_;
};

}  // namespace parimap_test

#endif

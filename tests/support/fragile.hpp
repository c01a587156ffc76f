// SPDX-License-Identifier: MIT
// Values, ranges and functions all of whose operations may throw: one test lets each of them do so in turn.
#ifndef PARIMAP_TESTS_SUPPORT_FRAGILE_HPP
#define PARIMAP_TESTS_SUPPORT_FRAGILE_HPP

#include <atomic>
#include <compare>
#include <cstddef>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace parimap_test {

struct planned_fault : std::runtime_error {
    planned_fault() : std::runtime_error{"planned"} {}
};

// Which operation of fragile objects throws, on whatever thread.
class fault_plan {
  public:
    // After `first` operations one throws, and after `gap` more another one.
    static void set(long first, long gap) {
        thrown_ = 0;
        gap_ = gap;
        left_ = first;
    }
    // Nothing throws any more. How many did since set().
    static int end() {
        left_ = none;
        return thrown_;
    }
    static void step() {
        if (left_.fetch_sub(1) > 0) return;
        if (left_.fetch_add(1 + gap_.exchange(none)) > 0) return;  // another thread was here first
        ++thrown_;
        throw planned_fault{};
    }

    static constexpr long none = std::numeric_limits<long>::max() / 4;

  private:
    static inline std::atomic<long> left_{none};
    static inline std::atomic<long> gap_{none};
    static inline std::atomic<int> thrown_{0};
};

class fragile {
  public:
    static inline std::atomic<long> live{0};

    explicit fragile(int v) : value{v} { begin(); }
    fragile(const fragile& other) : value{other.value} { begin(); }
    fragile(fragile&& other) noexcept(false) : value{other.value} { begin(); }
    fragile& operator=(const fragile& other) {
        fault_plan::step();
        value = other.value;
        return *this;
    }
    fragile& operator=(fragile&& other) noexcept(false) {
        fault_plan::step();
        value = other.value;
        return *this;
    }
    ~fragile() { --live; }

    int value;

  private:
    static void begin() {
        fault_plan::step();
        ++live;
    }
};

// The numbers 0 .. count-1. Reference is `const fragile&` or `fragile`.
template <class Category, class Reference>
class fragile_range {
  public:
    explicit fragile_range(int count) {
        for (int i = 0; i < count; ++i) items_.emplace_back(i);
    }

    class iterator {
      public:
        using iterator_category = Category;
        using iterator_concept = Category;
        using value_type = fragile;
        using difference_type = std::ptrdiff_t;
        using reference = Reference;
        using pointer = void;

        iterator() = default;
        explicit iterator(const fragile* at) : at_{at} {}
        iterator(const iterator& other) : at_{other.at_} { fault_plan::step(); }
        iterator& operator=(const iterator& other) {
            fault_plan::step();
            at_ = other.at_;
            return *this;
        }
        ~iterator() = default;

        Reference operator*() const {
            fault_plan::step();
            return *at_;
        }
        iterator& operator++() { return *this += 1; }
        iterator operator++(int) {
            iterator before(*this);
            *this += 1;
            return before;
        }
        friend bool operator==(const iterator& a, const iterator& b) {
            fault_plan::step();
            return a.at_ == b.at_;
        }

        // The rest is used where Category says so.
        iterator& operator--() { return *this += -1; }
        iterator operator--(int) {
            iterator before(*this);
            *this += -1;
            return before;
        }
        iterator& operator+=(std::ptrdiff_t n) {
            fault_plan::step();
            at_ += n;
            return *this;
        }
        iterator& operator-=(std::ptrdiff_t n) { return *this += -n; }
        friend iterator operator+(iterator it, std::ptrdiff_t n) { return it += n; }
        friend iterator operator+(std::ptrdiff_t n, iterator it) { return it += n; }
        friend iterator operator-(iterator it, std::ptrdiff_t n) { return it += -n; }
        friend std::ptrdiff_t operator-(const iterator& a, const iterator& b) {
            fault_plan::step();
            return a.at_ - b.at_;
        }
        friend std::strong_ordering operator<=>(const iterator& a, const iterator& b) {
            fault_plan::step();
            return a.at_ <=> b.at_;
        }
        Reference operator[](std::ptrdiff_t n) const { return *(*this + n); }

      private:
        const fragile* at_ = nullptr;
    };

    iterator begin() const {
        fault_plan::step();
        return iterator{items_.data()};
    }
    iterator end() const {
        fault_plan::step();
        return iterator{items_.data() + items_.size()};
    }
    std::size_t size() const {
        fault_plan::step();
        return items_.size();
    }

  private:
    std::vector<fragile> items_;
};

// Twice the value of an item.
struct fragile_function {
    fragile_function() = default;
    fragile_function(const fragile_function&) { fault_plan::step(); }
    fragile_function& operator=(const fragile_function&) = default;
    ~fragile_function() = default;

    fragile operator()(const fragile& item) const {
        fault_plan::step();
        return fragile{2 * item.value};
    }
};

// A sum.
struct fragile_operation {
    fragile operator()(const fragile& a, const fragile& b) const {
        fault_plan::step();
        return fragile{a.value + b.value};
    }
};

}  // namespace parimap_test

#endif

// SPDX-License-Identifier: MIT
// A single-pass input whose items find races.
#ifndef PARIMAP_TESTS_MODEL_COUNTING_HPP
#define PARIMAP_TESTS_MODEL_COUNTING_HPP

#include "model/engine.hpp"

#include <cstddef>
#include <iterator>
#include <stdexcept>

namespace parimap_model {

/// 0, 1, 2 and so on: each is made when it is read, and one of them cannot be.
class counting {
  public:
    class iterator {
      public:
        using iterator_concept = std::input_iterator_tag;
        using iterator_category = std::input_iterator_tag;
        using value_type = number;
        using difference_type = std::ptrdiff_t;
        using pointer = const number*;
        using reference = number;

        iterator() = default;
        iterator(int at, int fails_at) : at_(at), fails_at_(fails_at) {}
        number operator*() const {
            if (at_ == fails_at_) throw std::out_of_range("it cannot be read");
            return number(at_);
        }
        iterator& operator++() {
            ++at_;
            return *this;
        }
        void operator++(int) { ++at_; }
        friend bool operator==(const iterator& a, const iterator& b) { return a.at_ == b.at_; }

      private:
        int at_ = 0;
        int fails_at_ = -1;
    };

    explicit counting(int end, int fails_at = -1) : end_(end), fails_at_(fails_at) {}
    iterator begin() const { return {0, fails_at_}; }
    iterator end() const { return {end_, fails_at_}; }

  private:
    int end_;
    int fails_at_;
};

}  // namespace parimap_model

#endif

// SPDX-License-Identifier: MIT
// Plain data of a model, which one thread may not write while another may use it.
#ifndef PARIMAP_TESTS_MODEL_DATA_HPP
#define PARIMAP_TESTS_MODEL_DATA_HPP

#include "memory.hpp"

#include <utility>

namespace model {

/// What is known of it belongs to its address, and so stays when it is destroyed and another is made there.
template <class T>
class data {
  public:
    data() : data(T()) {}
    data(T value) : value_(std::move(value)) { memory::write_data(this); }
    data(const data& other) : data(other.get()) {}
    data& operator=(const data& other) {
        set(other.get());
        return *this;
    }
    ~data() { memory::write_data(this); }

    const T& get() const {
        memory::read_data(this);
        return value_;
    }
    void set(T value) {
        memory::write_data(this);
        value_ = std::move(value);
    }

  private:
    T value_;
};

}  // namespace model

#endif

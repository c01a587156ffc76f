// SPDX-License-Identifier: MIT
// std::atomic and its fences, for models.
#ifndef PARIMAP_TESTS_MODEL_ATOMIC_HPP
#define PARIMAP_TESTS_MODEL_ATOMIC_HPP

#include "execution.hpp"
#include "memory.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

namespace model {

template <class T>
class atomic {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
    using here = std::source_location;

  public:
    constexpr atomic() noexcept : atomic(T()) {}
    constexpr atomic(T value) noexcept : newest_(value) {
        if (!std::is_constant_evaluated()) handle_ = memory::make(bits(value));
    }
    ~atomic() { memory::end(handle_); }
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load(std::memory_order order = std::memory_order_seq_cst, here where = here::current()) const noexcept {
        return is_in_model() ? value(memory::load(handle_, order, where)) : newest_;
    }

    void store(T stored, std::memory_order order = std::memory_order_seq_cst, here where = here::current()) noexcept {
        if (is_in_model()) memory::store(handle_, bits(stored), order, where);
        newest_ = stored;
    }

    T exchange(T stored, std::memory_order order = std::memory_order_seq_cst, here where = here::current()) noexcept {
        return change([stored](T) { return stored; }, order, where);
    }
    T fetch_add(T added, std::memory_order order = std::memory_order_seq_cst, here where = here::current()) noexcept {
        return change([added](T old) { return static_cast<T>(old + added); }, order, where);
    }
    T fetch_sub(T taken, std::memory_order order = std::memory_order_seq_cst, here where = here::current()) noexcept {
        return change([taken](T old) { return static_cast<T>(old - taken); }, order, where);
    }

    bool compare_exchange_strong(T& expected, T stored, std::memory_order success, std::memory_order failure,
                                 here where = here::current()) noexcept {
        std::uint64_t found = bits(expected);
        bool succeeds = bits(newest_) == found;
        if (is_in_model()) {
            succeeds = memory::compare_exchange(handle_, found, bits(stored), success, failure, where);
        } else {
            found = bits(newest_);
        }
        if (succeeds) newest_ = stored;
        expected = value(found);
        return succeeds;
    }
    bool compare_exchange_strong(T& expected, T stored, std::memory_order order = std::memory_order_seq_cst,
                                 here where = here::current()) noexcept {
        const std::memory_order failure = order == std::memory_order_acq_rel   ? std::memory_order_acquire
                                          : order == std::memory_order_release ? std::memory_order_relaxed
                                                                               : order;
        return compare_exchange_strong(expected, stored, order, failure, where);
    }

    /// These never fail for nothing.
    bool compare_exchange_weak(T& expected, T stored, std::memory_order success, std::memory_order failure,
                               here where = here::current()) noexcept {
        return compare_exchange_strong(expected, stored, success, failure, where);
    }
    bool compare_exchange_weak(T& expected, T stored, std::memory_order order = std::memory_order_seq_cst,
                               here where = here::current()) noexcept {
        return compare_exchange_strong(expected, stored, order, where);
    }

  private:
    static std::uint64_t bits(T value) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, &value, sizeof(T));
        return word;
    }
    static T value(std::uint64_t word) noexcept {
        T value;
        std::memcpy(&value, &word, sizeof(T));
        return value;
    }

    bool is_in_model() const noexcept {
        if (!execution::current()) return false;
        memory::use(handle_, bits(newest_));
        return true;
    }

    template <class Change>
    T change(Change changed, std::memory_order order, const here& where) noexcept {
        T old = newest_;
        if (is_in_model()) {
            memory::exchange both(handle_, order, where);
            old = value(both.read());
            both.write(bits(changed(old)));
        }
        newest_ = changed(old);
        return old;
    }

    T newest_;  // for those who are outside of a model, and those made before it
    mutable memory::handle handle_;
};

inline void atomic_thread_fence(std::memory_order order, std::source_location where = std::source_location::current()) noexcept {
    memory::fence(order, where);
}

}  // namespace model

#endif

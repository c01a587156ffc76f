// SPDX-License-Identifier: MIT
// The smallest coroutine generator: single-pass, move-only, with move-only iterators, as std::generator is.
#ifndef PARIMAP_TESTS_SUPPORT_GENERATOR_HPP
#define PARIMAP_TESTS_SUPPORT_GENERATOR_HPP

#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <utility>

namespace parimap_test {

template <class T>
class generator {
  public:
    struct promise_type {
        T* current = nullptr;
        std::exception_ptr failure;

        generator get_return_object() { return generator{handle::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(T&& value) noexcept {
            current = std::addressof(value);
            return {};
        }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { failure = std::current_exception(); }
    };
    using handle = std::coroutine_handle<promise_type>;

    class iterator {
      public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;

        explicit iterator(handle coroutine) : coroutine_{coroutine} {}
        iterator(iterator&&) = default;
        iterator& operator=(iterator&&) = default;

        T&& operator*() const { return std::move(*coroutine_.promise().current); }
        iterator& operator++() {
            generator::resume(coroutine_);
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& it, std::default_sentinel_t) { return it.coroutine_.done(); }

      private:
        handle coroutine_;
    };

    generator(generator&& other) noexcept : coroutine_{std::exchange(other.coroutine_, {})} {}
    generator& operator=(generator&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    ~generator() {
        if (coroutine_) coroutine_.destroy();
    }

    iterator begin() {
        resume(coroutine_);
        return iterator{coroutine_};
    }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    explicit generator(handle coroutine) : coroutine_{coroutine} {}

    static void resume(handle coroutine) {
        coroutine.resume();
        if (auto failure = std::exchange(coroutine.promise().failure, nullptr)) std::rethrow_exception(failure);
    }

    handle coroutine_;
};

}  // namespace parimap_test

#endif

// SPDX-License-Identifier: MIT
// The kinds of results, and the function that calls run on each item.
#ifndef PARIMAP_TESTS_STRESS_RESULTS_HPP
#define PARIMAP_TESTS_STRESS_RESULTS_HPP

#include "stress/oracle.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace parimap_stress {

class only_moves {
  public:
    only_moves(tally& counts, long v) : inside_{counts, v} {}
    only_moves(only_moves&&) noexcept = default;
    only_moves& operator=(only_moves&&) noexcept = default;
    ~only_moves() = default;
    long value() const noexcept { return inside_.value; }

  private:
    counted inside_;
};

// Its moves say that they may throw.
class moves_loosely {
  public:
    moves_loosely(tally& counts, long v) : inside_{counts, v} {}
    moves_loosely(const moves_loosely&) = default;
    moves_loosely(moves_loosely&& other) noexcept(false) : inside_{std::move(other.inside_)} {}
    moves_loosely& operator=(const moves_loosely&) = default;
    moves_loosely& operator=(moves_loosely&& other) noexcept(false) {
        inside_ = std::move(other.inside_);
        return *this;
    }
    ~moves_loosely() = default;
    long value() const noexcept { return inside_.value; }

  private:
    counted inside_;
};

// Lies beside the rings that hold results.
class large {
  public:
    large(tally& counts, long v) : inside_{counts, v} { filling_.fill(v); }
    long value() const noexcept {
        return filling_.front() == filling_.back() && filling_.front() == inside_.value ? inside_.value : -2;
    }

  private:
    counted inside_;
    std::array<long, 640> filling_;
};

// Items that follow one another: what reductions make of neighbours, and it shows which those were.
struct stretch {
    std::size_t first, end;
};

template <class R>
R result_of(book& b, std::size_t item) {
    if constexpr (std::is_void_v<R>) {
        return;
    } else if constexpr (std::is_same_v<R, long>) {
        return b.value(item);
    } else if constexpr (std::is_same_v<R, stretch>) {
        return {item, item + 1};
    } else if constexpr (std::is_same_v<R, std::string>) {
        return std::string(40, '0') + std::to_string(b.value(item));
    } else {
        return R{b.results, b.value(item)};
    }
}

inline long value_of(long result) { return result; }
inline long value_of(const std::string& result) { return result.empty() ? -1 : std::stol(result); }
inline long value_of(const counted& result) { return result.value; }
template <class R>
    requires requires(const R& r) { r.value(); }
long value_of(const R& result) {
    return result.value();
}

template <class R>
bool is_result(const book& b, std::size_t item, const R& result) {
    if constexpr (std::is_same_v<R, std::monostate>) {
        return true;
    } else {
        return value_of(result) == b.value(item);
    }
}

inline std::size_t number_of(const counted& item) { return static_cast<std::size_t>(item.value); }
template <std::integral T>
std::size_t number_of(const T& item) {
    return static_cast<std::size_t>(item);
}

// What runs on each item. An R of counted takes a stop token.
template <class R>
class job {
  public:
    explicit job(book& b) : book_{&b}, alive_{b.functions, 0} {}

    template <class... Items>
        requires(!std::is_same_v<R, counted>)
    R operator()(const Items&... items) const {
        return run(nullptr, items...);
    }
    template <class... Items>
        requires(std::is_same_v<R, counted>)
    R operator()(std::stop_token token, const Items&... items) const {
        return run(&token, items...);
    }

  private:
    template <class First, class... Others>
    R run(const std::stop_token* token, const First& first, const Others&... others) const {
        const std::size_t item = number_of(first);
        book::visit here{*book_, item};
        expect(((number_of(others) == item) && ...), "items of zipped ranges do not belong together");
        here.work(token);
        if (book_->fails(item)) {
            book_->note_failure_on_seat(item);
            book_->note_failure();
            throw item_error{book_->errors, item};
        }
        return result_of<R>(*book_, item);
    }

    book* book_;
    counted alive_;
};

}  // namespace parimap_stress

#endif

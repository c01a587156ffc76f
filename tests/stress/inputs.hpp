// SPDX-License-Identifier: MIT
// The kinds of inputs. Element i of each is the number i, so that a function can tell which item it got.
#ifndef PARIMAP_TESTS_STRESS_INPUTS_HPP
#define PARIMAP_TESTS_STRESS_INPUTS_HPP

#include "support/generator.hpp"

#include "stress/oracle.hpp"

#include <parimap/parimap.hpp>

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <list>
#include <span>
#include <utility>
#include <vector>

#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

namespace parimap_stress {

// Single-pass; tells the book what is done to it, and fails where the plan says so.
class feed {
  public:
    feed(book& b, std::size_t count) : book_{&b}, count_{count} {}

    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using iterator_concept = std::input_iterator_tag;
        using value_type = counted;
        using difference_type = std::ptrdiff_t;
        using reference = counted;
        using pointer = void;

        iterator() = default;
        iterator(book& b, std::size_t count) : book_{&b}, count_{count} {}

        counted operator*() const {
            book_->input_is_read(index_);
            return counted{book_->items, static_cast<long>(index_)};
        }
        iterator& operator++() {
            book_->input_is_advanced(index_);
            ++index_;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& it, std::default_sentinel_t) { return it.index_ == it.count_; }

      private:
        book* book_ = nullptr;
        std::size_t count_ = 0;
        std::size_t index_ = 0;
    };

    iterator begin() const {
        book_->input_begins();
        return iterator{*book_, count_};
    }
    std::default_sentinel_t end() const { return {}; }

  private:
    book* book_;
    std::size_t count_;
};

inline std::vector<counted> vector_of(book& b, std::size_t count) {
    std::vector<counted> all;
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) all.emplace_back(b.items, static_cast<long>(i));
    return all;
}

inline std::list<counted> list_of(book& b, std::size_t count) {
    std::list<counted> all;
    for (std::size_t i = 0; i < count; ++i) all.emplace_back(b.items, static_cast<long>(i));
    return all;
}

inline parimap_test::generator<counted> generated(book& b, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        if (b.asked.fault != input_fault::none && i == b.asked.faulty) throw input_error{b.errors};
        co_yield counted{b.items, static_cast<long>(i)};
    }
}

// What a stage in front does: it hands its numbers on.
class handing_on {
  public:
    explicit handing_on(book& b) : book_{&b} {}
    counted operator()(const counted& item) const {
        const auto index = static_cast<std::size_t>(item.value);
        if (book_->asked.fault != input_fault::none && index == book_->asked.faulty) throw input_error{book_->errors};
        return counted{book_->items, item.value};
    }

  private:
    book* book_;
};

// Calls visit with the ranges that the book's plan names. With All false two kinds stand for all, so that fewer functions are compiled.
template <bool All, class Visit>
void with_input(book& b, Visit visit) {
    const std::size_t count = b.asked.count;
    if (b.asked.input == input_kind::feed) return visit(feed{b, count});
    std::vector<counted> numbers = vector_of(b, count);
    if constexpr (All) {
        switch (b.asked.input) {
            case input_kind::named_vector:
            case input_kind::feed: break;
            case input_kind::given_vector: return visit(std::move(numbers));
            case input_kind::span: return visit(std::span<const counted>{numbers});
            case input_kind::braced_list: {
                const std::initializer_list<counted> five{{b.items, 0}, {b.items, 1}, {b.items, 2}, {b.items, 3}, {b.items, 4}};
                return visit(five);
            }
            case input_kind::iota: return visit(ranges::views::iota(std::size_t{0}, count));
            case input_kind::failing_view:
                return visit(ranges::views::transform(numbers, [&b](const counted& item) {
                    b.element_is_read(static_cast<std::size_t>(item.value));
                    return item;
                }));
            case input_kind::list: {
                std::list<counted> all = list_of(b, count);
                return visit(all);
            }
            case input_kind::generator: return visit(generated(b, count));
            case input_kind::stage:
                return visit(
                    parimap::ordered_imap(b.where.get(), parimap::map_options{.window = b.asked.window}, handing_on{b}, numbers));
            case input_kind::zip_of_two: {
                std::list<counted> more = list_of(b, count + b.asked.seed % 3);
                return visit(numbers, more);
            }
            case input_kind::zip_of_three:
                return visit(numbers, ranges::views::iota(std::size_t{0}, count + b.asked.seed % 3),
                             feed{b, count + b.asked.seed / 3 % 3});
        }
    }
    visit(numbers);
}

}  // namespace parimap_stress

#endif

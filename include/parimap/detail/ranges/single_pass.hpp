// SPDX-License-Identifier: MIT
// A single-pass range over what is asked for one by one.
#ifndef PARIMAP_DETAIL_RANGES_SINGLE_PASS_HPP
#define PARIMAP_DETAIL_RANGES_SINGLE_PASS_HPP

#include <parimap/detail/form.hpp>

#include <range/v3/view/interface.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// The elements that reading.next() returns as std::optional<T>, up to the first empty one. Copies share the reading: each goes on
/// where the last stopped.
template <class T, class Reading>
class [[nodiscard]] single_pass_view : public ::ranges::view_base, public std::ranges::view_base {
    struct shared {
        explicit shared(std::shared_ptr<Reading> r) noexcept : reading(std::move(r)) {}

        /// The iterator was made or incremented: what it stands on is read when somebody asks, so that an exception comes out where
        /// the element would, and nothing is read that nobody wants.
        void step() noexcept { current.reset(); }
        bool at_end() {
            if (!current && !ended) {
                std::optional<T> next = reading->next();
                if (next) current.emplace(*std::move(next));  // no assignment, which records with constant members do not have
                ended = !current;
            }
            return ended;
        }

        std::shared_ptr<Reading> reading;
        std::optional<T> current;
        bool ended = false;
    };

  public:
    using sentinel = std::default_sentinel_t;

    class iterator {
      public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using iterator_concept = std::input_iterator_tag;
        using reference = T&&;

        iterator() = default;

        /// Moved from where the loop takes a value.
        reference operator*() const {
            (void)shared_->at_end();
            return std::move(*shared_->current);
        }
        iterator& operator++() noexcept {
            shared_->step();
            return *this;
        }
        void operator++(int) noexcept { ++*this; }
        friend bool operator==(const iterator& it, sentinel) { return !it.shared_ || it.shared_->at_end(); }

      private:
        friend single_pass_view;
        explicit iterator(shared* s) noexcept : shared_(s) {}
        shared* shared_ = nullptr;
    };

    single_pass_view() = default;
    explicit single_pass_view(std::shared_ptr<Reading> reading) : shared_(std::make_shared<shared>(std::move(reading))) {}

    iterator begin() const noexcept { return iterator(shared_.get()); }
    sentinel end() const noexcept { return {}; }

  private:
    std::shared_ptr<shared> shared_;
};

}  // namespace parimap::detail

#endif

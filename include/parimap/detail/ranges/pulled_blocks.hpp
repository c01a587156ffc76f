// SPDX-License-Identifier: MIT
// An input that is read one element after another, as blocks of elements.
#ifndef PARIMAP_DETAIL_RANGES_PULLED_BLOCKS_HPP
#define PARIMAP_DETAIL_RANGES_PULLED_BLOCKS_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/block_of_elements.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/system/step_failed.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <optional>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// A single-pass range. Each of its elements is made when it is looked at, of up to `length` elements of the view, and is moved from
/// there. What the view throws comes behind the block of those that it gave before, as a step_failed. check(), before each element of a
/// block, throws where no more are wanted; then that block is lost.
template <class View, class Traits, class Check>
class pulled_blocks {
  public:
    using block = block_of_elements<Traits>;

    pulled_blocks(View& view, std::size_t length, Check check) : view_(view), length_(length), check_(std::move(check)) {}

    class iterator {
      public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = block;
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        explicit iterator(pulled_blocks& all) noexcept : all_(&all) {}

        block&& operator*() const noexcept { return std::move(all_->block_); }
        iterator& operator++() {
            all_->read();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& it, std::default_sentinel_t) noexcept { return it.all_->has_ended(); }

      private:
        pulled_blocks* all_ = nullptr;
    };

    bool has_ended() const noexcept { return block_.elements.empty(); }

    iterator begin() {
        next_.emplace(begin_of(view_));
        end_.emplace(end_of(view_));
        read();
        return iterator(*this);
    }
    static std::default_sentinel_t end() noexcept { return {}; }

  private:
    void read() {
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
        block_.first = read_;
        block_.elements.clear();
        block_.elements.reserve(std::min<std::size_t>(length_, 1024));
        while (!ended_ && block_.elements.size() < length_) {
            check_();
            try {
                read_one();
            } catch (...) {
                ended_ = true;
                if (block_.elements.empty()) throw step_failed{read_, std::current_exception()};
                failure_ = std::make_exception_ptr(step_failed{read_, std::current_exception()});
            }
        }
    }

    void read_one() {
        if (std::exchange(advance_, false)) ++*next_;
        ended_ = *next_ == *end_;
        if (ended_) return;
        block_.elements.push_back(Traits::keep(*next_));
        advance_ = true;
        ++read_;
    }

    View& view_;
    const std::size_t length_;
    const Check check_;
    std::optional<iterator_of<View>> next_;
    std::optional<sentinel_of<View>> end_;
    block block_;
    std::uint64_t read_ = 0;
    bool advance_ = false;
    bool ended_ = false;
    std::exception_ptr failure_;
};

}  // namespace parimap::detail

#endif

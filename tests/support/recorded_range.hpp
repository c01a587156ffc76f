// SPDX-License-Identifier: MIT
// An input range that records how far it was pulled, when and by which thread, and that can fail on demand.
#ifndef PARIMAP_TESTS_SUPPORT_RECORDED_RANGE_HPP
#define PARIMAP_TESTS_SUPPORT_RECORDED_RANGE_HPP

#include <atomic>
#include <cstddef>
#include <functional>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <thread>
#include <type_traits>

namespace parimap_test {

struct input_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

// What happened to a recorded range. The test thread makes every call on the imap through `during`, and keeps
// `handed` and `window` up to date; the record notes each pull that the design forbids.
class pull_record {
  public:
    std::atomic<std::size_t> taken{0};      // elements read
    std::atomic<std::size_t> advanced{0};   // increments
    std::atomic<std::size_t> strangers{0};  // pulls by another thread than the test's
    std::atomic<std::size_t> outside{0};    // pulls while no call on the imap was running
    std::atomic<std::size_t> overdrawn{0};  // reads that left more than `window` elements with the engine
    std::atomic<std::size_t> ahead{0};      // increments towards an element there was no room for
    std::atomic<std::size_t> handed{0};     // results the caller has: returned by a call that has ended
    std::size_t window = never;

    std::size_t fail_begin = never;    // 0: begin() throws
    std::size_t fail_advance = never;  // k: the increment that leads to element k throws
    std::size_t fail_read = never;     // k: reading element k throws

    template <class Call>
    decltype(auto) during(Call&& call) {
        struct leave {
            std::atomic<bool>& flag;
            ~leave() { flag.store(false); }
        } leave{inside_};
        inside_.store(true);
        return std::invoke(call);
    }

    bool broke_no_rule() const { return strangers + outside + overdrawn + ahead == 0; }

    void begin() {
        touch();
        if (fail_begin == 0) throw input_error{"begin"};
    }
    void read(std::size_t index) {
        touch();
        if (index == fail_read) throw input_error{"read"};
        if (index + 1 > taken.load()) taken.store(index + 1);
        if (taken.load() > handed.load() + window && window != never) ++overdrawn;
    }
    void advance(std::size_t index) {
        touch();
        ++advanced;
        if (window != never && index + 1 >= handed.load() + window) ++ahead;
        if (index + 1 == fail_advance) throw input_error{"advance"};
    }
    void touch() {
        if (std::this_thread::get_id() != caller_) ++strangers;
        if (!inside_.load()) ++outside;
    }

  private:
    std::thread::id caller_ = std::this_thread::get_id();
    std::atomic<bool> inside_{false};
};

struct single_pass {};
struct multi_pass {};

// The numbers 0 .. count-1. Single-pass, or forward with references into an array of its own.
template <class Passes = single_pass>
class recorded_range {
    static constexpr bool forward = std::is_same_v<Passes, multi_pass>;

  public:
    recorded_range(pull_record& record, std::size_t count) : record_{&record}, count_{count} {}

    class iterator {
      public:
        using iterator_category = std::conditional_t<forward, std::forward_iterator_tag, std::input_iterator_tag>;
        using iterator_concept = iterator_category;
        using value_type = int;
        using difference_type = std::ptrdiff_t;
        using reference = int;
        using pointer = void;

        iterator() = default;
        iterator(pull_record& record, std::size_t count) : record_{&record}, count_{count} {}

        int operator*() const {
            record_->read(index_);
            return static_cast<int>(index_);
        }
        iterator& operator++() {
            record_->advance(index_);
            ++index_;
            return *this;
        }
        auto operator++(int) {
            if constexpr (forward) {
                iterator before = *this;
                ++*this;
                return before;
            } else {
                ++*this;
            }
        }
        friend bool operator==(const iterator& a, const iterator& b)
            requires forward
        {
            return a.index_ == b.index_;
        }
        friend bool operator==(const iterator& it, std::default_sentinel_t) {
            it.record_->touch();
            return it.index_ == it.count_;
        }

      private:
        pull_record* record_ = nullptr;
        std::size_t count_ = 0;
        std::size_t index_ = 0;
    };

    iterator begin() const {
        record_->begin();
        return iterator{*record_, count_};
    }
    std::default_sentinel_t end() const { return {}; }

  private:
    pull_record* record_;
    std::size_t count_;
};

}  // namespace parimap_test

#endif

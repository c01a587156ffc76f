// SPDX-License-Identifier: MIT
// Watches the seats that jobs run on: how many run at once, and whether two ever share a seat.
#ifndef PARIMAP_TESTS_SUPPORT_SEAT_BOOK_HPP
#define PARIMAP_TESTS_SUPPORT_SEAT_BOOK_HPP

#include <parimap/parimap.hpp>

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace parimap_test {

class seat_book {
  public:
    explicit seat_book(std::size_t seats) : holders_(seats) {}

    // Made at the start of a job and destroyed at its end. A nested job on the same thread keeps the seat.
    class job {
      public:
        explicit job(seat_book& book) : book_{book}, seat_{parimap::this_worker_index()} {
            if (seat_ >= book_.holders_.size()) {
                ++book_.faults_;
                return;
            }
            before_ = book_.holders_[seat_].exchange(std::this_thread::get_id());
            if (before_ == std::thread::id{}) {
                const std::size_t running = ++book_.running_;
                std::size_t most = book_.most_.load();
                while (most < running && !book_.most_.compare_exchange_weak(most, running)) {
                }
            } else if (before_ != std::this_thread::get_id()) {
                ++book_.faults_;
            }
        }
        job(const job&) = delete;
        job& operator=(const job&) = delete;
        ~job() {
            if (parimap::this_worker_index() != seat_) ++book_.faults_;
            if (seat_ >= book_.holders_.size()) return;
            if (before_ == std::thread::id{}) --book_.running_;
            book_.holders_[seat_].store(before_);
        }

      private:
        seat_book& book_;
        std::size_t seat_;
        std::thread::id before_;
    };

    std::size_t most_at_once() const { return most_.load(); }
    std::size_t faults() const { return faults_.load(); }

  private:
    std::vector<std::atomic<std::thread::id>> holders_;
    std::atomic<std::size_t> running_{0};
    std::atomic<std::size_t> most_{0};
    std::atomic<std::size_t> faults_{0};
};

}  // namespace parimap_test

#endif

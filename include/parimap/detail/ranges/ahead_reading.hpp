// SPDX-License-Identifier: MIT
// A thread that reads a range, some elements ahead of who takes them.
#ifndef PARIMAP_DETAIL_RANGES_AHEAD_READING_HPP
#define PARIMAP_DETAIL_RANGES_AHEAD_READING_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/system/mutex.hpp>
#include <parimap/detail/system/process.hpp>
#include <parimap/errors.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

template <class View>
class ahead_reading {
    using element = value_of<View>;

  public:
    ahead_reading(View view, std::size_t most) : shared_(std::make_shared<shared>(std::move(view), most)) {}

    ~ahead_reading() {
        if (!process_) return;
        if (process_->is_another()) {  // which has no such thread, and that one may have held the lock
            new std::shared_ptr<shared>(std::move(shared_));
            return;
        }
        shared_->leave();
        if (is_in_exit()) {
            shared_->reader.detach();  // perhaps it waits for input that never comes
        } else {
            shared_->reader.join();
        }
    }

    ahead_reading(const ahead_reading&) = delete;
    ahead_reading& operator=(const ahead_reading&) = delete;

    std::optional<element> next() {
        if (!process_) {
            watch_process();
            shared_->reader = std::thread([mine = shared_] { mine->read_all(); });
            process_.emplace();
        }
        if (process_->is_another()) {
            throw error(
                "parimap: this read_ahead is that of the parent process, whose thread is not in this one; read the input anew");
        }
        return shared_->take();
    }

  private:
    struct shared {
        shared(View v, std::size_t m) : view(std::move(v)), most(m) {}

        void read_all() noexcept {
            try {
                if (!wait_for_room()) return;
                const auto last = end_of(view);
                for (auto next = begin_of(view); !(next == last); ++next) {
                    put(*next);
                    if (!wait_for_room()) return;
                }
                end(nullptr);
            } catch (...) {
                end(std::current_exception());
            }
        }

        /// Before the next element is read. False where nobody wants it.
        bool wait_for_room() {
            lock held(mutex);
            changed.wait(held, [this] { return elements.size() < most || is_left; });
            return !is_left;
        }

        template <class Reference>
        void put(Reference&& read) {
            element value(std::forward<Reference>(read));  // without the lock: it may take long
            const lock held(mutex);
            elements.push_back(std::move(value));
            changed.notify_one();
        }

        void end(std::exception_ptr why) noexcept {
            const lock held(mutex);
            failure = std::move(why);
            has_ended = true;
            changed.notify_one();
        }

        void leave() {
            const lock held(mutex);
            is_left = true;
            changed.notify_one();
        }

        std::optional<element> take() {
            lock held(mutex);
            changed.wait(held, [this] { return !elements.empty() || has_ended; });
            if (elements.empty()) {
                if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
                return std::nullopt;
            }
            std::optional<element> first(std::move(elements.front()));
            elements.pop_front();
            changed.notify_one();
            return first;
        }

        View view;  // the reader's alone
        const std::size_t most;
        detail::mutex mutex;
        condition_variable changed;  // one of the two waits: the reader for room, or the other for an element
        std::deque<element> elements;
        std::exception_ptr failure;
        bool has_ended = false;
        bool is_left = false;
        std::thread reader;
    };

    std::shared_ptr<shared> shared_;        // with the reader, which may outlive the process's static objects
    std::optional<birth_process> process_;  // that of the reader, once there is one
};

}  // namespace parimap::detail

#endif

// SPDX-License-Identifier: MIT
// How the consumer of a call sleeps, and which finished item wakes it.
#ifndef PARIMAP_DETAIL_ENGINE_MONITOR_HPP
#define PARIMAP_DETAIL_ENGINE_MONITOR_HPP

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/few.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/mutex.hpp>

#include <cstddef>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

/// A consumer that is woken for every tiny item costs more than the items. So it first waits patiently: for as much
/// as is worth a wake-up, but for a nap at most. If what it wants is then still missing, it waits urgently: the very
/// item wakes it the moment it is finished. A finished item so waits for the consumer for one nap at most, and a
/// consumer that waits for a long item sleeps without polling.
class PARIMAP_EXPORT monitor {
  public:
    static constexpr time_span nap = time_span::microseconds(700);
    /// How long a consumer sleeps before it looks whether its items found any worker at all.
    static constexpr time_span patience_with_backend = time_span::microseconds(50'000);

    explicit monitor(std::size_t seats);
    ~monitor();

    // ---- by workers ----------------------------------------------------------------------------------------------

    /// Counts the items of one seat that are done with, finished or dropped. Its copy of the count spares the worker a
    /// load that would wait for the store of the item before.
    class tally {
      public:
        void add(std::uint64_t items) noexcept { shared_.store(count_ += items, std::memory_order_release); }

      private:
        friend monitor;
        explicit tally(atomic<std::uint64_t>& shared) noexcept;

        atomic<std::uint64_t>& shared_;
        std::uint64_t count_;
    };

    tally tally_of(std::size_t seat) noexcept { return tally(finished_[seat].items); }

    /// The results of the items [first, end) were published, and then the worker was interrupted (claims::watch) or passed a full
    /// fence.
    void after_items(std::uint64_t first, std::uint64_t end) noexcept;

    /// A worker finished a batch, and with it the items [first, end), of which it has not told.
    void after_batch(std::uint64_t first, std::uint64_t end) noexcept;

    void signal() noexcept;

    // ---- by the consumer -----------------------------------------------------------------------------------------

    std::uint64_t finished() const noexcept;

    /// Sleeps until `enough` items are finished, for one nap at most. ready() is what the consumer waits for.
    template <class Ready>
    void wait_patiently(std::uint64_t enough, instant deadline, Ready ready) {
        enough_.store(enough, std::memory_order_relaxed);
        begin_wait(patient);
        detail::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with after_batch()
        end_wait(ready() ? instant() : earlier(deadline, instant::now() + nap));
    }

    /// Sleeps until `due` is finished, or the deadline. May return early. ready() is what the consumer waits for.
    template <class Ready>
    void wait_urgently(std::uint64_t due, claims& workers, instant deadline, Ready ready) {
        due_.store(due, std::memory_order_relaxed);
        begin_wait(urgent);
        // The result is seen here, or after_item() sees `urgent`; where that is not sure, it is seen after a nap.
        const bool is_sure = workers.watch();
        end_wait(ready() ? instant() : is_sure ? deadline : earlier(deadline, instant::now() + nap));
        workers.unwatch();
    }

  private:
    enum : int { nobody, patient, urgent };
    struct alignas(cache_line) counter {
        atomic<std::uint64_t> items{0};
    };

    /// A consumer that was woken and has no CPU yet gets this one. The kernel would let the worker go on for
    /// milliseconds first, until the window is full.
    void give_way() const noexcept;

    void begin_wait(int how);

    /// Not at all, if the deadline is the begin of time.
    void end_wait(instant deadline);

    alignas(cache_line) atomic<int> waiting_{nobody};  // read by workers for every item, so on a line of its own
    atomic<std::uint64_t> due_{no_item};
    atomic<std::uint64_t> enough_{0};
    alignas(cache_line) mutex mutex_;
    condition_variable wake_;
    // Yes or no, written with the mutex held. (A word: not every processor exchanges bytes.)
    atomic<std::uint32_t> signalled_{0};
    const std::size_t seats_;
    const few<counter> finished_;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/monitor.cpp>  // IWYU pragma: keep
#endif

#endif

// SPDX-License-Identifier: MIT
// A running map or stream, whatever its types: claims batches for the seats that work in it, and ends it.
#ifndef PARIMAP_DETAIL_ENGINE_BATCHED_CALL_HPP
#define PARIMAP_DETAIL_ENGINE_BATCHED_CALL_HPP

#include <parimap/detail/engine/claims.hpp>
#include <parimap/detail/engine/monitor.hpp>
#include <parimap/detail/engine/observation.hpp>
#include <parimap/detail/engine/observed_batch.hpp>
#include <parimap/detail/engine/pace.hpp>
#include <parimap/detail/engine/stop_registry.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/call.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/floating_point.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/owned.hpp>
#include <parimap/detail/system/process.hpp>
#include <parimap/options.hpp>

#include <cstddef>
#include <cstdint>

namespace parimap::inline PARIMAP_ABI::detail {

class PARIMAP_EXPORT batched_call : public call {
  public:
    batched_call(const batched_call&) = delete;
    batched_call& operator=(const batched_call&) = delete;

    /// Starts no further item: cancel(), terminate(), the caller's stop token, the end of a stream. Any thread.
    void cancel() noexcept final;

    // In the child of a fork(): see scheduler.
    bool is_inherited() const noexcept { return birth_.is_another(); }
    void throw_if_inherited() const {
        if (is_inherited()) [[unlikely]]
            throw_inherited();
    }

    bool is_cancelled() const noexcept { return cancelled_.load(std::memory_order_seq_cst); }

    bool claimable() const noexcept final { return claims_.claimable(); }

  protected:
    /// with_token: each item gets a stop token.
    batched_call(scheduler& core, const map_options& options, std::size_t max_workers, bool with_token);
    ~batched_call() override;

    /// Call when the call can be reached by cancel(): as late as possible in a constructor, as early in a destructor.
    void obey(const stop_request& stop);
    void obey_no_more() noexcept;

    /// No item from `item` on starts any more, and those that run are told.
    void stop_from(std::uint64_t item) noexcept;

    /// The lowest item that was not run, once no worker is in the call: some dropped one, or the first that no batch
    /// took.
    std::uint64_t first_not_run() const noexcept;

    /// An item may be overtaken by so many others before it goes first: with a window, by one window of them. (A
    /// pulled item sits in a ring of twice the window, and must start before the ring comes round.)
    void set_max_lag(std::uint64_t items) noexcept { max_lag_.store(items, std::memory_order_relaxed); }

    std::uint64_t max_lag() const noexcept { return max_lag_.load(std::memory_order_relaxed); }

    /// In which its items run.
    const floating_point_mode& mode() const noexcept { return floating_point_mode_; }

    /// By a worker whose item threw; it is counted as finished beside.
    void item_failed(std::size_t seat) noexcept;

    /// By a worker that did not start the item, nor any behind it in its batch.
    void note_dropped(std::uint64_t item) noexcept;

    struct items_run {
        std::uint64_t first;
        std::uint64_t count;
        std::uint64_t told;  // the consumer was told of those before this one, where it waited for them
    };

    scheduler& pool_;
    claims claims_;
    monitor monitor_;
    pace pace_;
    stop_registry tokens_;
    const observation observation_;  // of nobody, if none asked for progress, report or trace

  private:
    struct stop_callback;

    /// Runs the seat's batch, until it is empty or no item starts any more. watching: told of each item, or null.
    virtual items_run run_items(std::size_t seat, observed_batch* watching) noexcept = 0;

    /// A worker leaves: what its seat has kept at hand goes where all results are. latest: an item that it has run.
    virtual void flush(std::size_t seat, std::uint64_t latest) noexcept = 0;

    [[noreturn]] static void throw_inherited();

    void changed() noexcept final { monitor_.signal(); }
    void work(std::size_t seat, stint length) noexcept final;
    void run_batches(std::size_t seat, stint length) noexcept;
    void run_batch(std::size_t seat, bool is_measured) noexcept;
    bool has_news_after_patience() const noexcept;

    const birth_process birth_;                                                              // of the pool
    const floating_point_mode floating_point_mode_ = floating_point_mode::of_this_thread();  // the caller's, at the call
    atomic<std::uint64_t> max_lag_{no_item};
    atomic<std::uint64_t> first_dropped_{no_item};
    atomic<bool> cancelled_{false};
    owned<stop_callback> on_stop_;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/batched_call.cpp>  // IWYU pragma: keep
#endif

#endif

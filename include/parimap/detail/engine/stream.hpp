// SPDX-License-Identifier: MIT
// The consumer's side of a running stream: takes items up to the window, hands results over, ends it.
#ifndef PARIMAP_DETAIL_ENGINE_STREAM_HPP
#define PARIMAP_DETAIL_ENGINE_STREAM_HPP

#include <parimap/detail/engine/batched_call.hpp>
#include <parimap/detail/engine/mapped_call.hpp>
#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/footprint.hpp>
#include <parimap/detail/ranges/pull_result.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/results.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/cache_line.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/detail/system/process.hpp>
#include <parimap/detail/system/stopwatch.hpp>
#include <parimap/options.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// What the types of a stream say to the part of it that has none.
struct stream_traits {
    bool with_token;  ///< f takes a stop token
    bool pulled;      ///< the consumer's thread reads the input
    bool sized;
    bool in_order;
    bool items_own;                ///< an item may own memory beside itself
    std::uint64_t bytes_per_item;  ///< with its result
    std::uint64_t bytes_in_rings;  ///< for each item of the largest window
};

struct stream_setup {
    std::shared_ptr<scheduler> core;
    const map_options& options;
    stream_traits traits;
};

/// A call whose results are handed over one at a time, as far as that does not depend on their type. One consumer; its thread is the
/// only one that touches the input of a pulled source.
class PARIMAP_EXPORT stream_base : public shared_stream, public batched_call {
  public:
    bool wait_for_next(instant deadline) override;
    std::uint64_t remaining() const noexcept final {
        // An input that failed is told behind the results: whoever takes no more than remain must come to it.
        return (total_ > handed_ ? total_ - handed_ : 0) + (input_failure_ ? 1 : 0);
    }
    std::optional<std::size_t> failed_index() const noexcept final;
    void stop() noexcept final;

    /// Opens the call, asks the input for its size and takes the first items. After all constructors, for workers come at once; where it
    /// throws, the stream has to be destroyed.
    void start(const map_options& options);

  protected:
    explicit stream_base(stream_setup&& setup);
    ~stream_base() override;

    /// Starts no further item, stops the running ones' token and returns when they have returned, once. The first thing that the
    /// destructor of the most derived class does.
    void end() noexcept;

    /// Whether there is nothing more to hand over.
    bool is_at_end() const noexcept { return handed_ >= total_; }

    /// Whether the consumer may take a result that is there without a look at the input.
    bool is_up_to_date() const noexcept { return handed_ < look_at_; }

    /// Waits until the next entry is a result that is handed over, taking new items where it is time. False at the end. Throws what the
    /// item threw, cancelled, timed_out; error in the child of a fork().
    bool find_next(instant deadline);

    /// Whether the item was read: those behind one that could not be are not handed over.
    bool is_wanted(std::uint64_t item) const noexcept { return item <= cut_; }

    void hand_over() noexcept { ++handed_; }

    struct front_entry {
        item_number item;
        bool is_value;
    };

  private:
    static constexpr std::uint64_t gathered_batch = 1024;
    /// An element that takes so long to read is not read while a result is there, nor while one is about to be.
    static constexpr time_span slow_read = time_span::microseconds(400);
    /// The call that makes the stream fills the window, unless so many elements were slow and there is a result by then.
    static constexpr int enough_slow_reads = 8;

    // ---- what depends on the types -------------------------------------------------------------------------------

    /// Asks the input for its first element, if it reads. Returns how many there are, or unknown_size.
    virtual std::uint64_t begin_input(bool reads) = 0;
    /// Makes the rings for the largest window.
    virtual void reserve(std::uint64_t window) = 0;
    /// Makes the results' places below the limit usable.
    virtual void prepare(std::uint64_t limit) noexcept = 0;
    /// Reads the next element; owned: the memory that it owns.
    virtual pull_result pull(std::uint64_t& owned) = 0;
    /// The next entry to hand over, a result or a failure. False if it is not there.
    virtual bool see_front(front_entry& front) noexcept = 0;
    /// Drops it; returns why it is a failure, if it is one.
    virtual std::exception_ptr pop_front(failure_of& whose) noexcept = 0;
    /// The item whose end the consumer waits for.
    virtual std::uint64_t due() const noexcept = 0;

    // ---- what does not -------------------------------------------------------------------------------------------

    void begin(std::size_t fixed_window);
    void leave() noexcept final;
    bool can_be_left() const noexcept;
    bool has_result() noexcept;
    bool has_wanted_result() noexcept;
    void skip() noexcept;
    void throw_if_cancelled() const;
    bool look(bool has_result, instant deadline);
    void finish_input();
    void miss(item_number item);
    [[noreturn]] void throw_failure(item_number item, std::exception_ptr exception);
    void end_observation() noexcept;
    bool should_refill_first() const noexcept;
    void refill(instant deadline);
    void read_first(std::uint64_t wanted);
    void read_on(std::uint64_t wanted, instant deadline);
    bool is_result_first(instant deadline);
    void gather(instant deadline);
    bool pull_next();
    void make_available(std::uint64_t limit) noexcept;
    bool drained() const noexcept;
    bool is_cut_short() const noexcept;
    bool wait(instant deadline);
    bool look_until(instant deadline);

    alignas(cache_line) const std::shared_ptr<scheduler> keep_;  // the pool object may go before the stream
    const stream_traits traits_;
    std::size_t* const told_failed_index_;
    std::uint64_t total_ = 0;       // items of the input, as far as is known
    std::uint64_t cut_ = no_item;   // the element that could not be read
    std::uint64_t handed_ = 0;      // handed over, results and exceptions
    std::uint64_t look_at_ = 0;     // nobody need look at the input before so many are handed over:
    std::uint64_t refill_at_ = 0;   // refill() has nothing to do,
    std::uint64_t gather_at_ = 0;   // gather() neither
    std::uint64_t skipped_ = 0;     // finished but not handed over, because the input ended before them
    item_number failed_ = no_item;  // the latest that was thrown
    std::exception_ptr input_failure_;
    stopwatch reading_;
    bool is_open_ = false;
    bool began_ = false;  // the call that makes the stream is over
    atomic<bool> is_fetching_{false};
    const void* const maker_ = mark_of_this_thread();
};

/// The stream that one function makes of one source.
template <class Source, class F, results_of_stream Results>
class stream : public mapped_call<stream_base, Source, F, Results> {
    using base = mapped_call<stream_base, Source, F, Results>;
    using value_type = typename base::invocation_type::value;
    using entry = typename Results::entry;

  protected:
    using base::pace_, base::results_, base::source_;

  public:
    template <class View, class... ResultsArgs>
    stream(std::shared_ptr<scheduler> core, const map_options& options, View&& view, F f, ResultsArgs&&... results_args)
        : base(stream_setup{std::move(core), options, traits}, std::forward<View>(view), std::forward<F>(f),
               std::forward<ResultsArgs>(results_args)...) {}
    [[gnu::noinline]] ~stream() override { this->end(); }  // which has three callers

  protected:
    void* fetch(instant deadline) override {
        release();
        // What most calls find, without the registers that all else needs.
        if (!this->is_inherited() && !this->is_at_end() && !this->is_cancelled() && this->is_up_to_date()) [[likely]] {
            entry* e = results_.front();
            if (e && e->is_value() && this->is_wanted(results_.item_of(*e))) [[likely]]
                return hold(*e);
        }
        return this->find_next(deadline) ? hold(*results_.front()) : nullptr;
    }

  private:
    void* hold(entry& e) {
        if constexpr (can_own<value_type>()) pace_.result_owns(owned_bytes<value_type>(e.get()));
        this->hand_over();
        fetched_ = std::addressof(e);
        return std::addressof(e.get());
    }

    void release() noexcept final {
        if (fetched_) results_.pop(*std::exchange(fetched_, nullptr));
    }

    static constexpr stream_traits traits = {
        .with_token = base::invocation_type::with_token,
        .pulled = Source::pulled,
        .sized = Source::sized,
        .in_order = Results::in_order,
        .items_own = Source::owns_memory,
        .bytes_per_item = Source::bytes_per_item + Results::bytes_per_result,
        .bytes_in_rings = Source::bytes_in_ring > Results::bytes_in_ring ? Source::bytes_in_ring : Results::bytes_in_ring};

    void reserve(std::uint64_t window) override {
        results_.reserve(window);
        if constexpr (Source::pulled) source_.reserve(window);
    }
    void prepare(std::uint64_t limit) noexcept override { results_.prepare(limit); }
    bool see_front(typename base::front_entry& front) noexcept override {
        entry* e = results_.front();
        if (!e) return false;
        front = {results_.item_of(*e), e->is_value()};
        return true;
    }
    std::exception_ptr pop_front(failure_of& whose) noexcept override {
        entry& e = *results_.front();
        std::exception_ptr exception = e.is_value() ? nullptr : e.exception();
        if (exception) whose = e.whose_failure();
        results_.pop(e);
        return exception;
    }
    std::uint64_t due() const noexcept override { return results_.due(); }

    entry* fetched_ = nullptr;  // by the latest fetch(), and not popped yet
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/stream.cpp>  // IWYU pragma: keep
#endif

#endif

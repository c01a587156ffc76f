// SPDX-License-Identifier: MIT
// The caller's side of a blocking call: supplies the items, works along, and throws what a serial loop would have.
#ifndef PARIMAP_DETAIL_ENGINE_BLOCKING_HPP
#define PARIMAP_DETAIL_ENGINE_BLOCKING_HPP

#include <parimap/detail/engine/batched_call.hpp>
#include <parimap/detail/engine/call_on.hpp>
#include <parimap/detail/engine/mapped_call.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/pull_result.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/ranges/source.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/detail/results/results.hpp>
#include <parimap/detail/system/item_number.hpp>
#include <parimap/options.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// What the types of a blocking call say to the part of it that has none.
struct blocking_traits {
    bool with_token;   ///< f takes a stop token
    bool pulled;       ///< the caller's thread reads the input
    bool items_own;    ///< an item may own memory beside itself
    bool in_sequence;  ///< all seats should be at work in the same place
    std::uint64_t bytes_per_item;
    std::uint64_t bytes_in_ring;  ///< for each item of the largest window
};

struct blocking_setup {
    scheduler& core;
    const map_options& options;
    blocking_traits traits;
};

/// A call whose caller waits for all of its items, as far as that does not depend on their types.
class PARIMAP_EXPORT blocking_base : public batched_call {
  public:
    /// Returns when all items have finished, with their number, or throws.
    std::uint64_t run();

  protected:
    /// An explicit window smaller than the pool bounds how many items of an indexed source run at once.
    explicit blocking_base(const blocking_setup& setup);
    ~blocking_base() override;

  private:
    // ---- what depends on the types -------------------------------------------------------------------------------

    /// Asks the input for its first element, if it reads. Returns how many there are, or unknown_size.
    virtual std::uint64_t begin_input(bool reads) = 0;
    /// Makes the ring of a pulled input for the largest window.
    virtual void reserve(std::uint64_t window) = 0;
    /// Reads the next element; owned: the memory that it owns.
    virtual pull_result pull(std::uint64_t& owned) = 0;
    /// Whether there is one more.
    virtual bool has_more() = 0;
    /// How many results there is room for at all.
    virtual std::uint64_t room() const noexcept = 0;
    /// Makes room for the results of the items below `limit`.
    virtual void prepare(std::uint64_t limit) = 0;
    virtual first_failure& failure() noexcept = 0;

    // ---- what does not -------------------------------------------------------------------------------------------

    struct ending;
    void begin();
    [[noreturn]] static void too_short();
    void note_failed(std::uint64_t item) const noexcept;
    void supply();
    bool has_room() noexcept;
    bool pull_next();
    template <class Ready>
    void wait(bool& may_nap, Ready ready) noexcept;
    void report();

    const map_options& options_;
    const blocking_traits traits_;
    std::uint64_t pulled_ = 0;
    std::uint64_t total_ = 0;  // unknown_size until an unsized input has ended
    std::exception_ptr input_failure_;
};

/// Runs f over all items of the source. F is `const function&`: the caller waits, so nothing is copied.
template <class Source, class F, results_of_blocking_call Results>
class blocking : public mapped_call<blocking_base, Source, F, Results> {
    using base = mapped_call<blocking_base, Source, F, Results>;

  protected:
    using base::results_, base::source_;

  public:
    template <class View, class... ResultsArgs>
    blocking(scheduler& core, const map_options& options, View&& view, F f, ResultsArgs&&... results_args)
        : base(blocking_setup{core, options, traits}, std::forward<View>(view), f, std::forward<ResultsArgs>(results_args)...) {}

    Results& results() noexcept { return results_; }

  private:
    template <class R>
    static constexpr bool wants_sequence() {
        if constexpr (requires { R::keeps_at_hand; }) return !R::keeps_at_hand;
        return false;
    }
    static constexpr blocking_traits traits = {.with_token = base::invocation_type::with_token,
                                               .pulled = Source::pulled,
                                               .items_own = Source::owns_memory,
                                               .in_sequence = wants_sequence<Results>(),
                                               .bytes_per_item = Source::bytes_per_item,
                                               .bytes_in_ring = Source::bytes_in_ring};

    void reserve([[maybe_unused]] std::uint64_t window) override {
        if constexpr (Source::pulled) source_.reserve(window);
    }
    bool has_more() override {
        if constexpr (Source::pulled) return source_.has_more();
        return false;
    }
    std::uint64_t room() const noexcept override { return results_.room(); }
    void prepare(std::uint64_t limit) override { results_.prepare(limit); }
    first_failure& failure() noexcept override { return results_; }
};

/// Builds and runs a blocking call over a view; returns what take makes of its results, as call_on says.
/// Core: a scheduler, or what a pool is made of.
template <class Results, bool Zipped, class Core, class View, class F, class Take, class... ResultsArgs>
decltype(auto) run_blocking(Core& core, const map_options& options, View view, const F& f, Take take,
                            ResultsArgs&&... results_args) {
    static_assert(!is_infinite<View>(),
                  "parimap: this range has no end, so a call that waits for all its items would never return; use "
                  "ordered_imap or unordered_imap, or take() a part of it.");
    using source = source_for<View, Zipped>;
    return call_on<Core>::template run<blocking<source, const F&, Results>>(core, take, options, std::move(view), f,
                                                                            std::forward<ResultsArgs>(results_args)...);
}

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/blocking.cpp>  // IWYU pragma: keep
#endif

#endif

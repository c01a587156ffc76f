// SPDX-License-Identifier: MIT
// The caller's side of a blocking call: supplies the items, works along, and throws what a serial loop would have.
#ifndef PARIMAP_DETAIL_ENGINE_BLOCKING_HPP
#define PARIMAP_DETAIL_ENGINE_BLOCKING_HPP

#include <parimap/detail/engine/job.hpp>
#include <parimap/detail/results/failures.hpp>
#include <parimap/errors.hpp>
#include <parimap/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace parimap::detail {

/// Runs f over all items of the source. F is `const function&`: the caller waits, so nothing is copied.
template <class Source, class F, class Results>
class blocking final : public job<Source, F, Results> {
    using base = job<Source, F, Results>;
    using base::claims_, base::monitor_, base::observer_, base::pace_, base::pool_, base::results_, base::source_;
    using clock = monitor::clock;

  public:
    /// An explicit window smaller than the pool bounds how many items of an indexed source run at once.
    template <class View, class... ResultsArgs>
    blocking(scheduler& core, const map_options& options, View&& view, F f, ResultsArgs&&... results_args)
        : base(core, options, options.window ? std::min(options.window, core.size()) : core.size(),
               std::forward<View>(view), f, std::forward<ResultsArgs>(results_args)...),
          options_(options) {}

    /// Returns when all items have finished, with their number, or throws.
    std::uint64_t run() {
        pool_.open(*this, true);  // throws where the pool is closed, and the input has not been asked for anything
        {
            const ending guard{*this};
            this->obey(options_.stop);
            begin();
            if constexpr (Source::pulled) {
                supply();
            } else {
                if (observer_) observer_->supply_ends_with(idle_cause::nothing_left);
                claims_.raise_limit(total_);
            }
        }
        report();
        return total_;
    }

    Results& results() noexcept { return results_; }

  private:
    /// However supplying ends, nothing may run once this call is gone.
    struct ending {
        blocking& self;
        ~ending() {
            self.pool_.finish(self);
            self.obey_no_more();
            if (!self.observer_) return;
            if (self.input_failure_ || self.is_cancelled()) self.observer_->set_failed();
            self.observer_->finish();
        }
    };

    void begin() {
        try {
            total_ = source_.begin(!this->is_cancelled());
        } catch (...) {
            note_failed(0);
            throw;
        }
        if (total_ != unknown_size && total_ > results_.room()) too_short();
        if constexpr (Source::pulled) {
            source_.reserve(pace_.set_window(options_.window, total_, Source::bytes_per_item, Source::bytes_in_ring));
        } else {
            results_.prepare(total_);
        }
        if (observer_) observer_->begin(total_ == unknown_size ? std::nullopt : std::optional(total_));
    }

    [[noreturn]] void too_short() const {
        throw std::length_error("parimap: the output range is shorter than the input; make it at least as long");
    }

    void note_failed(std::uint64_t item) const noexcept {
        if (options_.failed_index) *options_.failed_index = static_cast<std::size_t>(item);
    }

    /// Pulls items as long as fewer than a window of them are unfinished, then waits, or works where it must.
    void supply()
        requires Source::pulled
    {
        while (pull()) {
            if (has_room()) continue;
            if (observer_) observer_->supply_ends_with(idle_cause::slow_item);
            for (bool napped = false; !has_room();) wait(napped, [this] { return has_room(); });
            if (observer_) observer_->supply_ends_with(idle_cause::input);
        }
        if (observer_) observer_->supply_ends_with(idle_cause::nothing_left);
    }

    bool has_room() noexcept {
        const std::uint64_t finished = monitor_.finished();
        const std::uint64_t window = pace_.window(finished);
        this->set_max_lag(window);
        const std::uint64_t pulled = source_.pulled_count();
        return pulled - finished < window || !claims_.is_open(pulled);  // or there will be no next item
    }

    bool pull() {
        const std::uint64_t finished = monitor_.finished();
        const std::uint64_t pulled = source_.pulled_count();
        if (!claims_.is_open(pulled)) return false;  // cancelled, or an item before has failed
        try {
            if (pulled == results_.room()) {
                if (source_.has_more()) too_short();
                total_ = pulled;
                return false;
            }
            results_.prepare(pulled + 1);
            switch (source_.pull()) {
                case Source::pull_result::end: total_ = pulled; return false;
                case Source::pull_result::no_room: {  // an item that nobody has started sits in the way
                    bool napped = true;
                    wait(napped, [&] { return monitor_.finished() > finished; });
                    return true;
                }
                case Source::pull_result::item: break;
            }
        } catch (...) {
            input_failure_ = std::current_exception();
            total_ = pulled;
            return false;
        }
        if constexpr (Source::owns_memory) pace_.item_owns(source_.owned_by_latest());
        claims_.raise_limit(pulled + 1);
        pool_.announce(*this);
        return true;
    }

    /// Works along where it must, or sleeps until ready(), which a finished item can make true: first until half of
    /// what is under way has finished, if items are cheap, then until any item has. May return early.
    template <class Ready>
    void wait(bool& napped, Ready ready) noexcept {
        const bool helps = pool_.caller_must_help();
        if (helps && pool_.help(*this, stint::one_batch)) return;
        const auto urgently = [&](clock::time_point deadline, auto also) {
            monitor_.wait_urgently(monitor::any_item, claims_, deadline, [&] { return ready() || also(); });
        };
        if (helps) {
            pool_.want_seat(*this, true);
            urgently(clock::time_point::max(), [&] { return pool_.can_help(*this); });
            pool_.want_seat(*this, false);
        } else if (pace_.batched() && !napped) {
            napped = true;
            const std::uint64_t finished = monitor_.finished();
            const std::uint64_t half = (source_.pulled_count() - finished) / 2;
            monitor_.wait_patiently(finished + std::max<std::uint64_t>(1, half), clock::time_point::max(), ready);
        } else if (scheduler::has_worker(*this)) {
            urgently(clock::time_point::max(), [] { return false; });
        } else {
            urgently(clock::now() + monitor::patience_with_backend, [] { return false; });
            if (!ready() && !scheduler::has_worker(*this)) pool_.help(*this, stint::one_item);
        }
    }

    /// Throws if not all items have finished: the failure with the lowest index, as a serial loop would have; or what
    /// the input threw behind all of them; or cancelled.
    void report() {
        const std::uint64_t not_run = this->first_not_run();
        if (const std::uint64_t failed = results_.failed_item(); failed < not_run) {
            note_failed(failed);
            std::rethrow_exception(results_.take_failure());
        }
        if (not_run < total_) throw cancelled("parimap: the call was stopped by its stop token or terminate() before all items had finished");
        if (input_failure_) {
            note_failed(total_);
            std::rethrow_exception(std::exchange(input_failure_, nullptr));
        }
    }

    const map_options& options_;
    std::uint64_t total_ = 0;  // unknown_size until an unsized input has ended
    std::exception_ptr input_failure_;
};

/// Builds and runs a blocking call over a view; returns the number of items. take() gets the results before they go.
template <class Results, bool Zipped, class View, class F, class Take, class... ResultsArgs>
decltype(auto) run_blocking(scheduler& core, const map_options& options, View view, const F& f, Take take,
                            ResultsArgs&&... results_args) {
    static_assert(!is_infinite<View>(),
                  "parimap: this range has no end, so a call that waits for all its items would never return; use "
                  "ordered_imap or unordered_imap, or take() a part of it.");
    using source = source_for<View, Zipped>;
    blocking<source, const F&, Results> call(core, options, std::move(view), f, std::forward<ResultsArgs>(results_args)...);
    const std::uint64_t items = call.run();
    return take(call.results(), items);
}

}  // namespace parimap::detail

#endif

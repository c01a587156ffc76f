// SPDX-License-Identifier: MIT
// What a call can be asked to show: a bar, a report. And the two sides of it that know nothing of each other.
#ifndef PARIMAP_DETAIL_WATCH_WATCHING_HPP
#define PARIMAP_DETAIL_WATCH_WATCHING_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/item_number.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

struct progress_options;
struct run_report;

namespace detail {

struct call_record;

struct progress_counts {
    std::uint64_t done = 0;    // finished items, with those that threw
    std::uint64_t failed = 0;  // those that threw
    bool all_started = false;  // no item is left to start
};

/// What a bar looks at. Any thread, at any time until the bar is closed.
class progress_source {
  public:
    virtual progress_counts counts() const noexcept = 0;

    /// Who may run items, and which each one runs just now. A guess: an item that is seen twice has run in between.
    virtual std::size_t seats() const noexcept { return 0; }
    virtual std::uint64_t running_item(std::size_t /*seat*/) const noexcept { return no_item; }

  protected:
    ~progress_source() = default;
};

/// Items whose results were there before the call, which comes past them all the same.
struct resumed_items {
    explicit resumed_items(std::uint64_t before) noexcept : all(before) {}

    const std::uint64_t all;
    atomic<std::uint64_t> passed{0};
};

/// A bar that shows a source, from its construction until its destruction.
class watcher {
  public:
    watcher() = default;
    watcher(const watcher&) = delete;
    watcher& operator=(const watcher&) = delete;
    virtual ~watcher() = default;

    /// The call ends with an exception that is no item's.
    virtual void set_failed() noexcept = 0;
};

/// map_options::progress. Made from progress_options, from {} as from progress_options{}, or nothing. Which code shows a bar is known where that is
/// written, so a program without bars has none of it.
class PARIMAP_EXPORT progress_request {
  public:
    template <class Options = progress_options>
    progress_request() : progress_request(whole<Options>()) {}
    progress_request(std::nullopt_t) noexcept {}
    template <std::same_as<bool> Bool>
    progress_request(Bool /*wanted*/) {
        static_assert(
            !std::same_as<Bool, bool>,
            "parimap: a progress bar is asked for with its options, .progress = {} where the defaults will do; left out there "
            "is none");
    }

    template <class Options>
        requires std::same_as<Options, progress_options>
    progress_request(Options options) : options_(std::make_shared<const Options>(std::move(options))), open_(&open_bar<Options>) {}

    template <class Options>
        requires std::same_as<Options, progress_options>
    progress_request(std::optional<Options> options) {
        if (options) *this = progress_request(*std::move(options));
    }

    explicit operator bool() const noexcept { return open_ != nullptr; }

    /// The bar is wanted although it will be opened inside a job: the call itself was not made in one.
    void allow_inside_job() noexcept { allowed_inside_job_ = true; }

    /// The bar begins at the number of these items, and its rate is that of the others.
    void resume(std::shared_ptr<const resumed_items> items) noexcept { resumed_ = std::move(items); }

    std::unique_ptr<watcher> open(const progress_source& source, std::optional<std::uint64_t> total) const;

  private:
    class resumed_bar;

    template <class Options>
    static Options whole() {
        static_assert(
            requires { sizeof(Options); }, "parimap: a bar needs #include <parimap/progress.hpp>");
        return Options{};
    }

    template <class Options>
    static std::unique_ptr<watcher> open_bar(const void* options, const progress_source& source, std::optional<std::uint64_t> total,
                                             bool inside_job, std::uint64_t initial) {
        // Found where progress.hpp is included, without which there are no progress_options to be had.
        return open_map_bar(*static_cast<const Options*>(options), source, total, inside_job, initial);
    }

    std::shared_ptr<const void> options_;
    std::unique_ptr<watcher> (*open_)(const void*, const progress_source&, std::optional<std::uint64_t>, bool,
                                      std::uint64_t) = nullptr;
    std::shared_ptr<const resumed_items> resumed_;
    bool allowed_inside_job_ = false;
};

/// map_options::insights. Made from a run_report*, or nothing. As with progress_request, a program without reports has
/// none of their code.
class PARIMAP_EXPORT report_request {
  public:
    report_request() noexcept = default;
    report_request(std::nullptr_t) noexcept {}

    template <class Report>
        requires std::same_as<Report, run_report>
    report_request(Report* report) noexcept
        : report_(report),
          slowest_wanted_([](const void* r) { return static_cast<const Report*>(r)->slowest_wanted; }),
          fill_([](void* r, const call_record& record) { static_cast<Report*>(r)->fill_from(record); }) {}

    template <std::same_as<run_report> Report>
    report_request(Report& /*report*/) noexcept {
        static_assert(sizeof(Report) == 0, "parimap: .insights takes the report's address, .insights = &report");
    }

    explicit operator bool() const noexcept { return report_ != nullptr; }
    std::size_t slowest_wanted() const noexcept { return report_ ? slowest_wanted_(report_) : 0; }

    void fill(const call_record& record) const;

  private:
    void* report_ = nullptr;
    std::size_t (*slowest_wanted_)(const void*) = nullptr;
    void (*fill_)(void*, const call_record&) = nullptr;
};

}  // namespace detail
}  // namespace parimap

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/watching.cpp>  // IWYU pragma: keep
#endif

#endif

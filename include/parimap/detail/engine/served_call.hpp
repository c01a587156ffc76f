// SPDX-License-Identifier: MIT
// A call that was made in another process, here where some of its items run.
#ifndef PARIMAP_DETAIL_ENGINE_SERVED_CALL_HPP
#define PARIMAP_DETAIL_ENGINE_SERVED_CALL_HPP

#include <parimap/codec.hpp>
#include <parimap/detail/engine/far_items.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/engine/mapped_call.hpp>
#include <parimap/detail/engine/served_base.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/served_results.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/system/atomic.hpp>
#include <parimap/detail/system/floating_point.hpp>
#include <parimap/detail/system/slot.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <tuple>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// The items that came and have not started.
template <class Item>
class served_items {
    using kept = typename Item::kept;

  public:
    explicit served_items(served_numbers& numbers)
        : numbers_(numbers), places_(std::make_unique<ring_slot<kept>[]>(most_items_served)) {}

    /// Reads the next; what its codec throws leaves no item.
    void read(std::uint64_t place, byte_reader& in) {
        read_sized(in, [&] { places_[place % most_items_served].build([&] { return Item::read(in); }); });
        numbers_.of(place).has_item.store(true, std::memory_order_relaxed);
    }

    /// By the worker that runs it.
    class taken {
      public:
        explicit taken(served_items& all, std::uint64_t place) noexcept : all_(all), place_(place) {}
        ~taken() { all_.drop(place_); }
        taken(const taken&) = delete;
        taken& operator=(const taken&) = delete;

        typename Item::passed pass() noexcept { return Item::pass(all_.places_[place_ % most_items_served].get()); }

      private:
        served_items& all_;
        const std::uint64_t place_;
    };

    void drop(std::uint64_t place) noexcept {
        atomic<bool>& has_item = numbers_.of(place).has_item;
        if (!has_item.load(std::memory_order_relaxed)) return;
        places_[place % most_items_served].destroy();
        has_item.store(false, std::memory_order_release);
    }

    ~served_items() {
        for (std::uint64_t place = 0; place < most_items_served; ++place) drop(place);
    }
    served_items(const served_items&) = delete;
    served_items& operator=(const served_items&) = delete;

  private:
    served_numbers& numbers_;
    const std::unique_ptr<ring_slot<kept>[]> places_;
};

/// The same as the source of a call.
template <class Item, bool Zipped>
class served_source {
  public:
    static constexpr bool pulled = true;
    static constexpr bool zipped = Zipped;
    static constexpr bool sized = false;
    static constexpr bool counts = false;
    static constexpr bool owns_memory = false;
    using item = typename Item::passed;

    explicit served_source(served_items<Item>& items) noexcept : items_(items) {}

    static std::uint64_t begin(bool /*reads*/) noexcept { return 0; }
    static pull_result pull() noexcept { return pull_result::end; }

    auto reader() const noexcept {
        return [&items = items_](std::uint64_t place) { return typename served_items<Item>::taken(items, place); };
    }
    static item pass(typename served_items<Item>::taken& t) noexcept { return t.pass(); }

  private:
    served_items<Item>& items_;
};

/// Whether f can be called with copies of the items, and returns the same then.
template <class F, class Item, bool Zipped, class R>
consteval bool copies_can_be_served() {
    using called = invocation_with<F, typename arguments_of_item<typename Item::passed, Zipped>::type>;
    if constexpr (called::way == way_of_call::plain || called::way == way_of_call::with_token) {
        using result = typename decltype(called::result_type())::type;
        return std::is_same_v<std::conditional_t<std::is_void_v<result>, std::monostate, std::decay_t<result>>, R>;
    } else {
        return false;
    }
}
template <class F, class Item, bool Zipped, class R>
inline constexpr bool can_be_served = copies_can_be_served<F, Item, Zipped, R>();

/// A served call, whatever its items are made of.
template <class Source, class F, class Results>
class served_call_over : public mapped_call<served_base, Source, F, Results> {
    using call = mapped_call<served_base, Source, F, Results>;

  protected:
    using call::call;

  private:
    void time_items() noexcept final { this->results_.time_items(); }
    bool write_results(byte_writer& out, std::uint64_t cost) final { return this->results_.write(out, cost); }
    bool keeps_results() const noexcept final { return this->results_.keeps_any(); }
    void write_kept_results(byte_writer& out) final { this->results_.write_kept(out); }
    void fail_unread(std::uint64_t item, const std::exception_ptr& exception) noexcept final {
        this->results_.fail_unread(item, exception);
    }
};

/// Its items travel: the call was made elsewhere, or by all ranks over an input that the root alone reads. F: f, or a const reference to it.
template <class F, class Item, bool Zipped, class Results>
class served_call final : private served_numbers,
                          private served_items<Item>,
                          public served_call_over<served_source<Item, Zipped>, F, Results> {
    using items_here = served_items<Item>;
    using call = served_call_over<served_source<Item, Zipped>, F, Results>;

  public:
    template <class View, class... ResultsArgs>
    served_call(const std::shared_ptr<scheduler>& workers, int rank, const View& /*not read*/, F f, ResultsArgs&&... results_args)
        : items_here(static_cast<served_numbers&>(*this)),
          call(served_setup{workers, *this, call::invocation_type::with_token}, static_cast<items_here&>(*this), std::forward<F>(f),
               workers->size(), static_cast<served_numbers&>(*this), rank, std::forward<ResultsArgs>(results_args)...) {
        this->start();
    }
    ~served_call() override { this->end(); }

    /// For: the served_for of the call's results.
    template <class For>
    static std::unique_ptr<served_work> serve(const std::shared_ptr<scheduler>& workers, int rank, byte_reader& in) {
        const floating_point_scope as_the_caller(in.plain<floating_point_mode>());
        F f = codec<F>::read(in);
        return std::apply(
            [&]<class... ResultsArgs>(ResultsArgs&&... args) {
                return std::make_unique<served_call>(workers, rank, std::ignore, std::move(f), std::forward<ResultsArgs>(args)...);
            },
            For::read(in));
    }

  private:
    void read_item(std::uint64_t place, byte_reader& in) override { items_here::read(place, in); }
    void drop_item(std::uint64_t place) noexcept override { items_here::drop(place); }
};

}  // namespace parimap::detail

#endif

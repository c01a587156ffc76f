// SPDX-License-Identifier: MIT
// A call that all ranks make together, on a rank that is not its root.
#ifndef PARIMAP_DETAIL_ENGINE_JOINT_CALL_HPP
#define PARIMAP_DETAIL_ENGINE_JOINT_CALL_HPP

#include <parimap/codec.hpp>
#include <parimap/detail/engine/far_items.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/engine/mapped_call.hpp>
#include <parimap/detail/engine/served_base.hpp>
#include <parimap/detail/engine/served_call.hpp>
#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/served_results.hpp>
#include <parimap/detail/system/instant.hpp>
#include <parimap/detail/travel/exceptions.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// Items of this rank's own input, of which the root sends the numbers.
template <class Source>
class numbered_source {
  public:
    static constexpr bool pulled = true;
    static constexpr bool zipped = Source::zipped;
    static constexpr bool sized = false;
    static constexpr bool counts = false;
    static constexpr bool owns_memory = false;
    using item = typename Source::item;

    template <class View>
    numbered_source(View&& view, served_numbers& numbers) : source_(std::forward<View>(view)), numbers_(numbers) {
        source_.begin(true);
    }
    template <class Pair>
    explicit numbered_source(Pair&& both) : numbered_source(std::move(both.first), *both.second) {}

    static std::uint64_t begin(bool /*reads*/) noexcept { return 0; }
    static pull_result pull() noexcept { return pull_result::end; }

    auto reader() const noexcept {
        return [this, element = source_.reader()](std::uint64_t place) {
            return numbered{std::move(element), numbers_.of(place).item};
        };
    }
    template <class Numbered>
    static item pass(Numbered& one) {
        return one.element(one.number);
    }

  private:
    struct numbered {
        decltype(std::declval<const Source&>().reader()) element;
        std::uint64_t number;
    };

    Source source_;
    served_numbers& numbers_;
};

/// With f and an input of this rank. Source: of the call, which every rank has; only numbers travel.
template <class F, class Source, class Results>
class joint_call final : private served_numbers, public served_call_over<numbered_source<Source>, F, Results> {
    using call = served_call_over<numbered_source<Source>, F, Results>;

  public:
    template <class View, class... ResultsArgs>
    joint_call(const std::shared_ptr<scheduler>& workers, int rank, View&& view, F f, ResultsArgs&&... results_args)
        : call(served_setup{workers, *this, call::invocation_type::with_token},
               std::pair(std::forward<View>(view), static_cast<served_numbers*>(this)), std::forward<F>(f), workers->size(),
               static_cast<served_numbers&>(*this), rank, std::forward<ResultsArgs>(results_args)...) {
        this->start();
    }
    ~joint_call() override { this->end(); }

  private:
    void read_item(std::uint64_t /*place*/, byte_reader& /*in*/) noexcept override {}
    void drop_item(std::uint64_t /*place*/) noexcept override {}
};

/// What a call returns on all ranks, as bytes.
template <class T>
void write_outcome(byte_writer& out, const T& value) {
    codec<T>::write(out, value);
}
template <class T, class Allocator>
void write_outcome(byte_writer& out, const std::vector<T, Allocator>& values) {
    out.plain(values.size());
    for (const auto& value : values) codec<T>::write(out, value);
}
template <class T>
struct outcome_of {
    static T read(byte_reader& in) { return codec<T>::read(in); }
};
template <class T, class Allocator>
struct outcome_of<std::vector<T, Allocator>> {
    static std::vector<T, Allocator> read(byte_reader& in) {
        std::vector<T, Allocator> values;
        for (auto left = in.plain<std::size_t>(); left > 0; --left) values.push_back(codec<T>::read(in));
        return values;
    }
};

/// Throws what the root has thrown, if it has, and writes the index of the item that failed. Returns where the value is read else.
inline byte_reader value_of_outcome(std::span<const std::byte> bytes, std::size_t* failed_index) {
    byte_reader in(bytes);
    if (in.plain<bool>()) return in;
    const auto failed = in.plain<std::size_t>();
    if (failed_index && failed != ~std::size_t{0}) *failed_index = failed;
    std::rethrow_exception(read_exception(in));
}

/// The stream of a rank that is not the root: it has no results, and serves until the root has all of them.
template <class Joint>
class joint_stream final : public shared_stream {
  public:
    template <class... Args>
    explicit joint_stream(std::shared_ptr<follower> root, const call_signature& what, const std::shared_ptr<scheduler>& workers,
                          Args&&... args)
        : root_(std::move(root)) {
        try {
            call_.emplace(workers, root_->rank(), std::forward<Args>(args)...);
        } catch (...) {
            number_ = root_->refuse(std::current_exception(), what);
            return;
        }
        number_ = root_->join(*call_, what);
    }
    ~joint_stream() override {
        try {
            follow();
        } catch (...) {  // nobody asks any more
        }
    }

    bool wait_for_next(instant /*deadline*/) override { return true; }
    std::uint64_t remaining() const noexcept override { return 0; }
    std::optional<std::size_t> failed_index() const noexcept override { return std::nullopt; }
    void stop() noexcept override {}

  private:
    void* fetch(instant /*deadline*/) override {
        if (!has_ended_ && root_->follow_until_next(number_)) follow();
        return nullptr;
    }
    void release() noexcept override {}
    void leave() noexcept override { delete this; }

    void follow() {
        if (std::exchange(has_ended_, true)) return;
        const std::vector<std::byte> outcome = root_->follow(number_, false);
        if (!outcome.empty()) value_of_outcome(outcome, nullptr);
    }

    const std::shared_ptr<follower> root_;
    std::optional<Joint> call_;
    std::uint64_t number_ = 0;
    bool has_ended_ = false;
};

}  // namespace parimap::detail

#endif

// SPDX-License-Identifier: MIT
// A frontend whose results are kept in a journal, where its options ask for one. Included where parimap::journal is linked.
#ifndef PARIMAP_DETAIL_FRONTEND_JOURNALLED_HPP
#define PARIMAP_DETAIL_FRONTEND_JOURNALLED_HPP

#include <parimap/codec.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/detail/journal/journal_request.hpp>
#include <parimap/detail/journal/record_file.hpp>
#include <parimap/detail/ranges/invocation.hpp>
#include <parimap/detail/ranges/range_access.hpp>
#include <parimap/detail/travel/byte_stream.hpp>
#include <parimap/detail/watch/watching.hpp>
#include <parimap/errors.hpp>
#include <parimap/options.hpp>

#if __has_include(<cereal/cereal.hpp>)
#include <parimap/detail/travel/cereal_codec.hpp>  // IWYU pragma: keep: so that all files agree on which types have a codec
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

template <class R>
class result;

namespace detail {

/// How a result is written: by its codec.
template <class R>
struct kept_result {
    static constexpr bool is_possible = can_travel<R> && std::is_move_constructible_v<R>;

    static bool is_success(const R&) noexcept { return true; }
    static void write(byte_writer& out, const R& value) { codec<R>::write(out, value); }
    static R read(byte_reader& in) { return codec<R>::read(in); }
};
/// Where f returns nothing, or what it returns is dropped: that it has run.
template <>
struct kept_result<void> {
    static constexpr bool is_possible = true;
};
/// Of catching(f) its value. An exception is no result, as without catching: the item is run again.
template <class R>
struct kept_result<result<R>> {
    using kept = kept_result<R>;
    static constexpr bool is_possible = kept::is_possible;

    static bool is_success(const result<R>& r) noexcept { return r.has_value(); }
    static void write(byte_writer& out, const result<R>& r) {
        if constexpr (!std::is_void_v<R>) kept::write(out, *r);
    }
    static result<R> read(byte_reader& in) {
        if constexpr (std::is_void_v<R>) {
            return result<R>(std::in_place);
        } else {
            return result<R>(std::in_place, kept::read(in));
        }
    }
};

/// What the copies of a function share while their call runs.
struct running_journal {
    running_journal(const journal_file& file, const journalled_call& call)
        : records(file, call), resumed(std::make_shared<resumed_items>(records.size())) {}

    record_file records;
    const std::shared_ptr<resumed_items> resumed;
};

/// Value: what F returns, decayed; void where it is dropped. F is a reference where the call does not outlive it.
template <class F, class Value>
class journalled_function {
    using function = std::remove_cvref_t<F>;

  public:
    journalled_function(F f, std::shared_ptr<running_journal> journal) : f_(std::forward<F>(f)), journal_(std::move(journal)) {}

    template <class... Args>
        requires std::is_invocable_v<const function&, Args...>
    Value operator()(Args&&... args) const;  // is asked for what it returns; call_for is called

    template <class... Args>
    Value call_for(std::uint64_t item, Args&&... args) const {
        using kept = kept_result<Value>;
        record_file& records = journal_->records;
        if (records.has(item)) {
            journal_->resumed->passed.fetch_add(1, std::memory_order_relaxed);
            if constexpr (std::is_void_v<Value>) {
                return;
            } else {
                const auto bytes = records.read(item);
                byte_reader in(bytes);
                return kept::read(in);
            }
        } else {
            byte_writer record;
            record.leave_room<record_head>();
            if constexpr (std::is_void_v<Value>) {
                std::invoke(f_, std::forward<Args>(args)...);
                records.append(item, record);
            } else {
                Value value(std::invoke(f_, std::forward<Args>(args)...));
                if (kept::is_success(value)) {
                    kept::write(record, value);
                    records.append(item, record);
                }
                return value;
            }
        }
    }

  private:
    F f_;
    std::shared_ptr<running_journal> journal_;
};

template <class F, class Value>
inline constexpr bool wants_item_number<journalled_function<F, Value>> = true;

template <class Value>
inline constexpr std::size_t size_of_result = sizeof(Value);
template <>
inline constexpr std::size_t size_of_result<void> = 0;

/// How many items there will be, as far as the ranges know.
template <class... Ranges>
std::uint64_t items_of_inputs([[maybe_unused]] Ranges&... inputs) {
    if constexpr ((some_sized_range<Ranges> && ...)) {
        return std::min({size_of(inputs)...});
    } else {
        return unknown_items;
    }
}

/// Frontend: the `plain` of one.
template <class Frontend>
class journalled {
    static constexpr std::size_t place_of_f = Frontend::places.function;
    static constexpr bool outlives_call = Frontend::keeps == keeps_in_journal::in_what_it_returns;

  public:
    template <class Core, class... Args>
    static auto run(const Core& core, const map_options& options, Args&&... args) {
        constexpr std::size_t inputs = sizeof...(Args) - std::min(sizeof...(Args), Frontend::places.inputs);
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return with_inputs(type_list<argument<Frontend::places.inputs + I, Args...>...>{}, core, options,
                               std::forward<Args>(args)...);
        }(std::make_index_sequence<inputs>{});
    }

  private:
    template <std::size_t I, class... Args>
    using argument = std::tuple_element_t<I, std::tuple<Args&&...>>;

    template <class Core, class... Ranges, class... Args>
    static auto with_inputs(type_list<Ranges...>, const Core& core, const map_options& options, Args&&... args) {
        if constexpr (!are_ranges<Ranges...>) {
            return Frontend::run(core, options, std::forward<Args>(args)...);  // which says what is wrong
        } else {
            if (!options.journal) return Frontend::run(core, options, std::forward<Args>(args)...);
            using f_as_given = argument<place_of_f, Args...>;
            using types = call_types<f_as_given, Ranges...>;
            using function = typename types::function;
            using value = std::conditional_t<Frontend::keeps == keeps_in_journal::that_it_was_done, void, typename types::result>;
            constexpr bool has_output = place_of_f > 0;
            refuse_ranks(core);
            if constexpr (has_output && std::is_reference_v<typename types::invocation_type::result>) {
                using element = std::remove_cvref_t<decltype(*std::begin(std::declval<argument<0, Args...>>()))>;
                if (!std::is_same_v<element, value>)
                    throw error(
                        "parimap: f returns a reference, and the output's elements are of another type, which may refer to what f "
                        "refers to; a journal has copies: let f return a value");
            }
            if constexpr (!kept_result<value>::is_possible) {
                refuse_type(typeid(value));
                return Frontend::run(core, options, std::forward<Args>(args)...);
            } else {
                auto all = std::forward_as_tuple(std::forward<Args>(args)...);
                const std::uint64_t items = [&]<std::size_t... I>(std::index_sequence<I...>) {
                    return items_of_inputs(std::get<Frontend::places.inputs + I>(all)...);
                }(std::index_sequence_for<Ranges...>{});
                const auto journal = std::make_shared<running_journal>(
                    *options.journal,
                    journalled_call{.type = typeid(value), .size_of_type = size_of_result<value>, .items = items});
                map_options inside = options;
                inside.journal = {};
                inside.progress.resume(journal->resumed);
                using shared = std::conditional_t<outlives_call, function, const function&>;
                shared f = std::get<place_of_f>(std::move(all));
                journalled_function<shared, value> with_journal(std::forward<shared>(f), journal);
                return [&]<std::size_t... I>(std::index_sequence<I...>) {
                    return Frontend::run(core, inside, pick<I>(with_journal, std::get<I>(std::move(all)))...);
                }(std::index_sequence_for<Args...>{});
            }
        }
    }

    /// The I-th argument, or what stands for f.
    template <std::size_t I, class F, class Argument>
    static decltype(auto) pick(F& f, Argument&& given) {
        if constexpr (I == place_of_f) {
            return std::move(f);
        } else {
            return std::forward<Argument>(given);
        }
    }

    template <class Core>
    static void refuse_ranks([[maybe_unused]] const Core& core) {
        if constexpr (requires { core.to_others; }) {
            if (core.to_others || core.with_root)
                throw error(
                    "parimap: a pool with workers on several mpi ranks keeps no journal; make the call on a pool of one rank's "
                    "threads, or "
                    "leave .journal out");
        }
    }

    static void refuse_type(const std::type_info& type) {
        throw error(
            "parimap: results of this type cannot be written to a journal: give it a codec (parimap/codec.hpp), or a serialize "
            "function of cereal, and let it be movable; it is " +
            std::string(type.name()));
    }
};

/// A stream at the end of a pipe is started when its range comes.
template <class Frontend, class Core, class F>
class imap_pipe;

struct with_journal {
    template <class Frontend, class Core, class... Args>
    static auto run(const Core& core, const map_options& options, Args&&... args) {
        if constexpr (Frontend::keeps == keeps_in_journal::not_at_all) {
            if (options.journal)
                throw error(
                    "parimap: parallel_fold, parallel_find_if, parallel_any_of, parallel_all_of and parallel_none_of have no "
                    "results of "
                    "items, which a journal could keep; use parallel_map_reduce, or leave .journal out");
            return Frontend::run(core, options, std::forward<Args>(args)...);
        } else if constexpr (Frontend::keeps == keeps_in_journal::in_another_call) {
            return Frontend::template run_around<journalled>(core, options, std::forward<Args>(args)...);
        } else if constexpr (Frontend::keeps == keeps_in_journal::in_what_it_returns && sizeof...(Args) == 1) {
            return imap_pipe<journalled<Frontend>, Core, std::decay_t<Args>...>(core, options, std::forward<Args>(args)...);
        } else {
            return journalled<Frontend>::run(core, options, std::forward<Args>(args)...);
        }
    }
};

}  // namespace detail
}  // namespace parimap

#endif

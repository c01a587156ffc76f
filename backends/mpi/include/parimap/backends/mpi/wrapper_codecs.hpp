// SPDX-License-Identifier: MIT
// How functions travel that wrap others, and what those return.
#ifndef PARIMAP_BACKENDS_MPI_WRAPPER_CODECS_HPP
#define PARIMAP_BACKENDS_MPI_WRAPPER_CODECS_HPP

#include <parimap/backends/mpi/messages.hpp>
#include <parimap/catching.hpp>
#include <parimap/codec.hpp>
#include <parimap/detail/engine/far_items.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/finding.hpp>
#include <parimap/detail/frontend/fold_of_block.hpp>
#include <parimap/detail/system/trivially_copyable.hpp>
#include <parimap/detail/travel/exceptions.hpp>
#include <parimap/per_worker.hpp>
#include <parimap/unpacked.hpp>
#include <parimap/unseq.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

template <class F>
inline constexpr bool is_wrapper = false;
template <class F>
inline constexpr bool is_wrapper<catching_function<F>> = true;
template <class F>
inline constexpr bool is_wrapper<unpacked_function<F>> = true;
template <class F>
inline constexpr bool is_wrapper<unseq_function<F>> = true;
template <class F, bool Wanted>
inline constexpr bool is_wrapper<finding<F, Wanted>> = !std::is_reference_v<F>;

/// Of one function that does not travel as its bytes: else the wrapper does.
template <class F>
concept wraps_travelling_function = is_wrapper<F> && !trivially_copyable<F> && function_can_travel<typename F::wrapped_function>;

}  // namespace detail

template <detail::wraps_travelling_function F>
struct codec<F> {
    using wrapped = typename F::wrapped_function;

    static void write(byte_writer& out, const F& f) { codec<wrapped>::write(out, f.wrapped()); }
    static F read(byte_reader& in) { return F(codec<wrapped>::read(in)); }
};

/// The states stay where they are: each rank makes its own.
template <class Make, class F>
    requires detail::function_can_travel<Make> && detail::function_can_travel<F>
struct codec<detail::per_worker_function<Make, F>> {
    static void write(byte_writer& out, const detail::per_worker_function<Make, F>& f) {
        codec<Make>::write(out, f.make());
        codec<F>::write(out, f.wrapped());
    }
    static detail::per_worker_function<Make, F> read(byte_reader& in) {
        Make make = codec<Make>::read(in);
        return {std::move(make), codec<F>::read(in)};
    }
};

/// Two functions, which travel one by one as others do.
template <class T, class Make, class Step, class Traits, bool Zipped>
struct codec<detail::fold_of_block<T, Make, Step, Traits, Zipped>> {
    using function = detail::fold_of_block<T, Make, Step, Traits, Zipped>;
    static constexpr bool is_possible = detail::function_can_travel<Make> && detail::function_can_travel<Step>;

    static void write(byte_writer& out, const function& f)
        requires is_possible
    {
        codec<Make>::write(out, f.make);
        codec<Step>::write(out, f.step);
    }
    static function read(byte_reader& in)
        requires is_possible
    {
        return {codec<Make>::read(in), codec<Step>::read(in)};  // braces: in this order
    }
};
template <class T, class Merge>
struct codec<detail::fold_merge<T, Merge>> {
    static void write(byte_writer& out, const detail::fold_merge<T, Merge>& f)
        requires detail::function_can_travel<Merge>
    {
        codec<Merge>::write(out, f.merge);
    }
    static detail::fold_merge<T, Merge> read(byte_reader& in)
        requires detail::function_can_travel<Merge>
    {
        return {codec<Merge>::read(in)};
    }
};

template <class R>
    requires std::is_void_v<R> || detail::can_travel<R>
struct codec<result<R>> {
    static void write(byte_writer& out, const result<R>& r) {
        out.plain(r.has_value());
        if (!r.has_value()) {
            int rank = 0;
            MPI_Comm_rank(MPI_COMM_WORLD, &rank);
            detail::write_exception(out, r.error(), rank);
        } else if constexpr (!std::is_void_v<R>) {
            codec<R>::write(out, *r);
        }
    }
    static result<R> read(byte_reader& in) {
        if (!in.plain<bool>()) return result<R>(detail::read_exception(in));
        if constexpr (std::is_void_v<R>) {
            return result<R>(std::in_place);
        } else {
            return result<R>(std::in_place, codec<R>::read(in));
        }
    }
};

}  // namespace parimap

#endif

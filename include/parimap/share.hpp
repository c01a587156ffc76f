// SPDX-License-Identifier: MIT
// share: a value that every rank of a pool holds.
#ifndef PARIMAP_SHARE_HPP
#define PARIMAP_SHARE_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/basic_pool.hpp>
#include <parimap/codec.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/code_place.hpp>
#include <parimap/detail/travel/shared_values.hpp>
#include <parimap/errors.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace parimap::inline PARIMAP_ABI {

/// A handle of such a value, which can be captured and travels as its bytes. The value is constant, and lives until its pool ends. On one
/// machine it is a pointer. Cost elsewhere: two loads.
template <class T>
class shared {
  public:
    const T& operator*() const noexcept { return *get(); }
    const T* operator->() const noexcept { return get(); }

  private:
    template <class Backend, class Value>
    friend shared<Value> share(const basic_pool<Backend>& workers, Value value);

    shared(const T* here, std::uint64_t number) noexcept : here_(here), number_(number) {}

    const T* get() const noexcept {
        return number_ == 0 ? here_ : static_cast<const T*>(detail::shared_values::of_process().find(number_));
    }

    const T* here_;
    std::uint64_t number_;  // 0: nobody else has it
};

namespace detail {

template <class T>
std::shared_ptr<const void> read_shared(byte_reader& in) {
    return std::make_shared<const T>(codec<T>::read(in));
}

struct sharing {
    template <class Backend>
    static const auto& core_of(const basic_pool<Backend>& workers) {
        return workers.core();
    }
};

}  // namespace detail

/// Sends the value to each rank of the pool, once, and returns the handle with which items find it wherever they run. Throws error where
/// it cannot travel and there are others, and pool_closed.
template <class Backend, class T>
[[nodiscard]] shared<T> share(const basic_pool<Backend>& workers, T value) {
    const auto& core = detail::sharing::core_of(workers);
    core->throw_unless_open();
    auto kept = std::make_shared<const T>(std::move(value));
    const T* const here = kept.get();
    if constexpr (requires { core.to_others; }) {
        if (core.to_others && !core.to_others->is_joint()) {  // else each rank has its own
            if constexpr (detail::can_travel<T>) {
                byte_writer out;
                out.plain(detail::place_of(reinterpret_cast<detail::any_function>(&detail::read_shared<T>)));
                codec<T>::write(out, *kept);
                return shared<T>(here, core.to_others->share(std::move(kept), std::move(out)));
            } else {
                throw error(
                    "parimap: the value that is to be shared cannot travel to other ranks; give its type a serialize function of "
                    "cereal, "
                    "or specialise parimap::codec for it");
            }
        }
    }
    core->keep(std::move(kept));
    return shared<T>(here, 0);
}

}  // namespace parimap

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

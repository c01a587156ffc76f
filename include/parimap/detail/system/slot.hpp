// SPDX-License-Identifier: MIT
// Storage for one item or result that may not exist yet: built in place, moved out once.
#ifndef PARIMAP_DETAIL_SYSTEM_SLOT_HPP
#define PARIMAP_DETAIL_SYSTEM_SLOT_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// end() destroys something. What its destructor throws is dropped: nobody waits for it any more.
template <class T, class End>
void destroy_quietly(End end) noexcept {
    if constexpr (std::is_nothrow_destructible_v<T>) {
        end();
    } else {
        try {
            end();
        } catch (...) {
        }
    }
}

/// Raw storage of a T. Whoever uses it knows whether there is one.
template <class T>
class raw_slot {
  public:
    raw_slot() noexcept {}
    ~raw_slot() noexcept {}
    raw_slot(const raw_slot&) = delete;
    raw_slot& operator=(const raw_slot&) = delete;

    /// Builds the T from what make() returns, without a move.
    template <class Make>
    void build(Make&& make) {
        ::new (static_cast<void*>(std::addressof(value_))) T(std::forward<Make>(make)());
    }

    T& get() noexcept { return value_; }
    void destroy() noexcept {
        destroy_quietly<T>([this] { std::destroy_at(std::addressof(value_)); });
    }

  private:
    union {
        T value_;
    };
};

/// The same for a T that is large: memory of its own, for as long as there is one.
template <class T>
class boxed_slot {
  public:
    template <class Make>
    void build(Make&& make) {
        value_ = new T(std::forward<Make>(make)());
    }

    T& get() noexcept { return *value_; }
    void destroy() noexcept { deleter()(value_); }

    struct deleter {
        void operator()(T* value) const noexcept {
            destroy_quietly<T>([value] { delete value; });
        }
    };
    std::unique_ptr<T, deleter> release() noexcept { return std::unique_ptr<T, deleter>(value_); }

  private:
    T* value_ = nullptr;
};

/// What rings are made of. Their places exist for the whole window, so that the large ones among what lies in them do not.
inline constexpr std::size_t largest_in_ring = 4096;
template <class T>
inline constexpr bool is_boxed_in_ring = sizeof(T) > largest_in_ring;
template <class T>
using ring_slot = std::conditional_t<is_boxed_in_ring<T>, boxed_slot<T>, raw_slot<T>>;

/// A slot that knows. (Not std::optional: that cannot be built from a call's result without a move.)
template <class T>
class slot {
  public:
    slot() noexcept = default;
    ~slot() { reset(); }
    slot(const slot&) = delete;
    slot& operator=(const slot&) = delete;

    template <class Make>
    void build(Make&& make) {
        raw_.build(std::forward<Make>(make));
        full_ = true;
    }

    bool full() const noexcept { return full_; }
    T& get() noexcept { return raw_.get(); }
    void reset() noexcept {
        if (std::exchange(full_, false)) raw_.destroy();
    }
    /// The same for a full slot, but throws what the destructor throws.
    void end() {
        full_ = false;
        std::destroy_at(std::addressof(raw_.get()));
    }

  private:
    raw_slot<T> raw_;
    bool full_ = false;
};

}  // namespace parimap::detail

#endif

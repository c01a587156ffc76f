// SPDX-License-Identifier: MIT
// How the calling thread rounds, and what else a program can set there: carried from a call to those who run its items.
#ifndef PARIMAP_DETAIL_SYSTEM_FLOATING_POINT_HPP
#define PARIMAP_DETAIL_SYSTEM_FLOATING_POINT_HPP

#include <parimap/detail/form.hpp>

#include <cfenv>
#include <cstdint>
#include <cstring>

namespace parimap::inline PARIMAP_ABI::detail {

/// A thread's floating-point controls: rounding, flush to zero, precision, what traps. Not the flags of what has happened,
/// which stay with the thread on which it happened.
///
/// Registers are read and written by statements that the compiler leaves in their place. What it computes itself it may
/// still move across them, so what depends on the mode belongs into a function that is not inlined beside them.
class floating_point_mode {
  public:
    static floating_point_mode of_this_thread() noexcept {
        floating_point_mode mode;
        mode.read();
        return mode;
    }

    /// Gives this thread, which is in the mode `now`, this one. Touches nothing where they are the same: writing costs far more
    /// than reading.
    void replace(const floating_point_mode& now) const noexcept {
        if (now != *this) write(now);
    }

    bool operator==(const floating_point_mode& other) const noexcept;

  private:
    void read() noexcept;
    void write(const floating_point_mode& now) const noexcept;

#if defined(__GNUC__) && (defined(__x86_64__) || (defined(__i386__) && defined(__SSE__)))
    static constexpr std::uint32_t flags = 0x3f;  // in all of the registers; masks of what traps are 1 where it does not
    std::uint32_t sse_ = 0;                       // without the flags
    std::uint16_t x87_ = 0;
#elif defined(__GNUC__) && defined(__aarch64__)
    std::uint64_t control_ = 0;  // the flags have a register of their own
#elif defined(FE_DFL_MODE)
    ::femode_t mode_;
#else
    int rounding_ = 0;
#endif
};

#if defined(__GNUC__) && (defined(__x86_64__) || (defined(__i386__) && defined(__SSE__)))

inline void floating_point_mode::read() noexcept {
    asm volatile("stmxcsr %0" : "=m"(sse_) : : "memory");
    asm volatile("fnstcw %0" : "=m"(x87_) : : "memory");
    sse_ &= ~flags;
}

inline bool floating_point_mode::operator==(const floating_point_mode& other) const noexcept {
    return sse_ == other.sse_ && x87_ == other.x87_;
}

inline void floating_point_mode::write(const floating_point_mode& now) const noexcept {
    std::uint32_t sse = 0;
    asm volatile("stmxcsr %0" : "=m"(sse) : : "memory");
    if (x87_ != now.x87_) {
        // A flag of old whose trap is set now would trap at the next instruction of the x87. It moves to the other register,
        // where it does not; whoever asks for flags asks both.
        std::uint16_t status = 0;
        asm volatile("fnstsw %0" : "=m"(status) : : "memory");
        const std::uint32_t happened = status & flags;
        if ((happened & ~std::uint32_t{x87_}) != 0) {
            sse |= happened;
            asm volatile("fnclex" : : : "memory");
        }
        asm volatile("fldcw %0" : : "m"(x87_) : "memory");
    }
    sse = sse_ | (sse & flags);
    asm volatile("ldmxcsr %0" : : "m"(sse) : "memory");
}

#elif defined(__GNUC__) && defined(__aarch64__)

inline void floating_point_mode::read() noexcept { asm volatile("mrs %0, fpcr" : "=r"(control_) : : "memory"); }

inline bool floating_point_mode::operator==(const floating_point_mode& other) const noexcept { return control_ == other.control_; }

inline void floating_point_mode::write(const floating_point_mode&) const noexcept {
    asm volatile("msr fpcr, %0" : : "r"(control_) : "memory");
}

#elif defined(FE_DFL_MODE)

inline void floating_point_mode::read() noexcept {
    std::memset(&mode_, 0, sizeof(mode_));
    ::fegetmode(&mode_);
}

inline bool floating_point_mode::operator==(const floating_point_mode& other) const noexcept {
    return std::memcmp(&mode_, &other.mode_, sizeof(mode_)) == 0;
}

inline void floating_point_mode::write(const floating_point_mode&) const noexcept { ::fesetmode(&mode_); }

#else

inline void floating_point_mode::read() noexcept { rounding_ = std::fegetround(); }

inline bool floating_point_mode::operator==(const floating_point_mode& other) const noexcept {
    return rounding_ == other.rounding_;
}

inline void floating_point_mode::write(const floating_point_mode&) const noexcept { std::fesetround(rounding_); }

#endif

/// The calling thread computes in this mode while it lives, and afterwards as it did before, whatever was set meanwhile.
class floating_point_scope {
  public:
    explicit floating_point_scope(const floating_point_mode& mode) noexcept { mode.replace(before_); }
    ~floating_point_scope() { before_.replace(floating_point_mode::of_this_thread()); }
    floating_point_scope(const floating_point_scope&) = delete;
    floating_point_scope& operator=(const floating_point_scope&) = delete;

  private:
    const floating_point_mode before_ = floating_point_mode::of_this_thread();
};

}  // namespace parimap::detail

#endif

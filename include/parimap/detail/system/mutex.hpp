// SPDX-License-Identifier: MIT
// std::mutex and std::condition_variable, for headers: those of the standard take longer to compile than a stream's own code.
#ifndef PARIMAP_DETAIL_SYSTEM_MUTEX_HPP
#define PARIMAP_DETAIL_SYSTEM_MUTEX_HPP

#include <parimap/detail/form.hpp>
#include <parimap/detail/system/instant.hpp>

#include <cstddef>

namespace parimap::inline PARIMAP_ABI::detail {

class PARIMAP_EXPORT mutex {
  public:
    mutex() noexcept;
    ~mutex();
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    void lock();
    void unlock() noexcept;

  private:
    friend class condition_variable;

    alignas(8) std::byte standard_[48];  // the std::mutex: 40 bytes with glibc on x86-64, 48 on AArch64
};

/// Holds a mutex while it lives, but for a while in between where its holder wants.
class [[nodiscard]] lock {
  public:
    explicit lock(mutex& m) : mutex_(m) { m.lock(); }
    ~lock() {
        if (holds_) mutex_.unlock();
    }
    lock(const lock&) = delete;
    lock& operator=(const lock&) = delete;

    void unlock() noexcept {
        mutex_.unlock();
        holds_ = false;
    }
    void relock() {
        mutex_.lock();
        holds_ = true;
    }

  private:
    friend class condition_variable;

    mutex& mutex_;
    bool holds_ = true;
};

class PARIMAP_EXPORT condition_variable {
  public:
    condition_variable();
    ~condition_variable();
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;

    void notify_one() noexcept;
    void notify_all() noexcept;

    /// These may return early. False when the deadline has passed.
    void wait(lock& held);
    bool wait_until(lock& held, instant deadline);

    template <class Ready>
    void wait(lock& held, Ready ready) {
        while (!ready()) wait(held);
    }

  private:
    alignas(8) std::byte standard_[48];  // the std::condition_variable
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/mutex.cpp>  // IWYU pragma: keep
#endif

#endif

// SPDX-License-Identifier: MIT
// std::mutex and std::condition_variable, for headers: those of the standard take longer to compile than a stream's own code.

#include <parimap/detail/system/mutex.hpp>

#include <parimap/detail/system/yield.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>

namespace parimap::inline PARIMAP_ABI::detail {

/// The T that stands in the bytes.
template <class T, class Bytes>
T& standard(Bytes& bytes) noexcept {
    static_assert(sizeof(T) <= sizeof(Bytes) && alignof(T) <= 8,
                  "parimap: this system's mutexes need more room; enlarge that in mutex.hpp");
    return *std::launder(reinterpret_cast<T*>(&bytes));
}

PARIMAP_INLINE mutex::mutex() noexcept { ::new (static_cast<void*>(standard_)) std::mutex; }
PARIMAP_INLINE mutex::~mutex() { std::destroy_at(&standard<std::mutex>(standard_)); }
PARIMAP_INLINE void mutex::lock() {
    auto& m = standard<std::mutex>(standard_);
    // What is done under it is short, and to sleep and be woken is not.
    for (int tries = 0; tries < 20; ++tries) {
        if (m.try_lock()) return;
        for (int i = 0; i < 4; ++i) pause();
    }
    m.lock();
}
PARIMAP_INLINE void mutex::unlock() noexcept { standard<std::mutex>(standard_).unlock(); }

PARIMAP_INLINE condition_variable::condition_variable() { ::new (static_cast<void*>(standard_)) std::condition_variable; }
PARIMAP_INLINE condition_variable::~condition_variable() { std::destroy_at(&standard<std::condition_variable>(standard_)); }
PARIMAP_INLINE void condition_variable::notify_one() noexcept { standard<std::condition_variable>(standard_).notify_one(); }
PARIMAP_INLINE void condition_variable::notify_all() noexcept { standard<std::condition_variable>(standard_).notify_all(); }

/// A held lock, as std::condition_variable wants it. It stays held, also where a cancelled thread is unwound.
class standard_lock : public std::unique_lock<std::mutex> {
  public:
    explicit standard_lock(std::mutex& held) : std::unique_lock<std::mutex>(held, std::adopt_lock) {}
    ~standard_lock() { release(); }
};

PARIMAP_INLINE void condition_variable::wait(lock& held) {
    standard_lock as_standard(standard<std::mutex>(held.mutex_.standard_));
    standard<std::condition_variable>(standard_).wait(as_standard);
}

PARIMAP_INLINE bool condition_variable::wait_until(lock& held, instant deadline) {
    const std::chrono::steady_clock::time_point until(std::chrono::nanoseconds(deadline.since_begin().count()));
    standard_lock as_standard(standard<std::mutex>(held.mutex_.standard_));
    return standard<std::condition_variable>(standard_).wait_until(as_standard, until) == std::cv_status::no_timeout;
}

}  // namespace parimap::detail

// SPDX-License-Identifier: MIT
// Stands in place of the library's source of this name in models: their mutexes lie in the bytes of the standard ones.

#include <parimap/detail/system/mutex.hpp>

#include "model/checker/sleeping.hpp"

#include <cstdint>
#include <memory>
#include <new>

namespace parimap::inline PARIMAP_ABI::detail {

template <class T, class Bytes>
T& in_model(Bytes& bytes) noexcept {
    static_assert(sizeof(T) <= sizeof(Bytes) && alignof(T) <= 8);
    return *std::launder(reinterpret_cast<T*>(&bytes));
}

inline mutex::mutex() noexcept { ::new (static_cast<void*>(standard_)) model::mutex; }
inline mutex::~mutex() { std::destroy_at(&in_model<model::mutex>(standard_)); }
inline void mutex::lock() { in_model<model::mutex>(standard_).lock(); }
inline void mutex::unlock() noexcept { in_model<model::mutex>(standard_).unlock(); }

inline condition_variable::condition_variable() { ::new (static_cast<void*>(standard_)) model::condition_variable; }
inline condition_variable::~condition_variable() { std::destroy_at(&in_model<model::condition_variable>(standard_)); }
inline void condition_variable::notify_one() noexcept { in_model<model::condition_variable>(standard_).notify_one(); }
inline void condition_variable::notify_all() noexcept { in_model<model::condition_variable>(standard_).notify_all(); }

inline void condition_variable::wait(lock& held) {
    in_model<model::condition_variable>(standard_).wait(in_model<model::mutex>(held.mutex_.standard_), nullptr);
}

inline bool condition_variable::wait_until(lock& held, instant deadline) {
    const std::int64_t until = deadline.since_begin().count();
    const bool is_timed = deadline != instant::never();
    in_model<model::condition_variable>(standard_).wait(in_model<model::mutex>(held.mutex_.standard_), is_timed ? &until : nullptr);
    return instant::now() < deadline;
}

}  // namespace parimap::detail

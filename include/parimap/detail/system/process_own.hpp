// SPDX-License-Identifier: MIT
// What a process has once, and a process that is forked from it has anew.
#ifndef PARIMAP_DETAIL_SYSTEM_PROCESS_OWN_HPP
#define PARIMAP_DETAIL_SYSTEM_PROCESS_OWN_HPP

#include <parimap/detail/form.hpp>

#include <atomic>
#include <memory>

#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

/// This process's T, the same in all its modules if T is visible in them. It is made on first use and never destroyed, for
/// destructors of static objects may come for it. A forked process gets its own: it has none of its parent's threads, and
/// the mutexes that these held stay locked in it for ever.
template <class T>
[[gnu::visibility("default")]] T& process_own() {
    struct owned {
        pid_t process = ::getpid();
        owned* parents = nullptr;
        T value;
    };
    static std::atomic<owned*> latest{nullptr};
    owned* now = latest.load(std::memory_order_acquire);
    while (!now || now->process != ::getpid()) {
        auto made = std::make_unique<owned>();
        made->parents = now;
        if (latest.compare_exchange_strong(now, made.get(), std::memory_order_acq_rel)) return made.release()->value;
    }
    return now->value;
}

}  // namespace parimap::detail

#endif

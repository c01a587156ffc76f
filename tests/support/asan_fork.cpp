// SPDX-License-Identifier: MIT
// Lets a process with threads be forked under AddressSanitizer. Its runtime locks its allocator while a thread allocates; a child
// that is forked just then finds the lock held by a thread that it does not have, and hangs in its next allocation. The runtime
// of LLVM 18 takes its own locks before a fork; this does the same for those before it, of which it knows the names.
#include <filesystem>
#include <iterator>

#include <pthread.h>

// Nobody else's: where the runtime is another, or calls them otherwise, they are null.
namespace __lsan {
__attribute__((weak)) void LockThreadRegistry();
__attribute__((weak)) void UnlockThreadRegistry();
__attribute__((weak)) void LockAllocator();
__attribute__((weak)) void UnlockAllocator();
}  // namespace __lsan

namespace __sanitizer {
__attribute__((weak)) void StackDepotLockAll();  // has another name where the runtime locks before a fork
__attribute__((weak)) void StackDepotUnlockAll();
}  // namespace __sanitizer

namespace {

bool has_threads = false;
bool is_child_of_threads = false;

bool may_lock() {
    return __lsan::LockThreadRegistry && __lsan::UnlockThreadRegistry && __lsan::LockAllocator && __lsan::UnlockAllocator &&
           __sanitizer::StackDepotLockAll && __sanitizer::StackDepotUnlockAll;
}

void lock() {
    namespace fs = std::filesystem;
    has_threads = std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()) > 1;
    if (!may_lock()) return;
    __lsan::LockThreadRegistry();
    __lsan::LockAllocator();
    __sanitizer::StackDepotLockAll();
}

void unlock() {
    if (!may_lock()) return;
    __sanitizer::StackDepotUnlockAll();
    __lsan::UnlockAllocator();
    __lsan::UnlockThreadRegistry();
}

void unlock_child() {
    is_child_of_threads = is_child_of_threads || has_threads;
    unlock();
}

const int registered = pthread_atfork(&lock, &unlock, &unlock_child);

}  // namespace

// Asked by LeakSanitizer: what only the parent's other threads hold would be a leak in a child.
extern "C" int __lsan_is_turned_off() { return is_child_of_threads; }

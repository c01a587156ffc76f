// SPDX-License-Identifier: MIT
// Memory that a model gives back is kept until the execution ends, so that whoever uses it afterwards is found and does no harm.
#include "quarantine.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

bool is_on = false;

/// What was given back. (No std::vector: it would give back its own memory here.)
void** all = nullptr;
std::size_t count = 0;
std::size_t room = 0;

void* allocate(std::size_t size) {
    void* const memory = std::malloc(size > 0 ? size : 1);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void* allocate(std::size_t size, std::align_val_t alignment) {
    const auto a = static_cast<std::size_t>(alignment);
    void* const memory = std::aligned_alloc(a, (size + a - 1) / a * a);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void give_back(void* memory) noexcept {
    if (!memory || !is_on) return std::free(memory);
    if (count == room) {
        room = 2 * room + 1024;
        all = static_cast<void**>(std::realloc(all, room * sizeof(void*)));
        if (!all) std::abort();
    }
    all[count++] = memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, alignment); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }

namespace model::quarantine {

void begin() noexcept { is_on = true; }

void end() noexcept {
    is_on = false;
    while (count > 0) std::free(all[--count]);
}

}  // namespace model::quarantine

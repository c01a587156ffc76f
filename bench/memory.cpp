// SPDX-License-Identifier: MIT
// How much memory a long stream takes. A program of its own, because it counts allocations. Prints JSON in the form of
// Google Benchmark. Argument: how many million items.

#include "clock.hpp"

#include <parimap/parimap.hpp>

#include <sys/resource.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <ranges>
#include <string>

namespace {

std::atomic<std::uint64_t> allocations{0};

void* allocate(std::size_t size, std::size_t alignment) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    // aligned_alloc wants a multiple of the alignment.
    if (void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)) return memory;
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, static_cast<std::size_t>(alignment)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

template <class Stream>
void measure(parimap::pool& pool, const char* order, std::uint32_t items, Stream stream, const char* separator) {
    constexpr std::uint32_t first = 1'000'000;
    std::uint64_t sum = 0;
    std::uint32_t seen = 0;
    std::uint64_t allocations_at_first = 0;
    long peak_at_first = 0;
    const auto start = bench::steady::now();
    for (const std::uint64_t result : stream(
             pool, [](std::uint32_t i) -> std::uint64_t { return i; }, std::views::iota(std::uint32_t{0}, items))) {
        sum += result;
        if (++seen == first) {
            allocations_at_first = allocations;
            peak_at_first = peak_kib();
        }
    }
    const double seconds = bench::seconds_since(start);
    const bool right = sum == std::uint64_t{items} * (items - 1) / 2;
    const std::string name = std::string("memory/") + order + "/parimap-" + std::string(parimap::pool::backend_name()) + '/' +
                             std::to_string(pool.size());
    std::printf(
        "{\"name\": \"%s\", \"run_type\": \"iteration\", \"iterations\": 1, \"error_occurred\": %s, "
        "\"real_time\": %.1f, \"time_unit\": \"us\", \"items\": %u, \"allocations_after_first_million\": %llu, "
        "\"peak_growth_kib\": %ld}%s\n",
        name.c_str(), right ? "false" : "true", seconds * 1e6, items,
        static_cast<unsigned long long>(allocations - allocations_at_first), peak_kib() - peak_at_first, separator);
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint32_t items = static_cast<std::uint32_t>(argc > 1 ? std::atoi(argv[1]) : 100) * 1'000'000;
    parimap::pool pool;
    std::printf("{\"benchmarks\": [\n");
    measure(pool, "ordered", items, parimap::ordered_imap, ",");
    measure(pool, "unordered", items, parimap::unordered_imap, "");
    std::printf("]}\n");
}

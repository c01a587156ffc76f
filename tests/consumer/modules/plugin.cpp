// SPDX-License-Identifier: MIT
// A plug-in that maps on pools of the program, and on its own.
#include "plugin.hpp"

#include <chrono>
#include <vector>

long sum_of_map(parimap::pool& pool, long n) {
    long sum = 0;
    for (const long x : parimap::parallel_map(
             pool, [](long i) { return i; }, std::vector<long>(100, n)))
        sum += x;
    return sum;
}

long sum_of_stream(parimap::pool& pool, long n) {
    long sum = 0;
    for (const long x : parimap::unordered_imap(
             pool, [](long i) { return i; }, std::vector<long>(100, n)))
        sum += x;
    return sum;
}

void start_stream(parimap::pool& pool, long n, parimap::imap<long>& stream) {
    stream = parimap::ordered_imap(
        pool, [](long i) { return i; }, std::vector<long>(100, n));
}

long sum_of_rest(parimap::imap<long>& stream) {
    long sum = 0;
    for (const long x : stream) sum += x;
    stream = {};
    return sum;
}

long on_own_pool(function call, long n) {
    parimap::pool own{1};
    long sum = 0;
    for (const long x : parimap::parallel_map(
             own, [&](long i) { return call(own, i); }, std::vector<long>(100, n)))
        sum += x;
    return sum;
}

std::size_t seat_of_plugin() { return parimap::this_worker_index(); }

const void* default_pool_of_plugin() {
    parimap::parallel_for_each([](long) {}, std::vector<long>(100));
    return &parimap::default_pool();
}

const void* display_of_plugin() {
    parimap::progress_bar bar{parimap::progress_options{.interval = std::chrono::milliseconds(1), .delay = std::chrono::hours(1)}};
    bar.tick();
    return &parimap::detail::progress_display::instance();
}

void throw_error() { throw parimap::pool_closed("from the plug-in"); }

parimap::pool* new_pool(std::size_t workers) { return new parimap::pool{workers}; }
void delete_pool(parimap::pool* pool) { delete pool; }

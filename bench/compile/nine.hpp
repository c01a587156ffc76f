// SPDX-License-Identifier: MIT
// Nine functions on nine types: what a file with nine calls hands to them.
#ifndef BENCH_COMPILE_NINE_HPP
#define BENCH_COMPILE_NINE_HPP

#include <string>
#include <vector>

// Both are defined nowhere, for these files are compiled but not linked: the calls between them are all that counts.
template <class T>
const std::vector<T>& input();
template <class R>
void take(const R& result);

/// call(f, items), nine times.
template <class Call>
void call_nine(const Call& call) {
    call([](long n) { return n * n; }, input<long>());
    call([](short n) { return n + 1; }, input<short>());
    call([](int n) { return n % 7; }, input<int>());
    call([](unsigned n) { return n >> 1; }, input<unsigned>());
    call([](unsigned char c) { return c ^ 32; }, input<unsigned char>());
    call([](long long n) { return -n; }, input<long long>());
    call([](float x) { return x / 2; }, input<float>());
    call([](double x) { return 1 / x; }, input<double>());
    call([](const std::string& s) { return s + '!'; }, input<std::string>());
}

#endif

// SPDX-License-Identifier: MIT
// Loops of which a compiler makes loops over vectors, if the engine leaves nothing in their way.
#include <parimap/parallel_for_each.hpp>
#include <parimap/parallel_map.hpp>
#include <parimap/parallel_map_into.hpp>
#include <parimap/pool.hpp>
#include <parimap/unseq.hpp>

#include <array>
#include <span>
#include <vector>

// The case, one of these: the program has one loop.
#if LOOP == 1
void run(parimap::pool& pool, const std::vector<double>& in, std::vector<double>& out) {
    parimap::parallel_map_into(
        pool, out, [](const double& x) noexcept { return ((x * 1.1 + 0.3) * x + 0.7) * x; }, in);
}
#elif LOOP == 2
void run(parimap::pool& pool, std::vector<double>& values) {
    parimap::parallel_for_each(pool, parimap::unseq([](double& x) { x = x * x + 1; }), values);
}
#elif LOOP == 3
std::vector<double> run(parimap::pool& pool, std::span<const double> in, double factor) {
    return parimap::parallel_map(pool, parimap::unseq([factor](double x) { return factor * x; }), in);
}
#elif LOOP == 4
void run(parimap::pool& pool, std::span<const double> a, const std::array<double, 1000>& b, std::vector<double>& out) {
    parimap::parallel_map_into(
        pool, out, [](const double& x, const double& y) noexcept { return 2 * x + y; }, a, b);
}
#endif

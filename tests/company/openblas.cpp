// SPDX-License-Identifier: MIT
// OpenBLAS in items, with threads of its own and with those of OpenMP: it is loaded, as Python's extensions do.
#include "support/backend_under_test.hpp"
#include "support/catch.hpp"
#include "support/items.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <vector>

#include <dlfcn.h>

using namespace parimap_test;

namespace {

// C = alpha A B + beta C, all by columns.
using dgemm = void (*)(const char* transpose_a, const char* transpose_b, const int* rows, const int* columns, const int* inner,
                       const double* alpha, const double* a, const int* rows_of_a, const double* b, const int* rows_of_b,
                       const double* beta, double* c, const int* rows_of_c);

constexpr int n = 160;  // OpenBLAS takes several threads from about a hundred on

// Multiplies two matrices that depend on i, of whole numbers. Returns how many elements of the product are wrong.
int wrong_elements(dgemm multiply, int i) {
    const auto at = [](int row, int column) { return static_cast<std::size_t>(column * n + row); };
    std::vector<double> a(n * n);
    std::vector<double> b(n * n);
    std::vector<double> c(n * n);
    for (int column = 0; column < n; ++column) {
        for (int row = 0; row < n; ++row) {
            a[at(row, column)] = row + i;
            b[at(row, column)] = row + column;
        }
    }
    const double one = 1;
    const double zero = 0;
    multiply("N", "N", &n, &n, &n, &one, a.data(), &n, b.data(), &n, &zero, c.data(), &n);
    int wrong = 0;
    for (int column = 0; column < n; ++column) {
        for (int row = 0; row < n; ++row) wrong += c[at(row, column)] != (row + i) * (n * (n - 1) / 2.0 + n * column);
    }
    return wrong;
}

void multiply_in_items(const char* library) {
    void* const openblas = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(openblas != nullptr);
    const auto multiply = reinterpret_cast<dgemm>(dlsym(openblas, "dgemm_"));
    REQUIRE(multiply != nullptr);
    const auto item = [&](int i) { return wrong_elements(multiply, i); };
    REQUIRE(item(1) == 0);
    for (const std::size_t workers : worker_counts) {
        CAPTURE(workers);
        pool p{workers};
        REQUIRE(parimap::parallel_map_reduce(p, item, std::plus<>{}, 0, numbers(30)) == 0);
        REQUIRE(drain(parimap::ordered_imap(p, item, numbers(30))) == std::vector<int>(30));
        const auto nested = [&](int) { return parimap::parallel_map_reduce(p, item, std::plus<>{}, 0, numbers(5)); };
        REQUIRE(parimap::parallel_map(p, nested, numbers(6)) == std::vector<int>(6));
        REQUIRE(item(2) == 0);
    }
}

}  // namespace

#ifdef PARIMAP_TEST_OPENBLAS_PTHREAD
TEST_CASE("P7 items multiply matrices with OpenBLAS and its own threads") { multiply_in_items(PARIMAP_TEST_OPENBLAS_PTHREAD); }
#endif

#ifdef PARIMAP_TEST_OPENBLAS_OPENMP
TEST_CASE("P7 items multiply matrices with OpenBLAS and threads of OpenMP") { multiply_in_items(PARIMAP_TEST_OPENBLAS_OPENMP); }
#endif

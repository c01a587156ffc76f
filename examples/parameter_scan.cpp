// SPDX-License-Identifier: MIT
// Scans a plane of parameters for chaos, on one machine or, on the mpi backend, on as many as mpirun or srun give it: the
// Lyapunov exponent of the logistic map x -> r x (1 - x) where r takes turns between a and b, for a grid of pairs (a, b).

#include <parimap/parimap.hpp>
#include <parimap/session.hpp>

#include <CLI/CLI.hpp>
#include <range/v3/view/iota.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <numbers>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

// Travels to the other ranks as it is: plain data, without pointers and references.
struct plane {
    std::uint32_t size = 1001;  // points on a side
    int iterations = 10'000;    // of a and b, for each point

    // The a of a column and the b of a row: from 2 to 4.
    double parameter(std::uint32_t i) const { return 2 + 2.0 * i / (size - 1); }
};

// How fast neighbouring orbits part, per step: the mean of ln |dx'/dx|. Above 0 is chaos, below 0 order.
double exponent(double a, double b, int iterations) {
    constexpr int lead = 200;  // not counted: the orbit is on its way to where it stays
    double sum = 0;
    double x = 0.4;
    for (int n = -lead; n < iterations; ++n) {
        const double slope = a * (1 - 2 * x);
        x = a * x * (1 - x);
        const double slopes = slope * b * (1 - 2 * x);
        x = b * x * (1 - x);
        if (n >= 0) sum += std::log(std::abs(slopes));
    }
    return sum / (2.0 * iterations);
}

std::vector<float> exponents_of_row(const plane& grid, std::uint32_t y) {
    std::vector<float> row(grid.size);
    for (std::uint32_t x = 0; x < grid.size; ++x) {
        row[x] = static_cast<float>(exponent(grid.parameter(x), grid.parameter(y), grid.iterations));
    }
    return row;
}

// Chaos is blue. Order is golden, the darker the faster orbits meet. a grows to the right and b upwards.
void write_image(const std::string& path, std::size_t size, const std::vector<float>& exponents) {
    std::string pixels;
    for (std::size_t y = size; y-- > 0;) {
        for (std::size_t x = 0; x < size; ++x) {
            const double e = exponents[y * size + x];
            const double red = e > 0 ? 0 : 255 * std::exp(e);
            const double blue = e > 0 ? 255 * std::min(1.0, e / std::numbers::ln2) : red / 5;
            for (const double colour : {red, 0.8 * red, blue}) pixels.push_back(static_cast<char>(static_cast<int>(colour)));
        }
    }
    std::ofstream file{path, std::ios::binary};
    file << "P6\n" << size << ' ' << size << "\n255\n" << pixels << std::flush;
    if (!file) throw std::runtime_error{"cannot write " + path};
}

}  // namespace

int main(int argc, char** argv) try {
    parimap::session session{argc, argv};
    if (session.serves()) return session.serve();  // only rank 0 goes on; the others run items of its pools

    plane grid;
    std::size_t workers = 0;
    std::string output = "parameter_scan.ppm";
    CLI::App app{"Draws where the logistic map is chaotic if its parameter takes turns between two values"};
    app.add_option("--size", grid.size, "points on a side")->check(CLI::Range(2, 20'000))->capture_default_str();
    app.add_option("--iterations", grid.iterations, "of each point")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--workers", workers, "rows computed at once by each rank (0: as many as it has CPUs)")->capture_default_str();
    app.add_option("--output", output, "the image to write, a PPM file")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    parimap::pool pool({.workers = workers});
    const auto scan = [grid](std::uint32_t y) { return std::pair{y, exponents_of_row(grid, y)}; };
    const auto ys = ranges::views::iota(std::uint32_t{0}, grid.size);
    const parimap::map_options options{.progress = parimap::progress_options{.description = output, .unit = "row"}};

    const std::size_t size = grid.size;
    std::vector<float> exponents(size * size);
    for (const auto& [y, row] : parimap::unordered_imap(pool, options, scan, ys)) {
        std::ranges::copy(row, exponents.begin() + static_cast<std::ptrdiff_t>(y * size));
    }
    write_image(output, size, exponents);

    const auto chaotic = std::ranges::count_if(exponents, [](float e) { return e > 0; });
    std::cout << output << ": " << size << " x " << size << " points; ranks: " << session.ranks() << ", workers: " << pool.size()
              << "\nchaos at " << 100.0 * static_cast<double>(chaotic) / static_cast<double>(size * size) << " % of them\n";
    for (std::size_t quarter = 0; quarter <= 4; ++quarter) {
        const std::size_t i = quarter * (size - 1) / 4;
        const double r = grid.parameter(static_cast<std::uint32_t>(i));
        std::cout << "exponent at a = b = " << r << ": " << exponents[i * size + i] << '\n';
    }
} catch (const std::exception& error) {
    std::cerr << "parameter_scan: " << error.what() << '\n';
    return 1;
}

// SPDX-License-Identifier: MIT
// What a Python user knows from multiprocessing, in the same order, in C++.

#include <parimap/parimap.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using seconds = std::chrono::duration<double>;

// One line of output: a name, the time at which each result arrives, and at the end of its life the results.
class timed_line {
  public:
    timed_line(std::string_view name, seconds second) : second_(second) {
        std::cout << std::left << std::setw(16) << name << std::flush;
    }
    timed_line(const timed_line&) = delete;
    timed_line& operator=(const timed_line&) = delete;

    ~timed_line() {
        std::cout << " s:";
        for (long result : results_) {
            std::cout << ' ' << result;
        }
        std::cout << '\n';
    }

    void arrived(long result) { arrived(std::vector{result}); }

    void arrived(const std::vector<long>& results) {
        // Whole seconds, as a clock shows them: a sleeper may wake late, but never early.
        const auto time = static_cast<int>((std::chrono::steady_clock::now() - start_) / second_);
        std::cout << (results_.empty() ? " " : ", ") << time << std::flush;
        results_.insert(results_.end(), results.begin(), results.end());
    }

  private:
    seconds second_;
    std::vector<long> results_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

double multiply(double a, double b) { return a * b; }

}  // namespace

int main(int argc, char** argv) {
    double scale = 1.0;
    std::size_t workers = 3;
    CLI::App app{"What a Python user knows from multiprocessing, in C++"};
    app.add_option("--scale", scale, "how long a second lasts, in seconds")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--workers", workers, "workers of the pool that is timed")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const seconds second{scale};
    const auto wait_and_square = [second](int n) {
        std::this_thread::sleep_for(n * second);
        return long{n} * n;
    };
    const std::vector<int> waits{1, 5, 3};

    // multiprocessing.cpu_count()
    std::cout << "cpu_count        " << parimap::cpu_count() << '\n';

    // list(map(wait_and_square, waits))
    {
        timed_line line{"serial map", second};
        std::vector<long> squares;
        std::ranges::transform(waits, std::back_inserter(squares), wait_and_square);
        line.arrived(squares);
    }

    // with multiprocessing.Pool(max(1, multiprocessing.cpu_count() - 1)) as pool: print(pool._processes)
    {
        parimap::pool pool{std::max(1U, parimap::cpu_count() - 1)};  // leaves a CPU to everything else
        std::cout << "cpu_count - 1    " << pool.size() << " (backend " << parimap::pool::backend_name() << ")\n";
    }  // leaving the block ends the pool

    // pool = multiprocessing.Pool(3)
    parimap::pool pool{workers};

    // pool.map(wait_and_square, waits)
    {
        timed_line line{"map", second};
        const std::vector<long> squares = parimap::parallel_map(pool, wait_and_square, waits);
        line.arrived(squares);
    }

    // for square in pool.imap(wait_and_square, waits)
    {
        timed_line line{"imap", second};
        for (long square : parimap::ordered_imap(pool, wait_and_square, waits)) {
            line.arrived(square);
        }
    }

    // for square in pool.imap_unordered(wait_and_square, waits)
    {
        timed_line line{"imap_unordered", second};
        for (long square : parimap::unordered_imap(pool, wait_and_square, waits)) {
            line.arrived(square);
        }
    }

    // pool.starmap(multiply, zip(a, b))
    const std::vector<double> a{1, 2, 3, 4};
    const std::vector<double> b{10, 30, 70, 20};
    std::cout << "starmap         ";
    for (double product : parimap::parallel_map(pool, multiply, a, b)) {
        std::cout << ' ' << product;
    }
    std::cout << '\n';

    // pool.close(); pool.join()
    pool.close();
    pool.join();
    std::cout << "closed\n";
}

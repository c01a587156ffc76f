// SPDX-License-Identifier: MIT
// What a Python user knows from multiprocessing, in the same order, in C++.

#include <parimap/parimap.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using seconds = std::chrono::duration<double>;

// One line of output, printed at the end of its life: a name, the time at which each result arrived, and the results. A
// progress bar stands in its place until then.
class timed_line {
  public:
    timed_line(std::string_view name, seconds second) : name_(name), second_(second) {}
    timed_line(const timed_line&) = delete;
    timed_line& operator=(const timed_line&) = delete;

    ~timed_line() {
        std::cout << std::left << std::setw(16) << name_ << times_ << " s:";
        for (long result : results_) {
            std::cout << ' ' << result;
        }
        std::cout << '\n';
    }

    // tqdm(..., desc=name, leave=False)
    parimap::progress_options bar() const { return {.description = name_, .leave = false}; }

    void arrived(long result) { arrived(std::vector{result}); }

    void arrived(const std::vector<long>& results) {
        // Whole seconds, as a clock shows them: a sleeper may wake late, but never early.
        const auto time = static_cast<int>((std::chrono::steady_clock::now() - start_) / second_);
        times_ += (results_.empty() ? " " : ", ") + std::to_string(time);
        results_.insert(results_.end(), results.begin(), results.end());
    }

  private:
    std::string name_;
    seconds second_;
    std::string times_;
    std::vector<long> results_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

constexpr auto multiply = [](double a, double b) { return a * b; };

}  // namespace

int main(int argc, char** argv) {
    parimap::session session(argc, argv);  // with mpi: of all ranks. The others work for the first one
    if (session.serves()) {
        return session.serve();
    }
    double scale = 1.0;
    std::size_t workers = 3;
    CLI::App app{"What a Python user knows from multiprocessing, in C++"};
    app.add_option("--scale", scale, "how long a second lasts, in seconds")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--workers", workers, "workers of the pool that is timed")->check(CLI::PositiveNumber)->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const seconds second{scale};
    const auto wait_and_square = [second](int n) {
        std::this_thread::sleep_for(n * second);
        return long{n} * n;
    };
    const std::vector<int> waits{1, 5, 3};

    // multiprocessing.cpu_count()
    std::cout << "cpu_count        " << parimap::cpu_count() << '\n';

    // [wait_and_square(wait) for wait in tqdm(waits)]
    {
        timed_line line{"serial map", second};
        std::vector<long> squares;
        for (int wait : parimap::progress(waits, line.bar())) {
            squares.push_back(wait_and_square(wait));
        }
        line.arrived(squares);
    }

    // with multiprocessing.Pool(max(1, multiprocessing.cpu_count() - 1)) as pool: print(pool._processes)
    {
        parimap::pool pool{std::max(1U, parimap::cpu_count() - 1)};  // leaves a CPU to everything else
        std::cout << "cpu_count - 1    " << pool.size() << " (backend " << parimap::pool::backend_name() << ")\n";
    }  // leaving the block ends the pool

    // pool = multiprocessing.Pool(3)
    parimap::pool pool{workers};
    const auto options = [](const timed_line& line) { return parimap::map_options{.progress = line.bar()}; };

    // pool.map(wait_and_square, waits)
    {
        timed_line line{"map", second};
        const std::vector<long> squares = parimap::parallel_map(pool, options(line), wait_and_square, waits);
        line.arrived(squares);
    }

    // for square in pool.imap(wait_and_square, waits)
    {
        timed_line line{"imap", second};
        for (long square : parimap::ordered_imap(pool, options(line), wait_and_square, waits)) {
            line.arrived(square);
        }
    }

    // for square in pool.imap_unordered(wait_and_square, waits)
    {
        timed_line line{"imap_unordered", second};
        for (long square : parimap::unordered_imap(pool, options(line), wait_and_square, waits)) {
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

// SPDX-License-Identifier: MIT
// parimap on the program's backend, without and with the permission to interleave calls.
#ifndef BENCH_PARIMAP_CONTENDER_HPP
#define BENCH_PARIMAP_CONTENDER_HPP

#include "workloads.hpp"

#include <parimap/parimap.hpp>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <future>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace bench {

/// f as it is. No function of the workloads is noexcept.
struct no_permission {
    template <class F>
    static const F& give(const F& f) {
        return f;
    }
};

struct unseq_permission {
    template <class F>
    static auto give(const F& f) {
        return parimap::unseq(f);
    }
};

struct noexcept_permission {
    template <class F>
    struct function {
        F f;

        template <class... Args>
        decltype(auto) operator()(Args&&... args) const noexcept {
            return f(std::forward<Args>(args)...);
        }
    };

    template <class F>
    static function<F> give(const F& f) {
        return {f};
    }
};

/// parimap, with a permission for every function that it is given.
template <class Permit>
class parimap_contender {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = true;
    static constexpr nanoseconds overhead{0};

    explicit parimap_contender(unsigned workers) : pool_(workers) {
        ::setenv("PARIMAP_PROGRESS", "bar", 1);  // drawn as on a terminal, for nobody
    }
    ~parimap_contender() { ::close(null_); }
    parimap_contender(const parimap_contender&) = delete;
    parimap_contender& operator=(const parimap_contender&) = delete;

    template <class F, class... Ranges>
    auto map(const F& f, const Ranges&... ranges) {
        return parimap::parallel_map(pool_, Permit::give(f), ranges...);
    }

    template <class Out, class F, class... Ranges>
    void map_into(Out& out, const F& f, const Ranges&... ranges) {
        parimap::parallel_map_into(pool_, out, Permit::give(f), ranges...);
    }

    template <class Consume, class F, class... Ranges>
    void ordered(Consume consume, const F& f, const Ranges&... ranges) {
        for (auto& result : parimap::ordered_imap(pool_, Permit::give(f), ranges...)) consume(result);
    }

    template <class Consume, class F, class... Ranges>
    void unordered(Consume consume, const F& f, const Ranges&... ranges) {
        for (auto& result : parimap::unordered_imap(pool_, Permit::give(f), ranges...)) consume(result);
    }

    template <class Consume, class F, class... Ranges>
    void watched(watch how, Consume consume, const F& f, const Ranges&... ranges) {
        parimap::run_report report;
        parimap::map_options options;
        if (how == watch::bar) options.progress = parimap::progress_options{.output = null_};
        if (how == watch::report) options.insights = &report;
        for (auto& result : parimap::ordered_imap(pool_, options, Permit::give(f), ranges...)) consume(result);
    }

    template <class F>
    std::vector<std::uint64_t> nested(number rows, number columns, const F& f) {
        const auto sum_of_row = [&](number row) {
            const auto item = [&](number column) { return f(row * columns + column); };
            return parimap::parallel_map_reduce(pool_, item, std::plus<>{}, std::uint64_t{0}, numbers(columns));
        };
        return parimap::parallel_map(pool_, sum_of_row, numbers(rows));
    }

    template <class T, class F>
    void vector_map(std::vector<T>& out, const F& f, const std::vector<T>& in) {
        map_into(out, f, in);
    }

    template <class F>
    void vector_for_each(const F& f, std::vector<double>& y, const std::vector<double>& x) {
        parimap::parallel_for_each(pool_, Permit::give(f), y, x);
    }

    template <class F, class Op, class... Ranges>
        requires(!std::is_same_v<Permit, noexcept_permission>)  // here it does what unseq does
    double vector_reduce(const F& f, const Op& op, double init, const Ranges&... ranges) {
        return parimap::parallel_map_reduce(pool_, Permit::give(f), Permit::give(op), init, ranges...);
    }

    template <class F>
    void for_rows(number first, number last, const F& f) {
        parimap::parallel_for_each(pool_, Permit::give(f), std::views::iota(first, last));
    }

    std::uint64_t tree(unsigned depth) {
        if (depth == 0) return 1;
        const auto leaves = parimap::parallel_map(
            pool_, [this, depth](number) { return tree(depth - 1); }, numbers(2));
        return leaves[0] + leaves[1];
    }

    template <class F>
    std::uint64_t submit(number count, const F& f) {
        std::vector<std::future<std::uint64_t>> futures;
        futures.reserve(count);
        for (number i = 0; i < count; ++i) futures.push_back(pool_.submit(f, i));
        std::uint64_t sum = 0;
        for (auto& future : futures) sum += future.get();
        return sum;
    }

  private:
    parimap::pool pool_;
    const int null_ = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
};

/// What the report calls it. A variant follows behind a plus.
inline std::string parimap_name() { return "parimap-" + std::string(parimap::pool::backend_name()); }

}  // namespace bench

#endif

// SPDX-License-Identifier: MIT
// parimap on the program's backend.

#include "contenders.hpp"
#include "workloads.hpp"

#include <parimap/parimap.hpp>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace bench {

namespace {

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
        return parimap::parallel_map(pool_, f, ranges...);
    }

    template <class Out, class F, class... Ranges>
    void map_into(Out& out, const F& f, const Ranges&... ranges) {
        parimap::parallel_map_into(pool_, out, f, ranges...);
    }

    template <class Consume, class F, class... Ranges>
    void ordered(Consume consume, const F& f, const Ranges&... ranges) {
        for (auto& result : parimap::ordered_imap(pool_, f, ranges...)) consume(result);
    }

    template <class Consume, class F, class... Ranges>
    void unordered(Consume consume, const F& f, const Ranges&... ranges) {
        for (auto& result : parimap::unordered_imap(pool_, f, ranges...)) consume(result);
    }

    template <class Consume, class F, class... Ranges>
    void watched(watch how, Consume consume, const F& f, const Ranges&... ranges) {
        parimap::run_report report;
        parimap::map_options options;
        if (how == watch::bar) options.progress = parimap::progress_options{.output = null_};
        if (how == watch::report) options.insights = &report;
        for (auto& result : parimap::ordered_imap(pool_, options, f, ranges...)) consume(result);
    }

    template <class F>
    std::vector<std::uint64_t> nested(number rows, number columns, const F& f) {
        const auto sum_of_row = [&](number row) {
            const auto item = [&](number column) { return f(row * columns + column); };
            return parimap::parallel_map_reduce(pool_, item, std::plus<>{}, std::uint64_t{0}, numbers(columns));
        };
        return parimap::parallel_map(pool_, sum_of_row, numbers(rows));
    }

  private:
    parimap::pool pool_;
    const int null_ = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
};

}  // namespace

void add_contenders() { add_workloads<parimap_contender>("parimap-" + std::string(parimap::pool::backend_name())); }

}  // namespace bench

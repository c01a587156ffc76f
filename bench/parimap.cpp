// SPDX-License-Identifier: MIT
// parimap on the program's backend.

#include "contenders.hpp"
#include "workloads.hpp"

#include <parimap/parimap.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

namespace {

class parimap_contender {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = true;
    static constexpr nanoseconds overhead{0};

    explicit parimap_contender(unsigned workers) : pool_(workers) {}

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
};

}  // namespace

void add_contenders() { add_workloads<parimap_contender>("parimap-" + std::string(parimap::pool::backend_name())); }

}  // namespace bench

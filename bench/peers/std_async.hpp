// SPDX-License-Identifier: MIT
// std::async: a thread for each item, and a sliding window of their futures.
#ifndef BENCH_PEERS_STD_ASYNC_HPP
#define BENCH_PEERS_STD_ASYNC_HPP

#include "../workloads.hpp"
#include "ranges.hpp"

#include <future>

namespace bench {

class std_async {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = false;
    static constexpr nanoseconds overhead{60'000};

    explicit std_async(unsigned workers) : workers_(workers) {}

    template <class F, class... Ranges>
    auto map(const F& f, const Ranges&... ranges) {
        using result = result_of<F, Ranges...>;
        std::vector<result> out;
        out.reserve(size_of(ranges...));
        ordered([&out](result r) { out.push_back(std::move(r)); }, f, ranges...);
        return out;
    }

    template <class Consume, class F, class... Ranges>
    void ordered(Consume consume, const F& f, const Ranges&... ranges) {
        const auto start = [&](std::size_t i) {
            return std::async(std::launch::async, [&, i] { return call_at(i, f, ranges...); });
        };
        // No wider than there are workers, or more items than that would run at once.
        slide(size_of(ranges...), workers_, start, consume);
    }

  private:
    std::size_t workers_;
};

}  // namespace bench

#endif

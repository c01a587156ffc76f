// SPDX-License-Identifier: MIT
// std::async: a thread for each item, and a sliding window of their futures.
#ifndef BENCH_PEERS_STD_ASYNC_HPP
#define BENCH_PEERS_STD_ASYNC_HPP

#include "../workloads.hpp"
#include "ranges.hpp"

#include <deque>
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
        // No wider than there are workers, or more items than that would run at once.
        std::deque<std::future<result_of<F, Ranges...>>> window;
        for (std::size_t i = 0; i < size_of(ranges...); ++i) {
            if (window.size() == workers_) {
                consume(window.front().get());
                window.pop_front();
            }
            window.push_back(std::async(std::launch::async, [&, i] { return call_at(i, f, ranges...); }));
        }
        for (auto& future : window) consume(future.get());
    }

  private:
    std::size_t workers_;
};

}  // namespace bench

#endif

// SPDX-License-Identifier: MIT
// boost::asio::thread_pool, as its users stream with it: post one item at a time, and keep a window of them under way.
#ifndef BENCH_PEERS_ASIO_HPP
#define BENCH_PEERS_ASIO_HPP

#include "../workloads.hpp"
#include "ranges.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <condition_variable>
#include <deque>
#include <future>
#include <latch>
#include <mutex>

namespace bench {

class asio_pool {
  public:
    static constexpr bool parallel = true;
    static constexpr bool owns_threads = true;
    static constexpr nanoseconds overhead{2'000};

    explicit asio_pool(unsigned workers) : pool_(workers) {}
    ~asio_pool() { pool_.join(); }

    template <class F, class... Ranges>
    auto map(const F& f, const Ranges&... ranges) {
        std::vector<result_of<F, Ranges...>> out(size_of(ranges...));
        std::latch done(static_cast<std::ptrdiff_t>(out.size()));
        for (std::size_t i = 0; i < out.size(); ++i) {
            boost::asio::post(pool_, [&, i] {
                out[i] = call_at(i, f, ranges...);
                done.count_down();
            });
        }
        done.wait();
        return out;
    }

    template <class Consume, class F, class... Ranges>
    void ordered(Consume consume, const F& f, const Ranges&... ranges) {
        using result = result_of<F, Ranges...>;
        const auto start = [&](std::size_t i) {
            std::packaged_task<result()> task([&, i] { return call_at(i, f, ranges...); });
            auto future = task.get_future();
            boost::asio::post(pool_, std::move(task));
            return future;
        };
        slide(size_of(ranges...), in_flight, start, consume);
    }

    template <class Consume, class F, class... Ranges>
    void unordered(Consume consume, const F& f, const Ranges&... ranges) {
        using result = result_of<F, Ranges...>;
        std::mutex mutex;
        std::condition_variable arrived;
        std::deque<result> results;
        const auto take = [&] {
            std::unique_lock lock(mutex);
            arrived.wait(lock, [&] { return !results.empty(); });
            result r = std::move(results.front());
            results.pop_front();
            lock.unlock();
            consume(r);
        };
        const std::size_t count = size_of(ranges...);
        for (std::size_t i = 0; i < count; ++i) {
            if (i >= in_flight) take();
            boost::asio::post(pool_, [&, i] {
                result r = call_at(i, f, ranges...);
                // Notified under the mutex: the consumer may leave as soon as it has the last result.
                const std::lock_guard lock(mutex);
                results.push_back(std::move(r));
                arrived.notify_one();
            });
        }
        for (std::size_t i = 0; i < std::min(count, in_flight); ++i) take();
    }

    template <class F>
    std::uint64_t submit(number count, const F& f) {
        std::vector<std::future<std::uint64_t>> futures;
        futures.reserve(count);
        for (number i = 0; i < count; ++i) {
            std::packaged_task<std::uint64_t()> task([&f, i] { return f(i); });
            futures.push_back(task.get_future());
            boost::asio::post(pool_, std::move(task));
        }
        std::uint64_t sum = 0;
        for (auto& future : futures) sum += future.get();
        return sum;
    }

  private:
    boost::asio::thread_pool pool_;
};

}  // namespace bench

#endif

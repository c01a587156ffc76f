// SPDX-License-Identifier: MIT
// What ordered_imap.cpp does, by boost::asio::thread_pool.

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <future>
#include <thread>
#include <utility>
#include <vector>

long sum_of_squares(const std::vector<long>& numbers) {
    boost::asio::thread_pool pool(std::thread::hardware_concurrency());
    std::vector<std::future<long>> squares;
    for (const long n : numbers) {
        std::packaged_task<long()> task([n] { return n * n; });
        squares.push_back(task.get_future());
        boost::asio::post(pool, std::move(task));
    }
    long sum = 0;
    for (std::future<long>& s : squares) sum += s.get();
    return sum;
}

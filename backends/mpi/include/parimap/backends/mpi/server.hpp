// SPDX-License-Identifier: MIT
// A rank that serves: runs the items of calls that rank 0 makes.
#ifndef PARIMAP_BACKENDS_MPI_SERVER_HPP
#define PARIMAP_BACKENDS_MPI_SERVER_HPP

#include <parimap/backends/mpi/messages.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/served_results.hpp>
#include <parimap/detail/scheduler/backend_port.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/travel/code_place.hpp>
#include <parimap/detail/travel/exceptions.hpp>
#include <parimap/detail/travel/shared_values.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// A call that could not be made here: each of its items fails for that reason.
class refused_call final : public served_work {
  public:
    refused_call(std::exception_ptr why, int rank) : results_(0, numbers_, rank), why_(std::move(why)) {}

    void take_items(byte_reader& in) override {
        while (!in.is_at_end()) {
            const auto head = in.plain<part_of_items>();
            for (std::uint64_t i = 0; i < head.count; ++i) results_.fail_unread(head.first + i, why_);
            refused_ += head.count;
            in.begin_part(static_cast<std::size_t>(head.bytes));  // unread
            in.end_part();
        }
    }
    bool give_results(byte_writer& out) override {
        out.plain(refused_);
        return results_.write(out, 0);
    }
    void stop_items_from(std::uint64_t /*item*/) noexcept override {}
    void return_items(std::uint64_t /*most*/, byte_writer& out) override {
        out.plain(refused_);
        out.plain(part_of_results{.entries = 0, .cost = 0});
    }

  private:
    served_numbers numbers_;
    served_results<char> results_;
    const std::exception_ptr why_;
    std::uint64_t refused_ = 0;
};

/// Backend: of the workers here. Everything is done by the thread that calls run(), but for the items.
template <class Backend>
class mpi_server {
  public:
    mpi_server(MPI_Comm communicator, std::uint32_t serial, int rank) : messages_(communicator, serial), rank_(rank) {}
    ~mpi_server() {
        calls_.clear();
        for (auto& [number, workers] : pools_) scheduler::end(workers);
    }
    mpi_server(const mpi_server&) = delete;
    mpi_server& operator=(const mpi_server&) = delete;

    /// Returns when rank 0 ends its session.
    void run() {
        patience waiting;
        while (!is_over_ || !messages_.has_sent_all()) {
            bool any = false;
            for (message got; messages_.receive(got); any = true) take(got);
            for (auto& [number, call] : calls_) any = send_results(number, *call) || any;
            if (any) {
                waiting.end();
            } else {
                waiting.wait();
            }
        }
    }

  private:
    void take(const message& got) {
        const std::uint32_t number = got.head.number;
        byte_reader in = got.reader();
        switch (got.head.kind) {
            case message_kind::pool: open_pool(number, in); break;
            case message_kind::pool_end: close_pool(number); break;
            case message_kind::share: hold(number, in); break;
            case message_kind::call: open_call(number, in); break;
            case message_kind::items: calls_.at(number)->take_items(in); break;
            case message_kind::stop: calls_.at(number)->stop_items_from(in.plain<std::uint64_t>()); break;
            case message_kind::give_back: return_items(number, in.plain<std::uint64_t>()); break;
            case message_kind::call_end: calls_.erase(number); break;
            case message_kind::bye: is_over_ = true; break;
            case message_kind::large:    // which is none by itself
            case message_kind::outcome:  // of calls that all ranks make
            case message_kind::results:  // for rank 0
                break;
        }
    }

    void open_pool(std::uint32_t number, byte_reader& in) {
        try {
            const auto workers = static_cast<std::size_t>(in.plain<std::uint64_t>());
            std::shared_ptr<scheduler> made = scheduler::make(workers, &port_of<Backend>::make, {}, 1);
            made->count_seats_from(static_cast<std::size_t>(in.plain<std::uint64_t>()));
            pools_[number] = std::move(made);
        } catch (...) {
            why_no_pool_[number] = std::current_exception();
        }
    }

    void close_pool(std::uint32_t number) {
        if (const auto pool = pools_.find(number); pool != pools_.end()) {
            scheduler::end(pool->second);
            pools_.erase(pool);
        }
        why_no_pool_.erase(number);
        for (const std::uint64_t value : shared_[number]) shared_values::of_process().free(value);
        shared_.erase(number);
    }

    /// Where it cannot, no call runs in the pool any more.
    void hold(std::uint32_t pool, byte_reader& in) {
        try {
            const auto value = in.plain<std::uint64_t>();
            const auto read = reinterpret_cast<read_shared_value>(function_at(in.plain<code_place>()));
            shared_values::of_process().hold(value, read(in));
            shared_[pool].push_back(value);
        } catch (...) {
            why_no_pool_[pool] = std::current_exception();
        }
    }

    void open_call(std::uint32_t number, byte_reader& in) {
        try {
            const auto pool = in.plain<std::uint32_t>();
            if (const auto why = why_no_pool_.find(pool); why != why_no_pool_.end()) std::rethrow_exception(why->second);
            const auto serve = reinterpret_cast<serve_far_call>(function_at(in.plain<code_place>()));
            calls_[number] = serve(pools_.at(pool), rank_, in);
        } catch (...) {
            calls_[number] = std::make_unique<refused_call>(std::current_exception(), rank_);
        }
    }

    void return_items(std::uint32_t number, std::uint64_t most) {
        byte_writer out = messages::begin(message_kind::results, number);
        calls_.at(number)->return_items(most, out);
        messages_.send(0, std::move(out));
    }

    bool send_results(std::uint32_t number, served_work& call) {
        byte_writer out = messages::begin(message_kind::results, number);
        if (!call.give_results(out)) return false;
        messages_.send(0, std::move(out));
        return true;
    }

    messages messages_;
    const int rank_;
    std::map<std::uint32_t, std::shared_ptr<scheduler>> pools_;
    std::map<std::uint32_t, std::exception_ptr> why_no_pool_;     // that could be used
    std::map<std::uint32_t, std::vector<std::uint64_t>> shared_;  // values, by pool
    std::map<std::uint32_t, std::unique_ptr<served_work>> calls_;
    bool is_over_ = false;
};

}  // namespace parimap::detail

#endif

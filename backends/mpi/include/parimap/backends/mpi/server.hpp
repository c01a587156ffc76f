// SPDX-License-Identifier: MIT
// A rank that serves: runs the items of calls that rank 0 makes.
#ifndef PARIMAP_BACKENDS_MPI_SERVER_HPP
#define PARIMAP_BACKENDS_MPI_SERVER_HPP

#include <parimap/backends/mpi/communicator.hpp>
#include <parimap/backends/mpi/exchange.hpp>
#include <parimap/backends/mpi/messages.hpp>
#include <parimap/backends/mpi/served.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/backend_port.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>
#include <parimap/detail/travel/code_place.hpp>
#include <parimap/detail/travel/exceptions.hpp>
#include <parimap/detail/travel/shared_values.hpp>
#include <parimap/pool_options.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

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
        exchange(
            messages_, [&] { return is_over_ && messages_.has_sent_all(); }, [&](const message& got) { take(got); },
            [&] {
                for (auto& [number, call] : calls_) send_results(number, *call, messages_);
            });
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
            case message_kind::items:
            case message_kind::stop:
            case message_kind::settle:
            case message_kind::give_back: pass_on(got, *calls_.at(number), messages_); break;
            case message_kind::call_end: calls_.erase(number); break;
            case message_kind::bye: is_over_ = true; break;
            case message_kind::large:    // which is none by itself
            case message_kind::outcome:  // of calls that all ranks make
            case message_kind::results:  // for rank 0
            case message_kind::gave_back:
            case message_kind::refused: break;
        }
    }

    void open_pool(std::uint32_t number, byte_reader& in) {
        try {
            std::shared_ptr<scheduler> made = scheduler::make(in.plain<pool_options>(), &port_of<Backend>::make, 1);
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
            const bool is_timed = in.plain<bool>();
            const auto pool = in.plain<std::uint32_t>();
            if (const auto why = why_no_pool_.find(pool); why != why_no_pool_.end()) std::rethrow_exception(why->second);
            const auto serve = reinterpret_cast<serve_far_call>(function_at(in.plain<code_place>()));
            std::unique_ptr<served_work> made = serve(pools_.at(pool), rank_, in);
            if (is_timed) made->time_items();
            calls_[number] = std::move(made);
        } catch (...) {
            calls_[number] = std::make_unique<refused_call>(std::current_exception(), rank_);
        }
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

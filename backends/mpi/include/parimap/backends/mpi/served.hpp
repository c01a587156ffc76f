// SPDX-License-Identifier: MIT
// What a rank that runs items of others' calls is told of them, and tells.
#ifndef PARIMAP_BACKENDS_MPI_SERVED_HPP
#define PARIMAP_BACKENDS_MPI_SERVED_HPP

#include <parimap/backends/mpi/messages.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/results/served_results.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// A call that could not be made here: each of its items fails for that reason.
class refused_call final : public served_work {
  public:
    refused_call(std::exception_ptr why, int rank) : results_(0, numbers_, rank), why_(std::move(why)) {}

    void time_items() noexcept override {}
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
    void let_results_go() noexcept override {}
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

/// False where the message is none to a call that runs.
inline bool pass_on(const message& got, served_work& to, messages& answers) {
    byte_reader in = got.reader();
    switch (got.head.kind) {
        case message_kind::items: to.take_items(in); return true;
        case message_kind::stop: to.stop_items_from(in.plain<std::uint64_t>()); return true;
        case message_kind::settle: to.let_results_go(); return true;
        case message_kind::give_back: {
            byte_writer out = messages::begin(message_kind::gave_back, got.head.number);
            to.return_items(in.plain<std::uint64_t>(), out);
            answers.send(0, std::move(out));
            return true;
        }
        default: return false;
    }
}

/// Those that there are.
inline void send_results(std::uint32_t call, served_work& of, messages& answers) {
    byte_writer out = messages::begin(message_kind::results, call);
    if (of.give_results(out)) answers.send(0, std::move(out));
}

}  // namespace parimap::detail

#endif

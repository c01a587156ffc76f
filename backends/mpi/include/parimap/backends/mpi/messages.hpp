// SPDX-License-Identifier: MIT
// Messages between ranks.
#ifndef PARIMAP_BACKENDS_MPI_MESSAGES_HPP
#define PARIMAP_BACKENDS_MPI_MESSAGES_HPP

#include <parimap/backends/mpi/communicator.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/byte_stream.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

enum class message_kind : std::uint32_t {
    // from the rank that makes calls
    pool,       // [workers] [number of the first of them]: a pool begins
    pool_end,   // and ends
    share,      // of a pool: [number] [place of read_shared_value] [what it reads]
    call,       // [pool] [place of serve_far_call] [what it reads], or [call_signature]: a call begins
    items,      // of a call: see far_call::give_items
    stop,       // [item]: no item of the call from there on is wanted
    give_back,  // [count]: so many items of the call that have not started, at most
    settle,     // no more items of the call are known of: what is kept of results is wanted
    call_end,
    outcome,  // of a call that all ranks make: see call_on
    bye,      // the session ends
    // to it
    results,    // of a call: see served_work::give_results
    gave_back,  // the same, as the answer to give_back
    refused,    // [exception]: this rank makes another call than the root, or none
    // both ways
    large  // [size]: a message of so many bytes follows in parts
};

/// Before the bytes of each message.
struct message_head {
    message_kind kind;
    std::uint32_t number;  // of the pool or call
    std::uint32_t serial = 0;
};

struct message {
    std::size_t rank;  // who sent it
    message_head head;
    std::vector<std::byte> bytes;

    byte_reader reader() const noexcept { return byte_reader(std::span(bytes).subspan(sizeof head)); }
};

/// Sends and receives whole messages, between two ranks in the order in which they were sent. By one thread at a time.
class messages {
  public:
    messages(MPI_Comm communicator, std::uint32_t serial) noexcept : communicator_(communicator), serial_(serial) {}
    messages(const messages&) = delete;
    messages& operator=(const messages&) = delete;

    /// What a message is written to.
    static byte_writer begin(message_kind kind, std::uint32_t number) {
        byte_writer out;
        out.plain(message_head{kind, number});
        return out;
    }

    void send(std::size_t rank, byte_writer&& out) { send(rank, out.take()); }

    void send(std::size_t rank, std::vector<std::byte> bytes) {
        std::memcpy(bytes.data() + offsetof(message_head, serial), &serial_, sizeof serial_);
        if (bytes.size() > part) {
            byte_writer head = begin(message_kind::large, 0);
            head.plain(bytes.size());
            send(rank, head.take());
            auto all = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
            for (std::size_t at = 0; at < all->size(); at += part)
                post(rank, tag_of_parts, all, at, std::min(part, all->size() - at));
        } else {
            auto all = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
            post(rank, tag, all, 0, all->size());
        }
    }

    /// The next that has come; false if none has.
    bool receive(message& got) {
        forget_sent();
        int is_there = 0;
        MPI_Message handle = MPI_MESSAGE_NULL;
        MPI_Status status;
        MPI_Improbe(MPI_ANY_SOURCE, tag, communicator_, &is_there, &handle, &status);
        if (!is_there) return false;
        int count = 0;
        MPI_Get_count(&status, MPI_BYTE, &count);
        got.rank = static_cast<std::size_t>(status.MPI_SOURCE);
        got.bytes.resize(static_cast<std::size_t>(count));
        MPI_Mrecv(got.bytes.data(), count, MPI_BYTE, &handle, MPI_STATUS_IGNORE);
        got.head = byte_reader(got.bytes).plain<message_head>();
        if (got.head.serial != serial_) return receive(got);
        if (got.head.kind == message_kind::large) receive_parts(got);
        return true;
    }

    bool has_sent_all() {
        forget_sent();
        return sent_.empty();
    }

    /// Of messages that have not gone, as far as is known. Any thread.
    std::size_t bytes_to_send() const noexcept { return bytes_to_send_.load(std::memory_order_relaxed); }

  private:
    static constexpr int tag = 1;
    static constexpr int tag_of_parts = 2;
    static constexpr std::size_t part = std::size_t{1} << 30U;  // MPI counts in int

    struct sent {
        MPI_Request request;
        std::shared_ptr<const std::vector<std::byte>> bytes;
        std::size_t count;
    };

    void post(std::size_t rank, int with_tag, std::shared_ptr<const std::vector<std::byte>> bytes, std::size_t at,
              std::size_t count) {
        sent& one = sent_.emplace_back(sent{MPI_REQUEST_NULL, std::move(bytes), count});
        bytes_to_send_ += count;
        // What is large goes when it is wanted: MPICH would have it wait where it is not, with the memory of that rank.
        constexpr std::size_t large = std::size_t{1} << 16U;
        (count < large ? MPI_Isend : MPI_Issend)(one.bytes->data() + at, static_cast<int>(count), MPI_BYTE, static_cast<int>(rank),
                                                 with_tag, communicator_, &one.request);
    }

    /// They are on their way.
    void receive_parts(message& got) {
        got.bytes.resize(got.reader().plain<std::size_t>());
        for (std::size_t at = 0; at < got.bytes.size(); at += part) {
            MPI_Recv(got.bytes.data() + at, static_cast<int>(std::min(part, got.bytes.size() - at)), MPI_BYTE,
                     static_cast<int>(got.rank), tag_of_parts, communicator_, MPI_STATUS_IGNORE);
        }
        got.head = byte_reader(got.bytes).plain<message_head>();
    }

    void forget_sent() {
        while (!sent_.empty()) {
            int is_done = 0;
            MPI_Test(&sent_.front().request, &is_done, MPI_STATUS_IGNORE);
            if (!is_done) return;
            bytes_to_send_ -= sent_.front().count;
            sent_.pop_front();
        }
    }

    const MPI_Comm communicator_;
    const std::uint32_t serial_;
    std::list<sent> sent_;  // until they have gone, in this order, about
    std::atomic<std::size_t> bytes_to_send_{0};
};

}  // namespace parimap::detail

#endif

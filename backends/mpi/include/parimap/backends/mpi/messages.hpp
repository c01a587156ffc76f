// SPDX-License-Identifier: MIT
// Messages between ranks, on a communicator of their own.
#ifndef PARIMAP_BACKENDS_MPI_MESSAGES_HPP
#define PARIMAP_BACKENDS_MPI_MESSAGES_HPP

#include <parimap/cpu_count.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/byte_stream.hpp>
#include <parimap/detail/travel/code_place.hpp>
#include <parimap/errors.hpp>

// Or Open MPI 4 and MPICH bring bindings of their own for C++, which have to be linked.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// A duplicate of a communicator: nobody else's messages come here. Nor may one of ours be left in it at its end: Open MPI gives its number to the
/// next communicator, which takes such a message for one of its own, and loses the one that has its place in the order.
class own_communicator {
  public:
    explicit own_communicator(MPI_Comm of) { MPI_Comm_dup(of, &communicator_); }
    own_communicator(own_communicator&& other) noexcept : communicator_(std::exchange(other.communicator_, MPI_COMM_NULL)) {}
    own_communicator& operator=(own_communicator&&) = delete;
    ~own_communicator() {
        int is_finalized = 0;
        MPI_Finalized(&is_finalized);
        if (communicator_ != MPI_COMM_NULL && !is_finalized) MPI_Comm_free(&communicator_);
    }

    MPI_Comm get() const noexcept { return communicator_; }

    /// Keeps it until the process ends.
    void leave() noexcept { communicator_ = MPI_COMM_NULL; }

  private:
    MPI_Comm communicator_ = MPI_COMM_NULL;
};

/// What ranks tell each other at first: the CPUs of each. Throws error on all of them where they do not run the same program.
struct introduction {
    std::vector<std::size_t> cpus;
    int threads;           // for which MPI was started, at least, on all of them
    std::uint32_t serial;  // of the messages: a communicator may get those that nobody has fetched from one that is gone
};
inline introduction introduce(MPI_Comm communicator) {
    int ranks = 1;
    MPI_Comm_size(communicator, &ranks);
    static std::atomic<std::uint64_t> last_serial{0};
    int threads = MPI_THREAD_SINGLE;
    MPI_Query_thread(&threads);
    struct of_rank {
        std::uint64_t program, cpus, serial, level;
    };
    const std::array levels{MPI_THREAD_SINGLE, MPI_THREAD_FUNNELED, MPI_THREAD_SERIALIZED, MPI_THREAD_MULTIPLE};  // as they rise
    const auto level = std::find(levels.begin(), levels.end(), threads) - levels.begin();
    const of_rank mine{id_of_program(), cpu_count(), ++last_serial, static_cast<std::uint64_t>(level)};
    std::vector<of_rank> all(static_cast<std::size_t>(ranks));
    MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, communicator);
    std::vector<std::size_t> cpus;
    std::uint64_t least = mine.level;
    for (const of_rank& one : all) {
        if (one.program != all[0].program) throw error("parimap: not all ranks run the same program; start one on all of them");
        cpus.push_back(static_cast<std::size_t>(one.cpus));
        least = std::min(least, one.level);
    }
    return {std::move(cpus), levels[static_cast<std::size_t>(least)], static_cast<std::uint32_t>(all[0].serial)};
}

/// Throws error where a process that says it has one thread is to have workers beside it.
inline void need_threads(int threads, const std::vector<std::size_t>& workers) {
    if (threads != MPI_THREAD_SINGLE || std::all_of(workers.begin(), workers.end(), [](std::size_t n) { return n == 1; })) return;
    throw error(
        "parimap: MPI was started for one thread (MPI_THREAD_SINGLE), and a rank of this pool has several workers; ask for "
        "MPI_THREAD_FUNNELED or more in MPI_Init_thread, or make the pool with one worker a rank");
}

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

  private:
    static constexpr int tag = 1;
    static constexpr int tag_of_parts = 2;
    static constexpr std::size_t part = std::size_t{1} << 30U;  // MPI counts in int

    struct sent {
        MPI_Request request;
        std::shared_ptr<const std::vector<std::byte>> bytes;
    };

    void post(std::size_t rank, int with_tag, std::shared_ptr<const std::vector<std::byte>> bytes, std::size_t at,
              std::size_t count) {
        sent& one = sent_.emplace_back(sent{MPI_REQUEST_NULL, std::move(bytes)});
        MPI_Isend(one.bytes->data() + at, static_cast<int>(count), MPI_BYTE, static_cast<int>(rank), with_tag, communicator_,
                  &one.request);
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
            sent_.pop_front();
        }
    }

    const MPI_Comm communicator_;
    const std::uint32_t serial_;
    std::list<sent> sent_;  // until they have gone, in this order, about
};

/// How long to wait for the next message: not at all where they come one upon the other; else about as long as it usually takes, and longer
/// and longer where none comes. (To look costs up to some 30 us where a thread sleeps before, of a CPU that the items of this rank could have.)
class patience {
  public:
    using clock = std::chrono::steady_clock;

    /// There was one.
    void end() {
        const clock::time_point now = clock::now();
        const clock::duration gap = std::min<clock::duration>(now - latest_, longest);
        usual_ = is_probing() ? gap : (usual_ + gap) / 2;
        latest_ = now;
        ++messages_;
    }

    /// Nothing: look again at once.
    clock::duration next() const {
        const clock::duration waited = clock::now() - latest_;
        if (waited < 4 * shortest && (usual_ < shortest || is_probing())) return {};
        return std::clamp<clock::duration>(std::max(usual_, waited), shortest, longest);
    }

  private:
    static constexpr std::chrono::microseconds shortest{50};
    static constexpr std::chrono::microseconds longest{900};

    /// Who sleeps for as long as it usually takes finds that it takes so long: now and then it is seen how soon the other answers.
    bool is_probing() const noexcept { return messages_ % 16 == 0; }

    clock::time_point latest_ = clock::now();
    clock::duration usual_{0};  // between two
    unsigned messages_ = 0;
};

/// Takes every message that has come, and does what there is to do. Returns how long to wait before the next look.
template <class Take, class Work>
patience::clock::duration look(messages& with, patience& waiting, Take take, Work work) {
    bool any = false;
    for (message got; with.receive(got); any = true) take(got);
    if (any) waiting.end();
    work();
    return any ? patience::clock::duration::zero() : waiting.next();
}

inline void pause(patience::clock::duration time) {
    if (time > time.zero()) {
        std::this_thread::sleep_for(time);
    } else {
        std::this_thread::yield();
    }
}

/// Looks for messages again and again, until done().
template <class Done, class Take, class Work>
void exchange(messages& with, Done done, Take take, Work work) {
    for (patience waiting; !done();) pause(look(with, waiting, take, work));
}

}  // namespace parimap::detail

#endif

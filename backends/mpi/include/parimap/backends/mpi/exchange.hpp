// SPDX-License-Identifier: MIT
// Looking for messages, as often as they come.
#ifndef PARIMAP_BACKENDS_MPI_EXCHANGE_HPP
#define PARIMAP_BACKENDS_MPI_EXCHANGE_HPP

#include <parimap/backends/mpi/messages.hpp>
#include <parimap/detail/form.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace parimap::inline PARIMAP_ABI::detail {

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

/// Takes every message that has come, or enough of them, and does what there is to do. Returns how long to wait before the next look.
template <class Enough, class Take, class Work>
patience::clock::duration look(messages& with, patience& waiting, Enough enough, Take take, Work work) {
    bool any = false;
    for (message got; !enough() && with.receive(got); any = true) take(got);
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

/// Looks for messages again and again, until done(), and takes none behind that.
template <class Done, class Take, class Work>
void exchange(messages& with, Done done, Take take, Work work) {
    for (patience waiting; !done();) pause(look(with, waiting, done, take, work));
}

}  // namespace parimap::detail

#endif

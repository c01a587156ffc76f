// SPDX-License-Identifier: MIT
// A thread that takes none of the program's signals, and may be ended from within.
#ifndef PARIMAP_DETAIL_WATCH_RENDER_THREAD_HPP
#define PARIMAP_DETAIL_WATCH_RENDER_THREAD_HPP

#include <parimap/detail/form.hpp>

#include <csignal>
#include <memory>
#include <thread>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

class PARIMAP_EXPORT render_thread {
  public:
    /// Runs run(stop) until that returns; null if there is no thread to be had, and bars show their begin and end.
    template <class Run>
    static std::shared_ptr<render_thread> start(Run run) {
        auto made = std::make_shared<render_thread>();
        // Signals are for the program's own threads.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            made->thread_ = std::thread([made, run = std::move(run)] { run(std::as_const(made->stop)); });
        } catch (...) {
            made = nullptr;
        }
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return made;
    }

    /// Where a sink ends the last bar, that is this thread itself.
    void join();

    bool stop = false;  // what guards it is its user's

  private:
    std::thread thread_;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/watch/render_thread.cpp>  // IWYU pragma: keep
#endif

#endif

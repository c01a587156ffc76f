// SPDX-License-Identifier: MIT
// A progress sink that keeps all it was told.
#ifndef PARIMAP_TESTS_SUPPORT_RECORDING_SINK_HPP
#define PARIMAP_TESTS_SUPPORT_RECORDING_SINK_HPP

#include <parimap/format_progress.hpp>
#include <parimap/progress_options.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace parimap_test {

class recording_sink : public parimap::progress_sink {
  public:
    void update(const parimap::progress_snapshot& snapshot) override {
        std::lock_guard lock(mutex_);
        all_.push_back(snapshot);
    }

    std::vector<parimap::progress_snapshot> all() const {
        std::lock_guard lock(mutex_);
        return all_;
    }
    std::size_t size() const { return all().size(); }
    parimap::progress_snapshot last() const { return all().back(); }

    // One bar was begun and closed, and its count never fell.
    bool is_whole() const {
        const auto told = all();
        for (std::size_t i = 0; i < told.size(); ++i) {
            if (told[i].closed != (i + 1 == told.size())) return false;
            if (i > 0 && told[i].n < told[i - 1].n) return false;
        }
        return told.size() >= 2;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<parimap::progress_snapshot> all_;
};

// Options of a bar that tells the sink, often.
inline parimap::progress_options told_to(std::shared_ptr<parimap::progress_sink> sink) {
    parimap::progress_options options;
    options.interval = std::chrono::milliseconds(2);
    options.sink = std::move(sink);
    return options;
}

}  // namespace parimap_test

#endif

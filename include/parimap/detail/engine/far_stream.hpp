// SPDX-License-Identifier: MIT
// A stream whose batches are run in other processes too.
#ifndef PARIMAP_DETAIL_ENGINE_FAR_STREAM_HPP
#define PARIMAP_DETAIL_ENGINE_FAR_STREAM_HPP

#include <parimap/detail/engine/far_call.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/system/instant.hpp>

#include <algorithm>

namespace parimap::inline PARIMAP_ABI::detail {

/// Where no other thread carries its batches, its consumer does, each time that it asks for a result.
template <class Stream>
class far_stream final : public far_call<Stream> {
  public:
    using far_call<Stream>::far_call;
    ~far_stream() override {
        if (this->is_carried_here()) this->cancel_afar();  // or the end would wait for what nobody carries
        this->end();
        this->cancel_afar();
    }

    bool wait_for_next(instant deadline) override {
        if (!this->is_carried_here()) return Stream::wait_for_next(deadline);
        bool is_there = false;
        this->carry_until([&](time_span time) {
            const instant now = instant::now();
            is_there = Stream::wait_for_next(std::min(deadline, now + time));
            return is_there || deadline <= now;
        });
        return is_there;
    }

  private:
    void* fetch(instant deadline) override {
        if (this->is_carried_here()) wait_for_next(deadline);
        void* const result = Stream::fetch(deadline);
        if (!result) this->end_afar();
        return result;
    }
};

}  // namespace parimap::detail

#endif

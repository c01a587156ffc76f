// SPDX-License-Identifier: MIT
// A backend's submit has nothing to tell: clause B6.
// expect: clause B6: .*void

#include <parimap/backend.hpp>

#include <cstddef>
#include <string_view>

class mine {
  public:
    static constexpr std::string_view name = "mine";
    explicit mine(std::size_t workers) : workers_{workers} {}
    std::size_t concurrency() const noexcept { return workers_; }
#ifdef PARIMAP_BAD
    bool submit(parimap::task& t) {
        t.run(t);
        return true;
    }
#else
    void submit(parimap::task& t) { t.run(t); }
#endif

  private:
    std::size_t workers_;
};

static_assert(parimap::check_backend<mine>());

// SPDX-License-Identifier: MIT
// A backend works on the engine's task, not on a copy: clause B5.
// expect: clause B5: .*task&

#include <parimap/backend.hpp>

#include <cstddef>
#include <string_view>

class mine {
  public:
    static constexpr std::string_view name = "mine";
    explicit mine(std::size_t workers) : workers_{workers} {}
    std::size_t concurrency() const noexcept { return workers_; }
#ifdef PARIMAP_BAD
    void submit(const parimap::task& t) {
        parimap::task copy = t;
        copy.run(copy);
    }
#else
    void submit(parimap::task& t) { t.run(t); }
#endif

  private:
    std::size_t workers_;
};

static_assert(parimap::check_backend<mine>());

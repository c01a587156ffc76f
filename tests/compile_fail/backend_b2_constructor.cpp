// SPDX-License-Identifier: MIT
// A backend is made explicitly from a number of workers: clause B2.
// expect: clause B2: .*explicit

#include <parimap/backend.hpp>

#include <cstddef>
#include <string_view>

class mine {
  public:
    static constexpr std::string_view name = "mine";
#ifdef PARIMAP_BAD
    mine(std::size_t workers) : workers_{workers} {}
#else
    explicit mine(std::size_t workers) : workers_{workers} {}
#endif
    std::size_t concurrency() const noexcept { return workers_; }
    void submit(parimap::task& t) { t.run(t); }

  private:
    std::size_t workers_;
};

static_assert(parimap::check_backend<mine>());

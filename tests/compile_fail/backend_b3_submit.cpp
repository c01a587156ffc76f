// SPDX-License-Identifier: MIT
// A backend runs tasks: clause B3.
// expect: clause B3: .*submit

#include <parimap/backend.hpp>

#include <cstddef>
#include <string_view>

class mine {
  public:
    static constexpr std::string_view name = "mine";
    explicit mine(std::size_t workers) : workers_{workers} {}
    std::size_t concurrency() const noexcept { return workers_; }
#ifdef PARIMAP_BAD
    void run(parimap::task& t) { t.run(t); }
#else
    void submit(parimap::task& t) { t.run(t); }
#endif

  private:
    std::size_t workers_;
};

static_assert(parimap::check_backend<mine>());

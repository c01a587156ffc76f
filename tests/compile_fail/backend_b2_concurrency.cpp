// SPDX-License-Identifier: MIT
// A backend says how many tasks it runs at once: clause B2.
// expect: clause B2: .*concurrency

#include <parimap/backend.hpp>

#include <cstddef>
#include <string_view>

class mine {
  public:
    static constexpr std::string_view name = "mine";
    explicit mine(std::size_t workers) : workers_{workers} {}
#ifdef PARIMAP_BAD
    std::size_t concurrency() { return workers_; }
#else
    std::size_t concurrency() const noexcept { return workers_; }
#endif
    void submit(parimap::task& t) { t.run(t); }

  private:
    std::size_t workers_;
};

static_assert(parimap::check_backend<mine>());

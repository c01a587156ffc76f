// SPDX-License-Identifier: MIT
// A backend's destructor waits and does not throw: clause B4.
// expect: clause B4: .*destructor

#include <parimap/backend.hpp>

#include <cstddef>
#include <string_view>

class mine {
  public:
    static constexpr std::string_view name = "mine";
    explicit mine(std::size_t workers) : workers_{workers} {}
    std::size_t concurrency() const noexcept { return workers_; }
    void submit(parimap::task& t) { t.run(t); }
#ifdef PARIMAP_BAD
    ~mine() noexcept(false) {}
#endif

  private:
    std::size_t workers_;
};

static_assert(parimap::check_backend<mine>());

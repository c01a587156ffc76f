// SPDX-License-Identifier: MIT
// A backend needs a name: clause B1.
// expect: clause B1: .*name

#include <parimap/backend.hpp>

#include <cstddef>
#include <string_view>

class mine {
  public:
#ifndef PARIMAP_BAD
    static constexpr std::string_view name = "mine";
#endif
    explicit mine(std::size_t workers) : workers_{workers} {}
    std::size_t concurrency() const noexcept { return workers_; }
    void submit(parimap::task& t) { t.run(t); }

  private:
    std::size_t workers_;
};

static_assert(parimap::check_backend<mine>());

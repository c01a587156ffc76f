// SPDX-License-Identifier: MIT
// A backend's caller_must_help is asked from anywhere and answers yes or no: clause B7.
// expect: clause B7: .*caller_must_help

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
    bool caller_must_help() { return true; }
#else
    bool caller_must_help() const noexcept { return true; }
#endif

  private:
    std::size_t workers_;
};

static_assert(parimap::check_backend<mine>());

// SPDX-License-Identifier: MIT
// The serial backend: everything runs on the calling thread. The reference for the others, and the folder to copy.
#ifndef PARIMAP_BACKENDS_SERIAL_HPP
#define PARIMAP_BACKENDS_SERIAL_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>

#include <cstddef>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::backends {

// The trap: there is no worker here, so a task that the engine expects to run "soon" must run now. Clause B7 says so
// to the engine, which then never waits for a worker.
class [[gnu::visibility("default")]] serial {
  public:
    static constexpr std::string_view name = "serial";

    explicit serial(std::size_t /*workers*/) noexcept {}

    std::size_t concurrency() const noexcept { return 1; }
    bool caller_must_help() const noexcept { return true; }

    void submit(task& t) { t.run(t); }
};

static_assert(check_backend<serial>());

}  // namespace parimap::backends

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

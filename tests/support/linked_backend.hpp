// SPDX-License-Identifier: MIT
// backends::linked: the backend that a test program is linked with. What uses it is compiled once for all of them.
#ifndef PARIMAP_TESTS_SUPPORT_LINKED_BACKEND_HPP
#define PARIMAP_TESTS_SUPPORT_LINKED_BACKEND_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/scheduler/backend_port.hpp>
#include <parimap/detail/system/owned.hpp>
#include <parimap/pool_options.hpp>

#include <cstddef>
#include <string_view>

namespace parimap::inline PARIMAP_ABI {

namespace backends {

// Never made: a pool asks its port for the backend.
class linked {
  public:
    static const std::string_view name;
    explicit linked(std::size_t workers);
    std::size_t concurrency() const noexcept;
    void submit(task& t);
};

}  // namespace backends

// Beyond the port the engine does not know a backend's type, and this one makes the port of PARIMAP_TEST_BACKEND itself: what
// runs is what runs in a pool of that type.
template <>
class detail::port_of<backends::linked> {
  public:
    static owned<backend_port> make(const pool_options& options);
};

}  // namespace parimap

#endif

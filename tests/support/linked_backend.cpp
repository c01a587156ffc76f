// SPDX-License-Identifier: MIT
// Makes backends::linked of PARIMAP_TEST_BACKEND: one such file is linked into each program of the conformance suite.
#include "support/linked_backend.hpp"

#include <parimap/default_backend.hpp>
#include <parimap/pool_options.hpp>

#include <string_view>

namespace parimap::inline PARIMAP_ABI {

constinit const std::string_view backends::linked::name = backends::PARIMAP_TEST_BACKEND::name;

detail::owned<detail::backend_port> detail::port_of<backends::linked>::make(const pool_options& options) {
    return port_of<backends::PARIMAP_TEST_BACKEND>::make(options);
}

}  // namespace parimap

// SPDX-License-Identifier: MIT
// The mpi backend: the workers of all ranks of an MPI program, on a backend of their own in each.
#ifndef PARIMAP_BACKENDS_MPI_HPP
#define PARIMAP_BACKENDS_MPI_HPP

#include <parimap/detail/begin.hpp>  // IWYU pragma: keep
#if __cplusplus >= 202002L

#include <parimap/backend.hpp>
#include <parimap/backends/mpi/pool.hpp>
#include <parimap/backends/mpi/session.hpp>
#include <parimap/backends/mpi/wrapper_codecs.hpp>  // IWYU pragma: export
#include <parimap/backends/threads.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/cereal_codec.hpp>  // IWYU pragma: export
#include <parimap/travels.hpp>                     // IWYU pragma: export

#include <cstddef>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::backends {

// The trap: MPI knows processes, and a backend workers of one process. So this class is the workers of this rank and nothing else; that
// a pool has others too is in its `core`, and who brings items there is mpi_root.
template <class Inner>
class [[gnu::visibility("default")]] mpi_over {
  public:
    static constexpr std::string_view name = "mpi";

    using core = detail::mpi_core<Inner, mpi_over>;
    using session = detail::mpi_session<Inner>;
    using communicator = MPI_Comm;

    explicit mpi_over(std::size_t workers) : workers_(workers) {}

    std::size_t concurrency() const noexcept { return workers_.concurrency(); }

    void submit(task& t) { workers_.submit(t); }

    bool caller_must_help() const noexcept {
        if constexpr (requires { workers_.caller_must_help(); }) {
            return workers_.caller_must_help();
        } else {
            return false;
        }
    }

  private:
    Inner workers_;
};

using mpi = mpi_over<threads>;

static_assert(check_backend<mpi>());

}  // namespace parimap::backends

#endif
#include <parimap/detail/end.hpp>  // IWYU pragma: keep

#endif

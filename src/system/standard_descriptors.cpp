// SPDX-License-Identifier: MIT
// Opening files that do not become a standard descriptor.

#include <parimap/detail/system/standard_descriptors.hpp>

#include <initializer_list>

#include <fcntl.h>
#include <unistd.h>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE standard_descriptors::standard_descriptors() noexcept {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) >= 0) continue;
        const int got = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        taken_[fd] = got == fd;
        if (got >= 0 && got != fd) ::close(got);
    }
}

PARIMAP_INLINE standard_descriptors::~standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (taken_[fd]) ::close(fd);
    }
}

}  // namespace parimap::detail

// SPDX-License-Identifier: MIT
// Opening files that do not become a standard descriptor.
#ifndef PARIMAP_DETAIL_SYSTEM_STANDARD_DESCRIPTORS_HPP
#define PARIMAP_DETAIL_SYSTEM_STANDARD_DESCRIPTORS_HPP

#include <parimap/detail/form.hpp>

namespace parimap::inline PARIMAP_ABI::detail {

/// While it lives, those of the three standard descriptors that were closed lead nowhere: else the next file that is opened
/// becomes one of them, and gets what the program prints.
class PARIMAP_EXPORT standard_descriptors {
  public:
    standard_descriptors() noexcept;
    ~standard_descriptors();
    standard_descriptors(const standard_descriptors&) = delete;
    standard_descriptors& operator=(const standard_descriptors&) = delete;

  private:
    bool taken_[3] = {};
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/system/standard_descriptors.cpp>  // IWYU pragma: keep
#endif

#endif

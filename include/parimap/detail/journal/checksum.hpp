// SPDX-License-Identifier: MIT
// CRC-32C (Castagnoli), the checksum of iSCSI and ext4: what a journal tells whole records by.
#ifndef PARIMAP_DETAIL_JOURNAL_CHECKSUM_HPP
#define PARIMAP_DETAIL_JOURNAL_CHECKSUM_HPP

#include <parimap/detail/form.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace parimap::inline PARIMAP_ABI::detail {

/// before: the checksum of the bytes that come before these.
PARIMAP_EXPORT std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before = 0) noexcept;

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/journal/checksum.cpp>  // IWYU pragma: keep
#endif

#endif

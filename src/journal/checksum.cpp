// SPDX-License-Identifier: MIT
// CRC-32C (Castagnoli), the checksum of iSCSI and ext4: what a journal tells whole records by.

#include <parimap/detail/journal/checksum.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parimap::inline PARIMAP_ABI::detail {

PARIMAP_INLINE std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before) noexcept {
    static constexpr auto table = [] {
        std::array<std::uint32_t, 256> all{};
        for (std::uint32_t i = 0; i < all.size(); ++i) {
            std::uint32_t remainder = i;
            for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? 0x82f63b78u : 0u);
            all[i] = remainder;
        }
        return all;
    }();
    std::uint32_t sum = ~before;
    for (const std::byte b : bytes) sum = (sum >> 8) ^ table[(sum ^ std::to_integer<std::uint32_t>(b)) & 0xff];
    return ~sum;
}

}  // namespace parimap::detail

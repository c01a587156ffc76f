// SPDX-License-Identifier: MIT
// CRC-32C (Castagnoli), the checksum of iSCSI and ext4: what a journal tells whole records by.

#include <parimap/detail/journal/checksum.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parimap::inline PARIMAP_ABI::detail {

/// What becomes of each byte, with 0 to 7 zero bytes behind it.
constexpr std::array<std::array<std::uint32_t, 256>, 8> make_remainders() noexcept {
    std::array<std::array<std::uint32_t, 256>, 8> all{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t remainder = byte;
        for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? 0x82f63b78u : 0u);
        all[0][byte] = remainder;
    }
    for (std::size_t zeros = 1; zeros < all.size(); ++zeros) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t before = all[zeros - 1][byte];
            all[zeros][byte] = (before >> 8) ^ all[0][before & 0xff];
        }
    }
    return all;
}

/// Eight bytes at a time, by as many tables ("slicing-by-8", Kounavis and Berry 2005): a file is summed before a run goes on.
PARIMAP_INLINE std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before) noexcept {
    static constexpr auto remainders = make_remainders();
    const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
    std::uint32_t sum = ~before;
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
        sum ^= byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
        sum = remainders[7][sum & 0xff] ^ remainders[6][sum >> 8 & 0xff] ^ remainders[5][sum >> 16 & 0xff] ^
              remainders[4][sum >> 24] ^ remainders[3][byte(4)] ^ remainders[2][byte(5)] ^ remainders[1][byte(6)] ^
              remainders[0][byte(7)];
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) sum = (sum >> 8) ^ remainders[0][(sum ^ byte(i)) & 0xff];
    return ~sum;
}

}  // namespace parimap::detail

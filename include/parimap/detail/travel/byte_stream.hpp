// SPDX-License-Identifier: MIT
// The bytes of a message, as they are written and read.
#ifndef PARIMAP_DETAIL_TRAVEL_BYTE_STREAM_HPP
#define PARIMAP_DETAIL_TRAVEL_BYTE_STREAM_HPP

#include <parimap/detail/form.hpp>
#include <parimap/errors.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// What a codec keeps from one value of a message to the next: an archive.
class kept_archive {
  public:
    virtual ~kept_archive() = default;

    /// Whether later values may be written as references to parts of earlier ones: who cannot read those would not read these.
    bool refers_back() const noexcept { return refers_back_; }

  protected:
    kept_archive() = default;
    kept_archive(const kept_archive&) = delete;
    kept_archive& operator=(const kept_archive&) = delete;

    bool refers_back_ = false;
};

/// One archive for all values of a message, or of a part of it: made when the first is written, gone with reset().
template <class Stream>
class with_archive {
  public:
    template <class Archive>
    Archive& archive() {
        if (!archive_) archive_ = std::make_unique<Archive>(static_cast<Stream&>(*this));
        return static_cast<Archive&>(*archive_);
    }
    void end_archive() noexcept { archive_.reset(); }
    bool has_archive() const noexcept { return archive_ != nullptr; }
    /// Behind a value that may be the only one to fail.
    void end_archive_that_refers_back() noexcept {
        if (archive_ && archive_->refers_back()) archive_.reset();
    }

  private:
    std::unique_ptr<kept_archive> archive_;
};

class byte_writer : public with_archive<byte_writer> {
  public:
    void bytes(const void* from, std::size_t count) {
        const std::size_t before = size();
        bytes_.resize(before + count);  // (GCC 12 takes insert() for a write past the end, and warns of it at -O3.)
        if (count > 0) std::memcpy(bytes_.data() + before, from, count);
    }

    template <class T>
    void plain(const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        bytes(&value, sizeof(T));
    }

    void text(std::string_view s) {
        plain(s.size());
        bytes(s.data(), s.size());
    }

    /// Room for a plain value that is known later: see fill().
    template <class T>
    std::size_t leave_room() {
        const std::size_t place = size();
        plain(T{});
        return place;
    }
    template <class T>
    void fill(std::size_t place, const T& value) noexcept {
        std::memcpy(bytes_.data() + place, &value, sizeof(T));
    }

    std::size_t size() const noexcept { return bytes_.size(); }

    /// Takes back what was written behind `size`; what follows has an archive of its own.
    void cut(std::size_t size) noexcept {
        end_archive();
        bytes_.resize(size);
    }

    std::vector<std::byte> take() noexcept {
        end_archive();
        return std::exchange(bytes_, {});
    }

    std::span<const std::byte> view() const noexcept { return bytes_; }

  private:
    std::vector<std::byte> bytes_;
};

class byte_reader : public with_archive<byte_reader> {
  public:
    explicit byte_reader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

    void bytes(void* to, std::size_t count) {
        need(count);
        if (count > 0) std::memcpy(to, bytes_.data(), count);
        bytes_ = bytes_.subspan(count);
    }

    template <class T>
    T plain() {
        static_assert(std::is_trivially_copyable_v<T>);
        std::remove_const_t<T> value;
        bytes(&value, sizeof(T));
        return value;
    }

    std::string text() {
        const auto size = plain<std::size_t>();
        need(size);
        std::string s(size, '\0');
        bytes(s.data(), size);
        return s;
    }

    bool is_at_end() const noexcept { return bytes_.empty(); }
    std::size_t left() const noexcept { return bytes_.size(); }

    /// What follows is so many bytes, and nothing reads behind them until end_part(), which goes on there.
    void begin_part(std::size_t count) {
        need(count);
        behind_ = bytes_.subspan(count);
        bytes_ = bytes_.first(count);
    }
    void end_part() noexcept { bytes_ = behind_; }

  private:
    void need(std::size_t count) const {
        if (count > bytes_.size()) throw error("parimap: a message ends before its values; its codec reads more than it wrote");
    }

    std::span<const std::byte> bytes_;
    std::span<const std::byte> behind_;  // the part that is being read
};

}  // namespace parimap::detail

#endif

// SPDX-License-Identifier: MIT
// Values that cereal can archive, as bytes.
#ifndef PARIMAP_BACKENDS_MPI_CEREAL_CODEC_HPP
#define PARIMAP_BACKENDS_MPI_CEREAL_CODEC_HPP

#include <parimap/codec.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/travel/byte_stream.hpp>

#include <cereal/archives/binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/valarray.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <cstddef>
#include <istream>
#include <ostream>
#include <streambuf>
#include <type_traits>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

/// What an archive writes goes to the message at once.
class cereal_output final : public kept_archive {
  public:
    explicit cereal_output(byte_writer& out) : buffer_(out), stream_(&buffer_), archive_(stream_) {}

    cereal::BinaryOutputArchive& archive() noexcept { return archive_; }

  private:
    class buffer final : public std::streambuf {
      public:
        explicit buffer(byte_writer& out) noexcept : out_(out) {}

      private:
        std::streamsize xsputn(const char* from, std::streamsize count) override {
            out_.bytes(from, static_cast<std::size_t>(count));
            return count;
        }
        int_type overflow(int_type c) override {
            const char one = traits_type::to_char_type(c);
            out_.bytes(&one, 1);
            return c;
        }

        byte_writer& out_;
    };

    buffer buffer_;
    std::ostream stream_;
    cereal::BinaryOutputArchive archive_;
};

class cereal_input final : public kept_archive {
  public:
    explicit cereal_input(byte_reader& in) : buffer_(in), stream_(&buffer_), archive_(stream_) {}

    cereal::BinaryInputArchive& archive() noexcept { return archive_; }

  private:
    class buffer final : public std::streambuf {
      public:
        explicit buffer(byte_reader& in) noexcept : in_(in) {}

      private:
        std::streamsize xsgetn(char* to, std::streamsize count) override {
            return static_cast<std::streamsize>(in_.some_bytes(to, static_cast<std::size_t>(count)));
        }

        byte_reader& in_;
    };

    buffer buffer_;
    std::istream stream_;
    cereal::BinaryInputArchive archive_;
};

template <class T>
concept known_to_cereal = !travels_as_bytes<T> && std::is_object_v<T> && !std::is_pointer_v<T> &&
                          cereal::traits::is_output_serializable<T, cereal::BinaryOutputArchive>::value &&
                          cereal::traits::is_input_serializable<T, cereal::BinaryInputArchive>::value &&
                          std::is_default_constructible_v<T> && std::is_move_constructible_v<T>;

}  // namespace detail

template <detail::known_to_cereal T>
struct codec<T> {
    static void write(byte_writer& out, const T& value) { out.archive<detail::cereal_output>().archive()(value); }
    static T read(byte_reader& in) {
        T value;
        in.archive<detail::cereal_input>().archive()(value);
        return value;
    }
};

}  // namespace parimap

#endif

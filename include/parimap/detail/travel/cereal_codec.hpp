// SPDX-License-Identifier: MIT
// Values that cereal can archive, as bytes; and in its containers those that only parimap::codec knows.
#ifndef PARIMAP_DETAIL_TRAVEL_CEREAL_CODEC_HPP
#define PARIMAP_DETAIL_TRAVEL_CEREAL_CODEC_HPP

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

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <valarray>
#include <variant>
#include <vector>

namespace parimap::inline PARIMAP_ABI {

namespace detail {

// ---- archives that write to a message, and read from one ---------------------------------------------------------------------------

class cereal_output final : public kept_archive, public cereal::OutputArchive<cereal_output, cereal::AllowEmptyClassElision> {
  public:
    explicit cereal_output(byte_writer& message) : OutputArchive(this), out(message) {}

    // In place of those of the base, which cereal calls by these names: objects and classes have numbers from now on,
    template <class Pointer>
    std::uint32_t registerSharedPointer(const Pointer& pointer) {
        refers_back_ = true;
        return OutputArchive::registerSharedPointer(pointer);
    }
    std::uint32_t registerPolymorphicType(const char* name) {
        refers_back_ = true;
        return OutputArchive::registerPolymorphicType(name);
    }
    // and this is where it says that the version of a class is known.
    void wrote(const char* name, const std::uint32_t& /*value*/) noexcept {
        if (std::string_view(name) == "cereal_class_version") refers_back_ = true;
    }
    template <class T>
    void wrote(const char* /*name*/, const T& /*value*/) noexcept {}

    byte_writer& out;
};

class cereal_input final : public kept_archive, public cereal::InputArchive<cereal_input, cereal::AllowEmptyClassElision> {
  public:
    explicit cereal_input(byte_reader& message) : InputArchive(this), in(message) {}

    byte_reader& in;
};

// What cereal asks of an archive.
template <class T>
    requires std::is_arithmetic_v<T>
void CEREAL_SAVE_FUNCTION_NAME(cereal_output& to, const T& value) {
    to.out.plain(value);
}
template <class T>
    requires std::is_arithmetic_v<T>
void CEREAL_LOAD_FUNCTION_NAME(cereal_input& from, T& value) {
    from.in.bytes(&value, sizeof value);
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(cereal_output& to, const cereal::BinaryData<T>& all) {
    to.out.bytes(all.data, static_cast<std::size_t>(all.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(cereal_input& from, cereal::BinaryData<T>& all) {
    from.in.bytes(all.data, static_cast<std::size_t>(all.size));
}
template <class Archive, class T>
    requires std::is_base_of_v<kept_archive, Archive>
void CEREAL_SERIALIZE_FUNCTION_NAME(Archive& archive, cereal::NameValuePair<T>& pair) {
    archive(pair.value);
    if constexpr (std::is_same_v<Archive, cereal_output>) archive.wrote(pair.name, pair.value);
}
template <class Archive, class T>
    requires std::is_base_of_v<kept_archive, Archive>
void CEREAL_SERIALIZE_FUNCTION_NAME(Archive& archive, cereal::SizeTag<T>& tag) {
    archive(tag.size);
}

// ---- what travels ------------------------------------------------------------------------------------------------------------------

template <class T, class Output, class Input>
concept archived_by =
    cereal::traits::is_output_serializable<T, Output>::value && cereal::traits::is_input_serializable<T, Input>::value;

/// Known to cereal by itself. (Asked of its own archives: what those below add is not to be asked here.)
template <class T>
concept archived = archived_by<T, cereal::BinaryOutputArchive, cereal::BinaryInputArchive>;

/// Known to parimap::codec alone: the archives here write and read it too, wherever it is a part of something. (What cereal can only write, or
/// only read, is a thing of its own.)
template <class T>
concept only_has_codec = !cereal::traits::is_output_serializable<T, cereal::BinaryOutputArchive>::value &&
                         !cereal::traits::is_input_serializable<T, cereal::BinaryInputArchive>::value && can_travel<T>;

template <only_has_codec T>
void CEREAL_SAVE_FUNCTION_NAME(cereal_output& to, const T& value) {
    codec<T>::write(to.out, value);
}
template <only_has_codec T>
void CEREAL_LOAD_FUNCTION_NAME(cereal_input& from, T& value) {
    if constexpr (travels_as_bytes<T>) {
        if constexpr (!std::is_empty_v<T>) from.in.bytes(&value, sizeof value);
    } else {
        value = codec<T>::read(from.in);
    }
}

/// Whether the parts of a T travel. (cereal takes a container for one that it can archive, whatever is in it, and ends the compilation in
/// its own headers if it cannot.)
template <class T>
struct parts_travel : std::true_type {};
template <class T>
concept part_travels = !std::is_pointer_v<T> && parts_travel<T>::value && (archived<T> || only_has_codec<T>);
template <class... Parts>
using parts_are =
    std::bool_constant<((!std::is_const_v<Parts> && part_travels<Parts> && std::is_default_constructible_v<Parts>)&&...)>;
template <class T>
concept pointed_to_travels =
    !std::is_array_v<T> && requires { sizeof(T); } && (std::is_abstract_v<T> || part_travels<std::remove_const_t<T>>);

template <class T, class A>
struct parts_travel<std::vector<T, A>> : parts_are<T> {};
template <class T, class A>
struct parts_travel<std::deque<T, A>> : parts_are<T> {};
template <class T, class A>
struct parts_travel<std::list<T, A>> : parts_are<T> {};
template <class T>
struct parts_travel<std::valarray<T>> : parts_are<T> {};
template <class T, std::size_t N>
struct parts_travel<std::array<T, N>> : parts_are<T> {};
template <class K, class C, class A>
struct parts_travel<std::set<K, C, A>> : parts_are<K> {};
template <class K, class C, class A>
struct parts_travel<std::multiset<K, C, A>> : parts_are<K> {};
template <class K, class H, class E, class A>
struct parts_travel<std::unordered_set<K, H, E, A>> : parts_are<K> {};
template <class K, class H, class E, class A>
struct parts_travel<std::unordered_multiset<K, H, E, A>> : parts_are<K> {};
template <class K, class V, class C, class A>
struct parts_travel<std::map<K, V, C, A>> : parts_are<K, V> {};
template <class K, class V, class C, class A>
struct parts_travel<std::multimap<K, V, C, A>> : parts_are<K, V> {};
template <class K, class V, class H, class E, class A>
struct parts_travel<std::unordered_map<K, V, H, E, A>> : parts_are<K, V> {};
template <class K, class V, class H, class E, class A>
struct parts_travel<std::unordered_multimap<K, V, H, E, A>> : parts_are<K, V> {};
template <class T>
struct parts_travel<std::optional<T>> : parts_are<T> {};
template <class A, class B>
struct parts_travel<std::pair<A, B>> : parts_are<A, B> {};
template <class... Ts>
struct parts_travel<std::tuple<Ts...>> : parts_are<Ts...> {};
template <class... Ts>
struct parts_travel<std::variant<Ts...>> : parts_are<Ts...> {};
template <class T, class D>
struct parts_travel<std::unique_ptr<T, D>> : std::bool_constant<pointed_to_travels<T>> {};
template <class T>
struct parts_travel<std::shared_ptr<T>> : std::bool_constant<pointed_to_travels<T>> {};

template <class T>
concept known_to_cereal =
    !travels_as_bytes<T> && std::is_object_v<T> && !std::is_pointer_v<T> && parts_travel<T>::value && archived<T> &&
    archived_by<T, cereal_output, cereal_input> && std::is_default_constructible_v<T> && std::is_move_constructible_v<T>;

}  // namespace detail

template <detail::known_to_cereal T>
struct codec<T> {
    static void write(byte_writer& out, const T& value) { out.archive<detail::cereal_output>()(value); }
    static T read(byte_reader& in) {
        T value;
        in.archive<detail::cereal_input>()(value);
        return value;
    }
};

}  // namespace parimap

CEREAL_REGISTER_ARCHIVE(parimap::detail::cereal_output)
CEREAL_REGISTER_ARCHIVE(parimap::detail::cereal_input)
CEREAL_SETUP_ARCHIVE_TRAITS(parimap::detail::cereal_input, parimap::detail::cereal_output)

#endif

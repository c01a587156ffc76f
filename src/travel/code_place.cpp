// SPDX-License-Identifier: MIT
// Where a function is in the program, said so that another process that runs the same program finds it.

#include <parimap/detail/travel/code_place.hpp>

#include <parimap/errors.hpp>

#include <link.h>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace parimap::inline PARIMAP_ABI::detail {

/// FNV-1a (Fowler, Noll, Vo).
constexpr std::uint64_t hash_of_bytes(std::string_view bytes, std::uint64_t hash = 14695981039346656037U) noexcept {
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return hash;
}

/// The build id that the linker wrote, of which two different objects never have the same. Where there is none, the sizes of all parts.
inline std::uint64_t id_of_object(const dl_phdr_info& object) noexcept {
    std::uint64_t sizes = hash_of_bytes({});
    for (std::size_t i = 0; i < object.dlpi_phnum; ++i) {
        const ElfW(Phdr)& part = object.dlpi_phdr[i];
        const std::uint64_t numbers[]{part.p_type, part.p_vaddr, part.p_memsz, part.p_filesz};
        sizes = hash_of_bytes({reinterpret_cast<const char*>(numbers), sizeof numbers}, sizes);
        if (part.p_type != PT_NOTE) continue;
        const char* note = reinterpret_cast<const char*>(object.dlpi_addr + part.p_vaddr);
        const char* const end = note + part.p_memsz;
        const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
        while (note + sizeof(ElfW(Nhdr)) <= end) {
            ElfW(Nhdr) header;
            std::memcpy(&header, note, sizeof header);
            const char* const name = note + sizeof header;
            const char* const id = name + padded(header.n_namesz);
            if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
                return hash_of_bytes({id, header.n_descsz});
            note = id + padded(header.n_descsz);
        }
    }
    return sizes;
}

inline bool has_address(const dl_phdr_info& object, std::uintptr_t address) noexcept {
    for (std::size_t i = 0; i < object.dlpi_phnum; ++i) {
        const ElfW(Phdr)& part = object.dlpi_phdr[i];
        if (part.p_type == PT_LOAD && address - (object.dlpi_addr + part.p_vaddr) < part.p_memsz) return true;
    }
    return false;
}

/// Calls visit(object) for each object of this process until it returns true; whether one did.
template <class Visit>
bool find_object(Visit visit) {
    return dl_iterate_phdr(
               [](dl_phdr_info* object, std::size_t, void* found) { return (*static_cast<Visit*>(found))(*object) ? 1 : 0; },
               &visit) != 0;
}

PARIMAP_INLINE code_place place_of(any_function f) {
    const auto address = reinterpret_cast<std::uintptr_t>(f);
    code_place place{};
    const bool is_found = find_object([&](const dl_phdr_info& object) {
        if (!has_address(object, address)) return false;
        place = {id_of_object(object), address - object.dlpi_addr};
        return true;
    });
    if (!is_found) throw error("parimap: the code of this function is in no object of the program, so no other process finds it");
    return place;
}

PARIMAP_INLINE any_function function_at(code_place place) {
    any_function f = nullptr;
    const bool is_found = find_object([&](const dl_phdr_info& object) {
        if (id_of_object(object) != place.object) return false;
        f = reinterpret_cast<any_function>(object.dlpi_addr + place.offset);
        return true;
    });
    if (!is_found) {
        throw error(
            "parimap: a function comes from a program or shared object that this rank has not loaded; start the same program on "
            "all "
            "ranks, and load the same plug-ins");
    }
    return f;
}

PARIMAP_INLINE std::uint64_t id_of_program() {
    std::uint64_t id = 0;
    find_object([&](const dl_phdr_info& object) {  // the program is the first
        id = id_of_object(object);
        return true;
    });
    return id;
}

}  // namespace parimap::detail

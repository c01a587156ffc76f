// SPDX-License-Identifier: MIT
// Exceptions as bytes.

#include <parimap/detail/travel/exceptions.hpp>

#include <parimap/detail/system/item_is_found.hpp>
#include <parimap/detail/system/mutex.hpp>
#include <parimap/detail/system/step_failed.hpp>
#include <parimap/errors.hpp>

#include <cxxabi.h>
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <utility>
#include <vector>

namespace parimap::inline PARIMAP_ABI::detail {

/// A type whose what() is the text that it is made of.
template <class E>
constexpr travelling_exception made_of_text() {
    return {.type = &typeid(E),
            .write =
                [](byte_writer& out) {
                    try {
                        throw;
                    } catch (const E& e) {
                        out.text(e.what());
                    }
                },
            .read = [](byte_reader& in) { return std::make_exception_ptr(E(in.text())); }};
}

inline void write_system_error(byte_writer& out) {
    try {
        throw;
    } catch (const std::system_error& e) {
        out.text(e.code().category().name());
        out.plain(e.code().value());
        // what() is the text that it was made of, and that of its code.
        std::string text = e.what();
        const std::string of_code = e.code().message();
        if (text.ends_with(of_code)) text.resize(text.size() - of_code.size());
        if (text.ends_with(": ")) text.resize(text.size() - 2);
        out.text(text);
    }
}

inline std::exception_ptr read_system_error(byte_reader& in) {
    const std::string category = in.text();
    const int value = in.plain<int>();
    const std::string text = in.text();
    // Of the others nobody here can say where they are.
    const std::error_category& known = category == "generic" ? std::generic_category() : std::system_category();
    const std::string prefix = category == known.name() ? text : text.empty() ? category : text + " (" + category + ")";
    return std::make_exception_ptr(prefix.empty() ? std::system_error(value, known) : std::system_error(value, known, prefix));
}

inline void write_remote_error(byte_writer& out) {
    try {
        throw;
    } catch (const remote_error& e) {
        out.text(e.what());
        out.text(e.type_name());
        out.plain(e.rank());
    }
}

inline std::exception_ptr read_remote_error(byte_reader& in) {
    std::string what = in.text();
    std::string type = in.text();
    const int rank = in.plain<int>();
    return std::make_exception_ptr(remote_error(std::move(what), std::move(type), rank));
}

class travelling_exceptions {
  public:
    static travelling_exceptions& all() {
        static auto* const made = new travelling_exceptions;  // until the very end of the process
        return *made;
    }

    void add(const travelling_exception& known) {
        const lock held(mutex_);
        std::erase_if(known_, [&](const travelling_exception& other) { return *other.type == *known.type; });
        known_.push_back(known);
    }

    /// Null type if it does not travel.
    travelling_exception find(std::string_view name) {
        const lock held(mutex_);
        const auto found =
            std::find_if(known_.begin(), known_.end(), [&](const travelling_exception& e) { return e.type->name() == name; });
        return found == known_.end() ? travelling_exception{} : *found;
    }

  private:
    detail::mutex mutex_;
    std::vector<travelling_exception> known_{
        made_of_text<std::logic_error>(),
        made_of_text<std::domain_error>(),
        made_of_text<std::invalid_argument>(),
        made_of_text<std::length_error>(),
        made_of_text<std::out_of_range>(),
        made_of_text<std::runtime_error>(),
        made_of_text<std::range_error>(),
        made_of_text<std::overflow_error>(),
        made_of_text<std::underflow_error>(),
        made_of_text<error>(),
        made_of_text<cancelled>(),
        made_of_text<pool_closed>(),
        made_of_text<timed_out>(),
        {.type = &typeid(std::bad_alloc),
         .write = [](byte_writer&) {},
         .read = [](byte_reader&) { return std::make_exception_ptr(std::bad_alloc()); }},
        {.type = &typeid(item_is_found),
         .write = [](byte_writer&) {},
         .read = [](byte_reader&) { return std::make_exception_ptr(item_is_found()); }},
        {.type = &typeid(std::system_error), .write = &write_system_error, .read = &read_system_error},
        {.type = &typeid(remote_error), .write = &write_remote_error, .read = &read_remote_error}};
};

inline std::string readable_name(const char* mangled) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> readable(abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
    return status == 0 ? readable.get() : mangled;
}

PARIMAP_INLINE void add_travelling_exception(const travelling_exception& known) { travelling_exceptions::all().add(known); }

PARIMAP_INLINE void write_exception(byte_writer& out, const std::exception_ptr& exception, int rank) {
    const std::size_t start = out.size();
    try {
        std::rethrow_exception(exception);
    } catch (const step_failed& e) {
        out.text(typeid(step_failed).name());
        out.plain(e.item);
        write_exception(out, e.exception, rank);
    } catch (...) {
        const std::type_info* const type = abi::__cxa_current_exception_type();
        const char* const name = type ? type->name() : "an exception of another language";
        if (const travelling_exception known = travelling_exceptions::all().find(name); known.type) {
            try {
                out.text(name);
                known.write(out);
                return;
            } catch (...) {  // what its codec throws
                out.cut(start);
            }
        }
        std::string what = "an exception that is no std::exception";
        try {
            throw;
        } catch (const std::exception& e) {
            if (const char* const text = e.what()) what = text;
        } catch (...) {
        }
        out.text(typeid(remote_error).name());
        out.text(what);
        out.text(type ? readable_name(name) : name);
        out.plain(rank);
    }
}

PARIMAP_INLINE std::exception_ptr read_exception(byte_reader& in) {
    const std::string name = in.text();
    if (name == typeid(step_failed).name()) {
        const auto item = in.plain<std::uint64_t>();
        return std::make_exception_ptr(step_failed{item, read_exception(in)});
    }
    try {
        if (const travelling_exception known = travelling_exceptions::all().find(name); known.type) return known.read(in);
    } catch (...) {
        return std::current_exception();
    }
    return std::make_exception_ptr(
        remote_error("parimap: an exception arrived that this rank does not know; call parimap::travels on all ranks",
                     readable_name(name.c_str()), -1));
}

}  // namespace parimap::detail

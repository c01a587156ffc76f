// SPDX-License-Identifier: MIT
// A program that loads the other module, whose name it is given, several times.
#include "checks.hpp"

#include <dlfcn.h>

#ifdef EXPORTING
constexpr bool one_program = true;
#else
constexpr bool one_program = false;
#endif

int main(int, char** arguments) {
    for (int round = 0; round < 3; ++round) {
        void* library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
        check(library != nullptr, "the plug-in is there");
        const auto find = [&](auto& function, const char* name) {
            function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
            check(function != nullptr, name);
        };
        plugin p{};
        find(p.map, "sum_of_map");
        find(p.stream, "sum_of_stream");
        find(p.start, "start_stream");
        find(p.rest, "sum_of_rest");
        find(p.own, "on_own_pool");
        find(p.seat, "seat_of_plugin");
        find(p.default_pool, "default_pool_of_plugin");
        find(p.display, "display_of_plugin");
        find(p.error, "throw_error");
        find(p.make, "new_pool");
        find(p.unmake, "delete_pool");
        check_all(p, one_program);
        dlclose(library);
    }
}

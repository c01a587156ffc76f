// SPDX-License-Identifier: MIT
// A program that loads the other module several times, and maps on pools of its own meanwhile. Its arguments are the module's
// name and, where the program exports its symbols, the word "exporting".
#include "checks.hpp"

#include <atomic>
#include <thread>
#include <type_traits>
#include <vector>

#include <dlfcn.h>

int main(int count, char** arguments) {
    const bool one_program = count > 2;
    std::atomic<bool> done{false};
    std::thread meanwhile([&] {
        parimap::pool kept{2};
        while (!done) {
            parimap::pool fresh{2};
            for (parimap::pool* const pool : {&kept, &fresh, &parimap::default_pool()}) {
                check(map_of_program(*pool, 3) == 300, "a call of the program while the plug-in comes and goes");
                long sum = 0;
                for (const long x : parimap::ordered_imap(
                         *pool, [&](long n) { return map_of_program(*pool, n); }, std::vector<long>(20, 1)))
                    sum += x;
                check(sum == 2'000, "a stream of the program while the plug-in comes and goes");
            }
        }
    });
    for (int round = 0; round < 10; ++round) {
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
    done = true;
    meanwhile.join();
}

// SPDX-License-Identifier: MIT
// A program that links the other module.
#include "checks.hpp"

int main() {
    check_all({sum_of_map, sum_of_stream, start_stream, sum_of_rest, on_own_pool, seat_of_plugin, default_pool_of_plugin,
               display_of_plugin, throw_error, new_pool, delete_pool},
              true);
}

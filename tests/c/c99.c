/* SPDX-License-Identifier: MIT */
/* parimap.h by itself in C99: it is compiled and not run. */

#include <parimap.h>

int takes_the_names_of_parimap(parimap_pool* pool, parimap_function function);

int takes_the_names_of_parimap(parimap_pool* pool, parimap_function function) {
    const parimap_options options = {0};
    return parimap_for_each(pool, 1, function, NULL, &options);
}

/* SPDX-License-Identifier: MIT */
/* A program in C that uses parimap from outside. */

#include <parimap.h>

static int add_one(void* context, size_t index) {
    ((int*)context)[index] += 1;
    return 0;
}

int main(void) {
    int numbers[3] = {0, 10, 20};
    parimap_pool* pool = parimap_pool_create(2);
    const int error = parimap_for_each(pool, 3, add_one, numbers, NULL);
    parimap_pool_destroy(pool);
    return error == PARIMAP_OK && numbers[0] == 1 && numbers[1] == 11 && numbers[2] == 21 ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
/* How chaotic is the logistic map, x -> r x (1 - x)? Prints its Lyapunov exponent for each r, in C, while others are computed. */

#include <parimap.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct scan {
    double first, last; /* r goes from here to there */
    size_t points;
    int steps;
};

static double r_of(const struct scan* scan, size_t index) {
    return scan->first + (scan->last - scan->first) * (double)index / (double)(scan->points - 1);
}

/* Positive where neighbours part, negative where they meet. Fails where x leaves its range, which is for r above 4. */
static int find_exponent(void* context, size_t index, void* result) {
    const struct scan* scan = context;
    const double r = r_of(scan, index);
    double x = 0.3, sum = 0;
    for (int step = 0; step < scan->steps; ++step) {
        x = r * x * (1 - x);
        if (!(x >= 0 && x <= 1)) return step + 1;
        sum += log(fabs(r * (1 - 2 * x)) + 1e-300);
    }
    *(double*)result = sum / scan->steps;
    return 0;
}

int main(void) {
    struct scan scan = {.first = 3.4, .last = 4.1, .points = 71, .steps = 200000};
    parimap_pool* pool = parimap_pool_create(0); /* as many workers as there are CPUs */
    parimap_stream* exponents = parimap_imap(pool, scan.points, PARIMAP_ORDERED, find_exponent, &scan, sizeof(double), NULL);
    if (!exponents) {
        fprintf(stderr, "%s\n", parimap_last_error());
        return EXIT_FAILURE;
    }

    double exponent = 0;
    size_t index = 0;
    int status = 0;
    while ((status = parimap_next(exponents, &exponent, &index)) != 0) {
        if (status == PARIMAP_ITEM_FAILED) {
            printf("%.2f left after %d steps\n", r_of(&scan, index), parimap_failed_code());
        } else if (status < 0) {
            fprintf(stderr, "%s\n", parimap_last_error());
            break;
        } else {
            printf("%.2f %+.3f\n", r_of(&scan, index), exponent);
        }
    }
    parimap_stream_destroy(exponents);
    parimap_pool_destroy(pool);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

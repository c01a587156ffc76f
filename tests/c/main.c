/* SPDX-License-Identifier: MIT */
/* What parimap.h promises to programs in C. With the argument `bar` it only shows one. */

#include <parimap.h>

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { items = 1000 };

static int failures = 0;

static void check(int is_right, const char* text, int line) {
    if (is_right) return;
    fprintf(stderr, "line %d: %s\n  the last error is: %s\n", line, text, parimap_last_error());
    ++failures;
}

#define CHECK(condition) check((condition) != 0, #condition, __LINE__)

static parimap_pool* pool = NULL;

/* ---- Functions of items, and what they count in -------------------------------------------------------------------- */

struct counts {
    atomic_int begun;
    atomic_int running;
    atomic_int wrong;
    int times[items];
};

static int count(void* context, size_t index) {
    struct counts* counts = context;
    atomic_fetch_add(&counts->begun, 1);
    if (parimap_worker_index() >= parimap_pool_size(pool)) atomic_fetch_add(&counts->wrong, 1);
    ++counts->times[index];
    return 0;
}

static int square(void* context, size_t index, void* result) {
    const double factor = *(const double*)context;
    *(double*)result = factor * (double)index * (double)index;
    return 0;
}

static int count_begun(void* context, size_t index, void* result) {
    struct counts* counts = context;
    atomic_fetch_add(&counts->running, 1);
    atomic_fetch_add(&counts->begun, 1);
    *(size_t*)result = index;
    atomic_fetch_sub(&counts->running, 1);
    return 0;
}

/* ---- Cases ------------------------------------------------------------------------------------------------------------ */

static void for_each_calls_the_function_once_for_each_index(void) {
    static struct counts counts;
    CHECK(parimap_for_each(pool, items, count, &counts, NULL) == PARIMAP_OK);
    int others = 0;
    for (int i = 0; i < items; ++i) others += counts.times[i] != 1;
    CHECK(others == 0);
    CHECK(counts.wrong == 0);
    CHECK(parimap_worker_index() == SIZE_MAX);

    const parimap_options options = {.chunk = 3, .window = 7};
    CHECK(parimap_for_each(pool, items, count, &counts, &options) == PARIMAP_OK);
    CHECK(counts.begun == 2 * items);
    CHECK(parimap_for_each(pool, 0, count, &counts, NULL) == PARIMAP_OK);
    CHECK(counts.begun == 2 * items);
}

static void map_writes_each_result_to_its_place(void) {
    double results[items + 1];
    double factor = 0.5;
    results[items] = -1;
    CHECK(parimap_map(pool, items, square, &factor, results, sizeof results[0], NULL) == PARIMAP_OK);
    int wrong = 0;
    for (int i = 0; i < items; ++i) wrong += results[i] < 0.5 * i * i || results[i] > 0.5 * i * i;
    CHECK(wrong == 0);
    CHECK(results[items] < 0);
    CHECK(parimap_map(pool, 0, square, &factor, NULL, sizeof results[0], NULL) == PARIMAP_OK);
}

static void an_ordered_stream_keeps_the_order(void) {
    double factor = 2;
    parimap_stream* stream = parimap_imap(pool, items, PARIMAP_ORDERED, square, &factor, sizeof(double), NULL);
    CHECK(stream != NULL);
    double result = 0;
    size_t index = 0, expected = 0;
    int wrong = 0;
    while (parimap_next(stream, &result, &index) == 1) {
        const double x = (double)expected;
        wrong += index != expected || result < 2 * x * x || result > 2 * x * x;
        ++expected;
    }
    CHECK(wrong == 0);
    CHECK(expected == items);
    CHECK(parimap_next(stream, &result, NULL) == 0);
    parimap_stream_destroy(stream);
}

static void an_unordered_stream_has_each_result_once(void) {
    double factor = 1;
    int times[items] = {0};
    parimap_stream* stream = parimap_imap(pool, items, PARIMAP_UNORDERED, square, &factor, sizeof(double), NULL);
    CHECK(stream != NULL);
    double result = 0;
    size_t index = 0;
    int wrong = 0;
    while (parimap_next(stream, &result, &index) == 1) {
        const double x = (double)index;
        wrong += index >= items || result < x * x || result > x * x;
        if (index < items) ++times[index];
    }
    for (int i = 0; i < items; ++i) wrong += times[i] != 1;
    CHECK(wrong == 0);
    parimap_stream_destroy(stream);
}

static int fail_from_30_on(void* context, size_t index) {
    if (index < 30) ++((int*)context)[index];
    return index < 30 ? 0 : 100 + (int)index;
}

static void the_lowest_index_that_failed_is_told(void) {
    int times[30] = {0};
    CHECK(parimap_for_each(pool, items, fail_from_30_on, times, NULL) == PARIMAP_ITEM_FAILED);
    CHECK(parimap_last_error_code() == PARIMAP_ITEM_FAILED);
    CHECK(parimap_failed_index() == 30);
    CHECK(parimap_failed_code() == 130);
    CHECK(strcmp(parimap_last_error(), "parimap: item 30 failed: its function returned 130") == 0);
    int wrong = 0;
    for (int i = 0; i < 30; ++i) wrong += times[i] != 1;
    CHECK(wrong == 0);
}

static int fail_for_every_third(void* context, size_t index, void* result) {
    (void)context;
    *(size_t*)result = index;
    return index % 3 == 0 ? -5 : 0;
}

static void a_stream_goes_on_behind_a_failure(void) {
    size_t results = 0, failed = 0, result = 0, index = 0;
    int wrong = 0;
    parimap_stream* stream = parimap_imap(pool, 30, PARIMAP_ORDERED, fail_for_every_third, NULL, sizeof result, NULL);
    for (size_t i = 0; i < 30; ++i) {
        const int status = parimap_next(stream, &result, &index);
        wrong += index != i;
        if (status == 1) {
            ++results;
            wrong += result != i;
        } else if (status == PARIMAP_ITEM_FAILED) {
            ++failed;
            wrong += parimap_failed_index() != i || parimap_failed_code() != -5;
        }
    }
    CHECK(results == 20);
    CHECK(failed == 10);
    CHECK(wrong == 0);
    CHECK(parimap_next(stream, &result, &index) == 0);
    parimap_stream_destroy(stream);

    double value = 0;
    CHECK(parimap_map(pool, 1, fail_for_every_third, NULL, &value, sizeof value, NULL) == PARIMAP_ITEM_FAILED);
    CHECK(parimap_failed_index() == 0);
}

static void a_stream_may_be_left_and_its_window_holds(void) {
    static struct counts counts;
    const parimap_options options = {.window = 4};
    parimap_stream* stream = parimap_imap(pool, SIZE_MAX, PARIMAP_ORDERED, count_begun, &counts, sizeof(size_t), &options);
    size_t result = 0;
    int wrong = 0;
    for (int i = 0; i < 50; ++i) {
        wrong += parimap_next(stream, &result, NULL) != 1 || result != (size_t)i;
        wrong += counts.begun > i + 1 + 4;
    }
    CHECK(wrong == 0);
    parimap_stream_destroy(stream);
    const int begun = counts.begun;
    CHECK(counts.running == 0);
    CHECK(parimap_for_each(pool, 0, count, &counts, NULL) == PARIMAP_OK);
    CHECK(counts.begun == begun);
}

static void a_cancelled_stream_says_so(void) {
    double factor = 1, result = 0;
    size_t index = 7;
    parimap_stream* stream = parimap_imap(pool, SIZE_MAX, PARIMAP_UNORDERED, square, &factor, sizeof result, NULL);
    CHECK(parimap_next(stream, &result, NULL) == 1);
    CHECK(parimap_cancel(stream) == PARIMAP_OK);
    CHECK(parimap_next(stream, &result, &index) == PARIMAP_CANCELLED);
    CHECK(index == 7);
    CHECK(parimap_last_error_code() == PARIMAP_CANCELLED);
    CHECK(parimap_failed_index() == SIZE_MAX);
    CHECK(strlen(parimap_last_error()) > 0);
    parimap_stream_destroy(stream);
}

struct large {
    char text[1000];
};

static int write_large(void* context, size_t index, void* result) {
    (void)context;
    memset(result, (int)(index % 100), sizeof(struct large));
    return 0;
}

static int do_nothing(void* context, size_t index, void* result) {
    (void)context;
    return result != NULL || index >= 10 ? 1 : 0;
}

static void results_may_be_large_or_have_no_size(void) {
    struct large result;
    size_t index = 0;
    int wrong = 0;
    parimap_stream* stream = parimap_imap(pool, 200, PARIMAP_UNORDERED, write_large, NULL, sizeof result, NULL);
    while (parimap_next(stream, &result, &index) == 1) {
        wrong += result.text[0] != (char)(index % 100) || result.text[999] != (char)(index % 100);
    }
    CHECK(wrong == 0);
    parimap_stream_destroy(stream);

    int seen = 0;
    stream = parimap_imap(pool, 10, PARIMAP_ORDERED, do_nothing, NULL, 0, NULL);
    while (parimap_next(stream, NULL, &index) == 1) seen += index == (size_t)seen;
    CHECK(seen == 10);
    parimap_stream_destroy(stream);
}

static int make_a_call(void* context, size_t index) {
    double squares[10];
    double factor = (double)index;
    const int error = parimap_map(pool, 10, square, &factor, squares, sizeof squares[0], NULL);
    ((double*)context)[index] = squares[9];
    return error;
}

static void items_may_make_calls(void) {
    double results[20];
    CHECK(parimap_for_each(pool, 20, make_a_call, results, NULL) == PARIMAP_OK);
    CHECK(results[19] > 81 * 19 - 0.5 && results[19] < 81 * 19 + 0.5);
}

static void a_stream_may_outlive_its_pool(void) {
    double factor = 1, result = 0;
    parimap_pool* other = parimap_pool_create(2);
    parimap_stream* stream = parimap_imap(other, 100, PARIMAP_ORDERED, square, &factor, sizeof result, NULL);
    parimap_pool_destroy(other);
    int seen = 0;
    while (parimap_next(stream, &result, NULL) == 1) ++seen;
    CHECK(seen == 100);
    parimap_stream_destroy(stream);
}

/* Whether the last error is one of an argument, and its text has the word. */
static int is_refused(const char* word) {
    const int is_right = parimap_last_error_code() == PARIMAP_BAD_ARGUMENT && strstr(parimap_last_error(), word) != NULL;
    if (!is_right) fprintf(stderr, "no \"%s\" in it\n", word);
    return is_right;
}

static void wrong_arguments_are_refused_with_a_text(void) {
    static struct counts counts;
    double factor = 1, results[2] = {0};
    CHECK(parimap_for_each(NULL, 1, count, &counts, NULL) == PARIMAP_BAD_ARGUMENT &&
          is_refused("parimap_for_each: the pool is null"));
    CHECK(parimap_for_each(pool, 1, NULL, &counts, NULL) == PARIMAP_BAD_ARGUMENT && is_refused("the function is null"));
    CHECK(parimap_map(NULL, 1, square, &factor, results, 8, NULL) == PARIMAP_BAD_ARGUMENT && is_refused("parimap_map: the pool"));
    CHECK(parimap_map(pool, 1, NULL, &factor, results, 8, NULL) == PARIMAP_BAD_ARGUMENT && is_refused("the function is null"));
    CHECK(parimap_map(pool, 1, square, &factor, NULL, 8, NULL) == PARIMAP_BAD_ARGUMENT && is_refused("the results are null"));
    CHECK(parimap_map(pool, 1, square, &factor, results, 0, NULL) == PARIMAP_BAD_ARGUMENT && is_refused("parimap_for_each"));
    CHECK(parimap_map(pool, SIZE_MAX / 4, square, &factor, results, 8, NULL) == PARIMAP_BAD_ARGUMENT && is_refused("memory"));
    CHECK(parimap_imap(NULL, 1, PARIMAP_ORDERED, square, &factor, 8, NULL) == NULL && is_refused("parimap_imap: the pool"));
    CHECK(parimap_imap(pool, 1, PARIMAP_ORDERED, NULL, &factor, 8, NULL) == NULL && is_refused("the function is null"));
    CHECK(parimap_imap(pool, 1, 2, square, &factor, 8, NULL) == NULL && is_refused("PARIMAP_UNORDERED"));
    CHECK(parimap_next(NULL, results, NULL) == PARIMAP_BAD_ARGUMENT && is_refused("parimap_next: the stream is null"));
    CHECK(parimap_cancel(NULL) == PARIMAP_BAD_ARGUMENT && is_refused("parimap_cancel: the stream is null"));
    CHECK(parimap_pool_size(NULL) == 0 && is_refused("parimap_pool_size: the pool is null"));
    CHECK(parimap_pool_create(1000000) == NULL && is_refused("32768"));
    CHECK(parimap_pool_create_with(NULL) == NULL && is_refused("the options are null"));
    const parimap_pool_options many = {.inner_threads = 1000000};
    CHECK(parimap_pool_create_with(&many) == NULL && is_refused("inner_threads is 1000000"));
    CHECK(counts.begun == 0);
    parimap_pool_destroy(NULL);
    parimap_stream_destroy(NULL);

    parimap_stream* stream = parimap_imap(pool, 1, PARIMAP_ORDERED, square, &factor, sizeof results[0], NULL);
    CHECK(parimap_next(stream, NULL, NULL) == PARIMAP_BAD_ARGUMENT && is_refused("the result is null"));
    CHECK(parimap_next(stream, results, NULL) == 1);
    parimap_stream_destroy(stream);
}

static int sum_in_a_large_array(void* context, size_t index, void* result) {
    (void)context;
    volatile char large[32 << 20]; /* more than a usual stack */
    for (size_t i = 0; i < sizeof large; i += 4096) large[i] = 1;
    *(size_t*)result = index;
    for (size_t i = 0; i < sizeof large; i += 4096) *(size_t*)result += (size_t)large[i];
    return 0;
}

static void a_pool_has_the_stacks_it_was_told(void) {
    const parimap_pool_options impossible = {.workers = 2, .stack_size = 1};
    CHECK(parimap_pool_create_with(&impossible) == NULL);
    CHECK(strstr(parimap_last_error(), "stack_size") != NULL);
    const parimap_pool_options options = {.workers = 2, .stack_size = 64 << 20};
    parimap_pool* large = parimap_pool_create_with(&options);
    if (!large) {  // on backends that cannot choose it
        CHECK(parimap_last_error_code() == PARIMAP_WRONG_USE);
        return;
    }
    CHECK(parimap_pool_size(large) == 2);
    /* A stream: other calls run some of their items on the thread that makes them. */
    parimap_stream* stream = parimap_imap(large, 10, PARIMAP_ORDERED, sum_in_a_large_array, NULL, sizeof(size_t), NULL);
    size_t result = 0, results = 0;
    while (parimap_next(stream, &result, NULL) == 1) {
        CHECK(result == results + (32 << 20) / 4096);
        ++results;
    }
    CHECK(results == 10);
    parimap_stream_destroy(stream);
    parimap_pool_destroy(large);
}

static void each_error_has_a_text_of_its_own(void) {
    for (int error = PARIMAP_OTHER_ERROR; error <= PARIMAP_OK; ++error) {
        CHECK(strlen(parimap_strerror(error)) > 0);
        CHECK(strcmp(parimap_strerror(error), parimap_strerror(1)) != 0);
        for (int other = error + 1; other <= PARIMAP_OK; ++other) {
            CHECK(strcmp(parimap_strerror(error), parimap_strerror(other)) != 0);
        }
    }
}

static int show_bar(void) {
    static struct counts counts;
    const parimap_options options = {.progress = true, .description = "counting"};
    return parimap_for_each(pool, items, count, &counts, &options) == PARIMAP_OK ? 0 : 1;
}

int main(int argc, char** argv) {
    CHECK(strcmp(parimap_last_error(), "") == 0);
    CHECK(parimap_last_error_code() == PARIMAP_OK);
    pool = parimap_pool_create(0);
    CHECK(parimap_pool_size(pool) >= 1);
    parimap_pool_destroy(pool);

    pool = parimap_pool_create(3);
    if (!pool) {
        fprintf(stderr, "%s\n", parimap_last_error());
        return EXIT_FAILURE;
    }
    if (argc > 1 && strcmp(argv[1], "bar") == 0) {
        const int status = show_bar();
        parimap_pool_destroy(pool);
        return status;
    }
    a_pool_has_the_stacks_it_was_told();
    for_each_calls_the_function_once_for_each_index();
    map_writes_each_result_to_its_place();
    an_ordered_stream_keeps_the_order();
    an_unordered_stream_has_each_result_once();
    the_lowest_index_that_failed_is_told();
    a_stream_goes_on_behind_a_failure();
    a_stream_may_be_left_and_its_window_holds();
    a_cancelled_stream_says_so();
    results_may_be_large_or_have_no_size();
    items_may_make_calls();
    a_stream_may_outlive_its_pool();
    wrong_arguments_are_refused_with_a_text();
    each_error_has_a_text_of_its_own();
    parimap_pool_destroy(pool);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

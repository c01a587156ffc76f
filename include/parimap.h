/* SPDX-License-Identifier: MIT */
/* parimap for C: one function over the indices 0 .. n-1, in parallel, with the results in an array or as a stream. */
#ifndef PARIMAP_H
#define PARIMAP_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Errors ------------------------------------------------------------------------------------------------------- */

/* What functions return that can fail. No C++ exception leaves any of them. */
enum parimap_error {
    PARIMAP_OK = 0,
    /* An argument is null, too large or unknown. Nothing was begun. */
    PARIMAP_BAD_ARGUMENT = -1,
    /* The function that you gave returned something else than 0, or threw: see parimap_failed_index(). */
    PARIMAP_ITEM_FAILED = -2,
    /* The stream was stopped by parimap_cancel(). */
    PARIMAP_CANCELLED = -3,
    PARIMAP_OUT_OF_MEMORY = -4,
    /* The system refused something, such as one more thread. */
    PARIMAP_SYSTEM_ERROR = -5,
    /* A pool or a stream was used where it cannot be, such as in the child of a fork(). */
    PARIMAP_WRONG_USE = -6,
    /* None of these: parimap_last_error() says what. */
    PARIMAP_OTHER_ERROR = -7
};

/* What an error means, in a few words that always stay. Never null: unknown numbers have a text too. */
const char* parimap_strerror(int error);

/*
 * What happened in the last call on this thread that failed, in words that say what to do about it; empty if none has. The text stays
 * until the next one fails. Each thread has its own.
 */
const char* parimap_last_error(void);

/* Which error that was, one of enum parimap_error: for functions that return a pointer. */
int parimap_last_error_code(void);

/* If that was PARIMAP_ITEM_FAILED: the index whose function failed. Otherwise SIZE_MAX. */
size_t parimap_failed_index(void);

/* If that was PARIMAP_ITEM_FAILED: what the function returned, or 0 if it was C++ and threw. Otherwise 0. */
int parimap_failed_code(void);

/* ---- A pool ------------------------------------------------------------------------------------------------------- */

/* The workers that calls run on. Any number of threads may share one. An idle pool uses no CPU. */
typedef struct parimap_pool parimap_pool;

/*
 * A pool of so many workers, of 32768 at most; 0 for as many as this process has CPUs, which respects affinity masks, the limits of
 * containers and PARIMAP_NUM_WORKERS in the environment. To make one takes 40 to 100 us a worker: make it once.
 * Null if that fails: PARIMAP_BAD_ARGUMENT, PARIMAP_SYSTEM_ERROR, PARIMAP_OUT_OF_MEMORY.
 */
parimap_pool* parimap_pool_create(size_t workers);

/* How a pool is made, where a number of workers does not say it. All zero, as from {0}, means: as it is best. */
typedef struct parimap_pool_options {
    size_t workers;
    /* How many threads a parallel region of OpenMP gets that a function opens; 0: what OpenMP does by itself. */
    size_t inner_threads;
    /* Bytes of stack that each worker has; 0: what the system gives to threads. The thread that calls works along on its own. On the
     * backends threads and tbb; otherwise PARIMAP_WRONG_USE. */
    size_t stack_size;
} parimap_pool_options;

/* As parimap_pool_create(), with options. */
parimap_pool* parimap_pool_create_with(const parimap_pool_options* options);

/*
 * Ends the pool. It must not be in a call on another thread, nor be ended by a function that it runs. Streams may live on: the workers go
 * with the last of them. Null is allowed, and does nothing.
 */
void parimap_pool_destroy(parimap_pool* pool);

/* How many functions it runs at once, at most. 0, and PARIMAP_BAD_ARGUMENT, for null. */
size_t parimap_pool_size(const parimap_pool* pool);

/*
 * Which worker runs the calling function: 0 .. size-1 of its pool, and no two that run at the same time have the same, so it is an index
 * into buffers of their own. SIZE_MAX outside such functions.
 */
size_t parimap_worker_index(void);

/* ---- Calls that wait ---------------------------------------------------------------------------------------------- */

/*
 * What is done for an index: 0 if it went well, and otherwise a number of yours, which parimap_failed_code() tells.
 *
 * Several threads call it at once, with the same context. It may make calls of its own, also on the same pool. It must return: not by
 * longjmp(), and not by ending its thread. C++ may throw; then the item has failed, and what() stands in parimap_last_error().
 */
typedef int (*parimap_function)(void* context, size_t index);

/*
 * The same, with a result: it is written where `result` points, which is aligned as if by malloc(). Null if results have no size.
 * (parimap_map() points into your own array, so there the alignment is that of your elements.)
 */
typedef int (*parimap_result_function)(void* context, size_t index, void* result);

/* What a call may be asked for. All zero, as from {0}, or a null pointer means: as it is best. */
typedef struct parimap_options {
    /* The most indices a worker takes at a time; 0 adapts to what they cost. */
    size_t chunk;
    /* The most results under way, begun and not taken yet; 0 starts at twice the workers, and grows while they are cheap. */
    size_t window;
    /* Whether a progress bar is shown, on the standard error. */
    bool progress;
    /* What stands in front of the bar; may be null. It is copied. */
    const char* description;
} parimap_options;

/*
 * Calls function(context, i) for i = 0 .. n-1, on the workers and the calling thread, and returns when all have returned. All that they
 * wrote is then seen.
 *
 * PARIMAP_ITEM_FAILED if one failed: parimap_failed_index() is the lowest index that did, as in a loop. All before it have been called,
 * and of those behind it some may have been. Otherwise PARIMAP_OK, PARIMAP_BAD_ARGUMENT, PARIMAP_OUT_OF_MEMORY, PARIMAP_WRONG_USE.
 */
int parimap_for_each(parimap_pool* pool, size_t n, parimap_function function, void* context, const parimap_options* options);

/*
 * The same, with results: that of index i is written to (char*)results + i * result_size. `results` has room for n of them, and may be null
 * where n is 0. Those from a failed index on may have been written or not.
 */
int parimap_map(parimap_pool* pool, size_t n, parimap_result_function function, void* context, void* results, size_t result_size,
                const parimap_options* options);

/* ---- Streams ------------------------------------------------------------------------------------------------------ */

/* Results that come one after the other, while others are computed. One thread at a time takes them. */
typedef struct parimap_stream parimap_stream;

enum parimap_order {
    /* That of the indices. */
    PARIMAP_ORDERED = 0,
    /* Each result when it is there: a slow one holds up no other. */
    PARIMAP_UNORDERED = 1
};

/*
 * Begins function(context, i, result) for i = 0 .. n-1 and returns at once. Results have result_size bytes and are kept until they are taken,
 * a window of them at most, so n may be as large as you like: SIZE_MAX for a stream that you leave. With a result_size of 0 there is
 * nothing but the order in which they finish. `order` is one of enum parimap_order. The context must live until the stream is destroyed.
 *
 * Null if that fails: PARIMAP_BAD_ARGUMENT, PARIMAP_OUT_OF_MEMORY, PARIMAP_WRONG_USE.
 */
parimap_stream* parimap_imap(parimap_pool* pool, size_t n, int order, parimap_result_function function, void* context,
                             size_t result_size, const parimap_options* options);

/*
 * Waits for the next result. 1 if there was one: it is copied to `result`, and its index to *index. 0 at the end, and ever after.
 * A negative number is an error. PARIMAP_ITEM_FAILED: the function failed for *index; the stream goes on behind it, with the next call.
 * PARIMAP_CANCELLED: it was stopped. PARIMAP_BAD_ARGUMENT, PARIMAP_WRONG_USE: nothing was taken.
 * `result` may be null where results have no size, `index` always.
 */
int parimap_next(parimap_stream* stream, void* result, size_t* index);

/* Nothing further is begun, and parimap_next() returns PARIMAP_CANCELLED. Waits for nothing. Any thread, but no signal handler. */
int parimap_cancel(parimap_stream* stream);

/*
 * Ends the stream, at its end or before: nothing further is begun, and it returns when the functions that run have returned. They must not
 * do so themselves. Null is allowed, and does nothing.
 */
void parimap_stream_destroy(parimap_stream* stream);

#ifdef __cplusplus
}
#endif

#endif

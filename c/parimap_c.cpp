// SPDX-License-Identifier: MIT
// The functions of parimap.h: calls of the C++ library, whose exceptions become numbers and texts.

#pragma GCC visibility push(default)
#include <parimap.h>
#pragma GCC visibility pop

#include <parimap/basic_pool.hpp>
#include <parimap/errors.hpp>
#include <parimap/imap.hpp>
#include <parimap/options.hpp>
#include <parimap/ordered_imap.hpp>
#include <parimap/parallel_for_each.hpp>
#include <parimap/progress_options.hpp>
#include <parimap/unordered_imap.hpp>

#include <range/v3/view/iota.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

constexpr std::size_t no_item = SIZE_MAX;
static_assert(parimap::no_worker == no_item, "parimap.h says so");

// --- What went wrong -----------------------------------------------------------------------------------------------------

struct error_record {
    int code = PARIMAP_OK;
    int failed_code = 0;
    std::size_t failed_index = no_item;
    char text[512] = "";  // no std::string: that memory has run out must be told too
};

thread_local constinit error_record last_error;

int fail(int code, const char* text) noexcept {
    last_error = {};
    last_error.code = code;
    std::snprintf(last_error.text, sizeof last_error.text, "%s", text);
    return code;
}

int refuse(const char* function, const char* why) noexcept {
    fail(PARIMAP_BAD_ARGUMENT, "");
    std::snprintf(last_error.text, sizeof last_error.text, "%s: %s", function, why);
    return PARIMAP_BAD_ARGUMENT;
}

int fail_item(std::size_t index, int failed_code, const char* how) noexcept {
    fail(PARIMAP_ITEM_FAILED, "");
    last_error.failed_index = index;
    last_error.failed_code = failed_code;
    std::snprintf(last_error.text, sizeof last_error.text, "parimap: item %zu failed: %s", index, how);
    return PARIMAP_ITEM_FAILED;
}

/// What an item throws whose function returned a number.
struct returned_error {
    int code;
};

/// Tells of the exception that is being handled. failed: the index of the item that threw it, or no_item.
int fail_with_exception(std::size_t failed) noexcept {
    const auto tell = [failed](int code, const char* text) {
        return failed == no_item ? fail(code, text) : fail_item(failed, 0, text);
    };
    try {
        throw;
    } catch (const returned_error& error) {
        char how[64];
        std::snprintf(how, sizeof how, "its function returned %d", error.code);
        return fail_item(failed, error.code, how);
    } catch (const parimap::cancelled& error) {
        return tell(PARIMAP_CANCELLED, error.what());
    } catch (const parimap::error& error) {
        return tell(PARIMAP_WRONG_USE, error.what());
    } catch (const std::invalid_argument& error) {
        return tell(PARIMAP_BAD_ARGUMENT, error.what());
    } catch (const std::bad_alloc&) {
        return tell(PARIMAP_OUT_OF_MEMORY, "memory ran out");
    } catch (const std::system_error& error) {
        return tell(PARIMAP_SYSTEM_ERROR, error.what());
    } catch (const std::exception& error) {
        return tell(PARIMAP_OTHER_ERROR, error.what());
    } catch (...) {
        return tell(PARIMAP_OTHER_ERROR, "an exception that is no std::exception");
    }
}

// --- Calls -----------------------------------------------------------------------------------------------------------------

parimap::map_options options_of(const parimap_options* given, std::size_t& failed) {
    failed = no_item;
    parimap::map_options options{.failed_index = &failed};
    if (!given) return options;
    options.chunk = given->chunk;
    options.window = given->window;
    if (given->progress) options.progress = parimap::progress_options{.description = given->description ? given->description : ""};
    return options;
}

void expect_success(int code) {
    if (code != 0) throw returned_error{code};
}

/// A result that a stream keeps until it is taken: here if it is small, so that it costs no allocation.
class kept_result {
  public:
    kept_result(std::size_t index, std::size_t size)
        : index_(index), large_(size > sizeof small_ ? new std::byte[size] : nullptr) {}

    std::size_t index() const noexcept { return index_; }
    std::byte* bytes() noexcept { return large_ ? large_.get() : small_; }

  private:
    alignas(std::max_align_t) std::byte small_[48] = {};
    std::size_t index_;
    std::unique_ptr<std::byte[]> large_;
};

}  // namespace

struct parimap_pool {
    parimap::pool workers;
};

struct parimap_stream {
    std::size_t result_size;
    std::size_t failed;  // outlives the results, which write it
    parimap::imap<kept_result> results;
};

namespace {

template <class F>
int run_all(const char* caller, parimap_pool* pool, std::size_t n, const parimap_options* options, F f) noexcept {
    if (!pool) return refuse(caller, "the pool is null; make one with parimap_pool_create()");
    std::size_t failed = no_item;
    try {
        parimap::parallel_for_each(pool->workers, options_of(options, failed), f, ranges::views::iota(std::size_t{0}, n));
        return PARIMAP_OK;
    } catch (...) {
        return fail_with_exception(failed);
    }
}

}  // namespace

// --- parimap.h -------------------------------------------------------------------------------------------------------------

const char* parimap_strerror(int error) {
    switch (error) {
        case PARIMAP_OK: return "no error";
        case PARIMAP_BAD_ARGUMENT: return "an argument is null, too large or unknown";
        case PARIMAP_ITEM_FAILED: return "the function of an item failed";
        case PARIMAP_CANCELLED: return "the stream was cancelled";
        case PARIMAP_OUT_OF_MEMORY: return "memory ran out";
        case PARIMAP_SYSTEM_ERROR: return "the system refused a thread or something else";
        case PARIMAP_WRONG_USE: return "the pool or stream cannot be used here";
        case PARIMAP_OTHER_ERROR: return "another error";
        default: return "not an error of parimap";
    }
}

const char* parimap_last_error(void) { return last_error.text; }
int parimap_last_error_code(void) { return last_error.code; }
std::size_t parimap_failed_index(void) { return last_error.failed_index; }
int parimap_failed_code(void) { return last_error.failed_code; }

parimap_pool* parimap_pool_create(std::size_t workers) {
    const parimap_pool_options options{workers, 0, 0};
    return parimap_pool_create_with(&options);
}

parimap_pool* parimap_pool_create_with(const parimap_pool_options* options) {
    if (!options) {
        refuse("parimap_pool_create_with", "the options are null; give some, all zero where nothing is special");
        return nullptr;
    }
    try {
        return new parimap_pool{parimap::pool(parimap::pool_options{
            .workers = options->workers, .inner_threads = options->inner_threads, .stack_size = options->stack_size})};
    } catch (...) {
        fail_with_exception(no_item);
        return nullptr;
    }
}

void parimap_pool_destroy(parimap_pool* pool) { delete pool; }

std::size_t parimap_pool_size(const parimap_pool* pool) {
    if (pool) return pool->workers.size();
    refuse("parimap_pool_size", "the pool is null; make one with parimap_pool_create()");
    return 0;
}

std::size_t parimap_worker_index(void) { return parimap::this_worker_index(); }

int parimap_for_each(parimap_pool* pool, std::size_t n, parimap_function function, void* context, const parimap_options* options) {
    if (!function) return refuse("parimap_for_each", "the function is null; give it one to call");
    return run_all("parimap_for_each", pool, n, options, [=](std::size_t index) { expect_success(function(context, index)); });
}

int parimap_map(parimap_pool* pool, std::size_t n, parimap_result_function function, void* context, void* results,
                std::size_t result_size, const parimap_options* options) {
    if (!function) return refuse("parimap_map", "the function is null; give it one to call");
    if (result_size == 0) return refuse("parimap_map", "results have no size; call parimap_for_each() where there are none");
    if (n > SIZE_MAX / result_size) return refuse("parimap_map", "n results of this size are more than memory can have");
    if (!results && n > 0) return refuse("parimap_map", "the results are null; give an array for n of them");
    std::byte* const first = static_cast<std::byte*>(results);
    return run_all("parimap_map", pool, n, options,
                   [=](std::size_t index) { expect_success(function(context, index, first + index * result_size)); });
}

parimap_stream* parimap_imap(parimap_pool* pool, std::size_t n, int order, parimap_result_function function, void* context,
                             std::size_t result_size, const parimap_options* options) {
    const char* wrong = nullptr;
    if (!pool) {
        wrong = "the pool is null; make one with parimap_pool_create()";
    } else if (!function) {
        wrong = "the function is null; give it one to call";
    } else if (order != PARIMAP_ORDERED && order != PARIMAP_UNORDERED) {
        wrong = "the order is unknown; it is PARIMAP_ORDERED or PARIMAP_UNORDERED";
    }
    if (wrong) {
        refuse("parimap_imap", wrong);
        return nullptr;
    }

    const auto compute = [=](std::size_t index) {
        kept_result result(index, result_size);
        expect_success(function(context, index, result_size > 0 ? result.bytes() : nullptr));
        return result;
    };
    const auto indices = ranges::views::iota(std::size_t{0}, n);
    try {
        auto stream = std::make_unique<parimap_stream>();
        stream->result_size = result_size;
        const parimap::map_options call = options_of(options, stream->failed);
        if (order == PARIMAP_ORDERED) {
            stream->results = parimap::ordered_imap(pool->workers, call, compute, indices);
        } else {
            stream->results = parimap::unordered_imap(pool->workers, call, compute, indices);
        }
        return stream.release();
    } catch (...) {
        fail_with_exception(no_item);
        return nullptr;
    }
}

int parimap_next(parimap_stream* stream, void* result, std::size_t* index) {
    if (!stream) return refuse("parimap_next", "the stream is null; parimap_imap() makes one");
    if (!result && stream->result_size > 0) return refuse("parimap_next", "the result is null; give it room for one");
    stream->failed = no_item;  // of an earlier item, perhaps
    try {
        std::optional<kept_result> next = stream->results.next();
        if (!next) return 0;
        if (stream->result_size > 0) std::memcpy(result, next->bytes(), stream->result_size);
        if (index) *index = next->index();
        return 1;
    } catch (...) {
        if (index && stream->failed != no_item) *index = stream->failed;
        return fail_with_exception(stream->failed);
    }
}

int parimap_cancel(parimap_stream* stream) {
    if (!stream) return refuse("parimap_cancel", "the stream is null; parimap_imap() makes one");
    stream->results.cancel();
    return PARIMAP_OK;
}

void parimap_stream_destroy(parimap_stream* stream) { delete stream; }

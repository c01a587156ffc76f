// SPDX-License-Identifier: MIT
// The memory of a model: what loads can read, and what fences order.
#ifndef PARIMAP_TESTS_MODEL_MEMORY_HPP
#define PARIMAP_TESTS_MODEL_MEMORY_HPP

#include <atomic>
#include <cstdint>
#include <source_location>

namespace model {

/// An atomic object keeps all stores to it in their modification order, each with what its thread passed on with it. A load reads
/// any store that is not hidden: by a later one that the thread has seen or written itself, or that happened before (a thread's
/// view, as in the view machines of Kang et al., POPL 2017, without promises). So
///   * acquire, release and relaxed operations and fences, and release sequences, are those of C++20;
///   * a seq_cst fence takes the view of all seq_cst fences before it and adds its own. A seq_cst load or store does so too, which is
///     a little stronger than the standard where they are mixed with others;
///   * a load reads from a store that was executed: what out-of-thin-air rules forbid is not found, nor is load buffering;
///   * a store comes last in the modification order when it is executed, so that "2+2W" is not found. To no object of the engine do
///     two threads store without an order between them, but by read-modify-writes.
namespace memory {

/// Stands in each atomic object. Of no execution: it was made outside of them, or before this one.
struct handle {
    std::uint64_t execution = 0;
    std::uint32_t object = 0;
};

/// Makes an object.
handle make(std::uint64_t value);
void end(handle h);

/// The handle of an object in this execution; value: its own, if it was made before.
void use(handle& h, std::uint64_t value);

std::uint64_t load(handle h, std::memory_order order, const std::source_location& where);
void store(handle h, std::uint64_t value, std::memory_order order, const std::source_location& where);

/// Reads the newest store and adds one.
class exchange {
  public:
    exchange(handle h, std::memory_order order, const std::source_location& where);
    std::uint64_t read() const noexcept { return read_; }
    void write(std::uint64_t value);

  private:
    handle h_;
    std::memory_order order_;
    std::source_location where_;
    std::uint64_t read_;
};

/// False, and read is what was read, if that was not what was expected. It may be an older store then.
bool compare_exchange(handle h, std::uint64_t& expected, std::uint64_t value, std::memory_order success, std::memory_order failure,
                      const std::source_location& where);

void fence(std::memory_order order, const std::source_location& where);

/// The two sides of an asymmetric fence, as P1202 has them: each light fence comes before a heavy one or behind it, as two seq_cst
/// fences do. Two light fences order nothing.
void light_fence();
void heavy_fence(const std::source_location& where);

/// Plain data at an address: whether this access races with another.
void read_data(const void* address);
void write_data(const void* address);

/// Before each execution.
void begin();

}  // namespace memory

}  // namespace model

#endif

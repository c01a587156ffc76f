// SPDX-License-Identifier: MIT
// The memory of a model: what loads can read, and what fences order.
#include "memory.hpp"

#include "execution.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace model::memory {

namespace {

struct stored {
    std::uint64_t value;
    knowledge passed_on;
};

struct object {
    std::vector<stored> stores;  // more than there are, to be used again
    std::size_t count = 0;
    vector_clock made;
    vector_clock used;
    bool exists = false;

    stored& newest() { return stores[count - 1]; }
    stored& add() {
        if (count == stores.size()) stores.emplace_back();
        return stores[count++];
    }
};

struct plain_data {
    vector_clock written;
    vector_clock read;
};

// Made once, and used again by each execution.
std::deque<object> objects;
std::size_t object_count = 0;
std::unordered_map<const void*, plain_data> data;

bool acquires(std::memory_order order) {
    return order == std::memory_order_acquire || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
bool releases(std::memory_order order) {
    return order == std::memory_order_release || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
bool is_sequential(std::memory_order order) { return order == std::memory_order_seq_cst; }

execution& now() { return *execution::current(); }

object& object_of(handle h) { return objects[h.object]; }

/// The steps of the calling thread alone.
void mark(vector_clock& steps) { steps[now().my_number()] = now().me().knows.before[now().my_number()]; }

void must_know(const vector_clock& steps, const std::string& what) {
    const std::size_t other = steps.unknown_to(now().me().knows.before);
    if (other != max_threads) now().fail(what + now().thread_of(other).name + " did, with nothing between: " + now().me().name);
}

/// Before an access.
object& reach(handle h, std::memory_order order) {
    now().point();
    object& o = object_of(h);
    if (!o.exists) now().fail("atomic object " + std::to_string(h.object) + " is used after its end, by " + now().me().name);
    must_know(o.made, "an atomic object is used by a thread that does not know it was made, as ");
    if (is_sequential(order)) now().me().knows.seen.join(now().sequential);
    return o;
}

/// After it.
void leave(object& o, std::memory_order order) {
    if (is_sequential(order)) now().sequential.join(now().me().knows.seen);
    mark(o.used);
}

void read(handle h, std::size_t index, std::memory_order order) {
    thread_state& me = now().me();
    me.knows.seen.raise(h.object, index);
    const stored& s = object_of(h).stores[index];
    (acquires(order) ? me.knows : me.acquired).join(s.passed_on);
}

void write(handle h, std::uint64_t value, std::memory_order order, bool continues) {
    thread_state& me = now().me();
    object& o = object_of(h);
    stored& s = o.add();
    s.value = value;
    me.knows.seen.raise(h.object, o.count - 1);
    s.passed_on = releases(order) ? me.knows : me.released;
    s.passed_on.seen.raise(h.object, o.count - 1);
    if (continues) s.passed_on.join(o.stores[o.count - 2].passed_on);  // the release sequence goes on
}

}  // namespace

void begin() {
    for (std::size_t i = 0; i < object_count; ++i) {
        objects[i].count = 0;
        objects[i].made = objects[i].used = {};
        objects[i].exists = false;
    }
    object_count = 0;
    data.clear();
}

handle make(std::uint64_t value) {
    execution* const e = execution::current();
    if (!e) return {};
    if (object_count == max_objects) e->fail("the model has too many atomic objects");
    const handle h{e->number(), static_cast<std::uint32_t>(object_count++)};
    if (objects.size() < object_count) objects.emplace_back();
    object& o = object_of(h);
    o.exists = true;
    mark(o.made);
    mark(o.used);
    stored& s = o.add();
    s.value = value;
    s.passed_on.clear();
    return h;
}

void end(handle h) {
    execution* const e = execution::current();
    if (!e || h.execution != e->number()) return;
    object& o = object_of(h);
    if (!o.exists) e->fail("an atomic object is destroyed twice");
    must_know(o.used, "an atomic object is destroyed that is used, as ");
    o.exists = false;
}

void use(handle& h, std::uint64_t value) {
    if (h.execution == now().number()) return;
    h = make(value);
    object_of(h).made = {};
}

std::uint64_t load(handle h, std::memory_order order, const std::source_location& where) {
    object& o = reach(h, order);
    const std::size_t oldest = now().me().knows.seen[h.object];
    const std::size_t age = now().choose_age(o.count - oldest);
    const std::size_t index = o.count - 1 - age;
    now().note("load", h.object, o.stores[index].value, order, age, where);
    read(h, index, order);
    leave(o, order);
    return o.stores[index].value;
}

void store(handle h, std::uint64_t value, std::memory_order order, const std::source_location& where) {
    object& o = reach(h, order);
    now().note("store", h.object, value, order, 0, where);
    write(h, value, order, false);
    leave(o, order);
}

exchange::exchange(handle h, std::memory_order order, const std::source_location& where)
    : h_(h), order_(order), where_(where), read_(reach(h, order).newest().value) {}

void exchange::write(std::uint64_t value) {
    object& o = object_of(h_);
    now().note("exchange", h_.object, value, order_, 0, where_);
    memory::read(h_, o.count - 1, order_);
    memory::write(h_, value, order_, true);
    leave(o, order_);
}

bool compare_exchange(handle h, std::uint64_t& expected, std::uint64_t value, std::memory_order success, std::memory_order failure,
                      const std::source_location& where) {
    object& o = reach(h, success);
    const std::size_t oldest = now().me().knows.seen[h.object];
    std::size_t age = now().choose_age(o.count - oldest);
    std::size_t index = o.count - 1 - age;
    if (age > 0 && o.stores[index].value == expected) index = o.count - 1, age = 0;  // one that succeeds reads the newest
    const std::uint64_t found = o.stores[index].value;
    const bool succeeds = found == expected;
    const std::memory_order order = succeeds ? success : failure;
    now().note(succeeds ? "exchange" : "refused exchange", h.object, succeeds ? value : found, order, age, where);
    read(h, index, order);
    if (succeeds) write(h, value, order, true);
    leave(o, order);
    expected = found;
    return succeeds;
}

void fence(std::memory_order order, const std::source_location& where) {
    // One that is not seq_cst concerns its own thread alone.
    if (is_sequential(order)) now().point();
    now().note("fence", execution::none, 0, order, 0, where);
    thread_state& me = now().me();
    if (acquires(order)) me.knows.join(me.acquired);
    if (is_sequential(order)) {
        me.knows.seen.join(now().sequential);
        now().sequential.join(me.knows.seen);
    }
    if (releases(order)) me.released = me.knows;
}

void light_fence() {
    thread_state& me = now().me();
    me.knows.seen.join(now().heavy);
    me.light = me.knows.seen;
}

void heavy_fence(const std::source_location& where) {
    fence(std::memory_order_seq_cst, where);
    thread_state& me = now().me();
    for (std::size_t t = 0; t < now().thread_count(); ++t) me.knows.seen.join(now().thread_of(t).light);
    now().heavy.join(me.knows.seen);
    now().sequential.join(me.knows.seen);
    me.released = me.knows;
}

void read_data(const void* address) {
    if (!execution::current()) return;
    plain_data& d = data[address];
    must_know(d.written, "a data race: data is read that was written, as ");
    ++now().me().knows.before[now().my_number()];
    mark(d.read);
}

void write_data(const void* address) {
    if (!execution::current()) return;
    plain_data& d = data[address];
    must_know(d.written, "a data race: data is written that was written, as ");
    must_know(d.read, "a data race: data is written that is read, as ");
    ++now().me().knows.before[now().my_number()];
    mark(d.written);
}

}  // namespace model::memory

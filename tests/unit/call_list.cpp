// SPDX-License-Identifier: MIT
// The open calls of a pool: whose turn it is, which are set aside, and whom news brings back.
#include "support/catch.hpp"

#include <parimap/detail/scheduler/call.hpp>
#include <parimap/detail/scheduler/call_list.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <random>
#include <vector>

using parimap::detail::call;
using parimap::detail::call_list;
using parimap::detail::stint;

namespace {

class listed : public call {
  public:
    listed() : call(3) {}

    bool has_item = false;
    mutable int looks = 0;
    int told = 0;

  private:
    void work(std::size_t, stint) noexcept override {}
    bool claimable() const noexcept override { return ++looks, has_item; }
    void cancel() noexcept override {}
    void changed() noexcept override { ++told; }
};

// The same in a few plain words. No worker is in any of its calls.
class plain_list {
  public:
    void add(listed& c) { busy_.push_back(&c); }
    void remove(listed& c) {
        std::erase(busy_, &c);
        std::erase(idle_, &c);
        std::erase(wants_seat_, &c);
    }
    void has_news(listed& c) {
        if (std::erase(idle_, &c)) busy_.push_back(&c);
    }
    void want_seat(listed& c, bool wanted) {
        if (wanted == wants_seat(c)) return;
        if (wanted) wants_seat_.push_back(&c);
        if (!wanted) std::erase(wants_seat_, &c);
        has_news(c);
    }
    bool wants_seat(const listed& c) const { return std::count(wants_seat_.begin(), wants_seat_.end(), &c) > 0; }
    listed* find() {
        for (std::size_t i = 0; i < busy_.size();) {
            listed* const c = busy_[i];
            if (c->has_item) return c;
            if (wants_seat(*c)) {
                ++i;
            } else {
                busy_.erase(busy_.begin() + static_cast<std::ptrdiff_t>(i));
                idle_.push_back(c);
            }
        }
        return nullptr;
    }
    listed* next() {
        listed* const c = find();
        if (c) {
            std::erase(busy_, c);
            busy_.push_back(c);
        }
        return c;
    }
    bool is_open(const listed& c) const {
        return std::count(busy_.begin(), busy_.end(), &c) + std::count(idle_.begin(), idle_.end(), &c) > 0;
    }
    std::size_t count() const { return busy_.size() + idle_.size(); }

  private:
    std::vector<listed*> busy_;
    std::vector<listed*> idle_;
    std::vector<listed*> wants_seat_;
};

}  // namespace

TEST_CASE("call_list: calls with items have their turn one after another") {
    std::array<listed, 3> calls;
    call_list list;
    REQUIRE_FALSE(list.next(list.latest()));
    REQUIRE_FALSE(list.next_to_tell());
    for (listed& c : calls) {
        c.has_item = true;
        list.add(c);
    }
    REQUIRE(list.count() == 3);
    for (int round = 0; round < 3; ++round) {
        for (listed& c : calls) REQUIRE(list.next(list.latest()) == &c);
    }
    for (listed& c : calls) list.remove(c);
    REQUIRE(list.count() == 0);
}

TEST_CASE("call_list: calls are numbered as they are opened, and no number comes twice") {
    std::array<listed, 3> calls;
    call_list list;
    REQUIRE(list.latest() == 0);
    for (listed& c : calls) c.has_item = true;
    list.add(calls[0]);
    REQUIRE(list.latest() == 1);
    list.add(calls[1]);
    REQUIRE(list.latest() == 2);
    list.remove(calls[1]);
    list.remove(calls[0]);
    REQUIRE(list.latest() == 2);
    list.add(calls[0]);
    REQUIRE(list.latest() == 3);
    REQUIRE_FALSE(list.next(2));  // it is a new one
    REQUIRE(list.next(3) == &calls[0]);
    list.remove(calls[0]);
}

TEST_CASE("call_list: younger calls are left to their owners, wherever they stand and however long they are open") {
    std::array<listed, 4> calls;
    call_list list;
    for (listed& c : calls) {
        c.has_item = true;
        list.add(c);
    }
    REQUIRE_FALSE(list.next(0));
    REQUIRE(list.any_wants_worker());  // they do, of somebody who has the time
    for (int round = 0; round < 3; ++round) {
        REQUIRE(list.next(2) == &calls[0]);
        REQUIRE(list.next(2) == &calls[1]);
    }
    REQUIRE(list.next(4) == &calls[2]);  // which waits longest
    REQUIRE(list.next(4) == &calls[3]);
    calls[0].has_item = calls[1].has_item = false;
    REQUIRE_FALSE(list.next(2));
    REQUIRE(list.next(3) == &calls[2]);
    for (listed& c : calls) list.remove(c);
}

TEST_CASE("call_list: a call without items is set aside, and looked at no more until it has news") {
    std::array<listed, 3> calls;
    call_list list;
    for (listed& c : calls) list.add(c);
    calls[2].has_item = true;
    REQUIRE(list.next(list.latest()) == &calls[2]);
    const int looks = calls[0].looks + calls[1].looks;
    for (int i = 0; i < 10; ++i) REQUIRE(list.next(list.latest()) == &calls[2]);
    REQUIRE(calls[0].looks + calls[1].looks == looks);
    calls[1].has_item = true;
    list.has_news(calls[1]);
    REQUIRE(list.next(list.latest()) == &calls[2]);
    REQUIRE(list.next(list.latest()) == &calls[1]);
    REQUIRE(list.next_to_tell() == &calls[0]);  // those set aside are told, too
    for (listed& c : calls) c.has_item = false;
    REQUIRE_FALSE(list.any_wants_worker());
    REQUIRE(list.all_are_quiet());
    for (listed& c : calls) {
        REQUIRE(list.next_to_tell() != nullptr);
        list.remove(c);
    }
    REQUIRE_FALSE(list.next_to_tell());
}

TEST_CASE("call_list: a call with as many workers as it may have wants no more, and is not quiet") {
    listed c;
    call_list list;
    list.add(c);
    REQUIRE(list.all_are_quiet());
    for (int i = 0; i < 3; ++i) {
        c.has_item = true;
        list.has_news(c);
        REQUIRE(list.any_wants_worker());
        c.has_item = i > 0;
        if (i == 0) REQUIRE_FALSE(list.any_wants_worker());  // and so it is set aside, until a worker comes
        list.join(c);
        c.has_item = false;
        REQUIRE_FALSE(list.all_are_quiet());
    }
    c.has_item = true;
    REQUIRE_FALSE(list.any_wants_worker());
    REQUIRE_FALSE(list.next(list.latest()));
    REQUIRE_FALSE(list.all_are_quiet());
    list.remove(c);
}

TEST_CASE("call_list: who wants a seat is told when one is free, also if the call was set aside, and nobody else is") {
    std::array<listed, 3> calls;
    call_list list;
    for (listed& c : calls) list.add(c);
    REQUIRE(list.all_are_quiet());
    list.tell_owners();
    list.want_seat(calls[0], true);
    list.want_seat(calls[0], true);
    list.want_seat(calls[2], true);
    REQUIRE(list.all_are_quiet());  // although it wants a seat
    list.tell_owners();
    REQUIRE(calls[0].told == 1);
    REQUIRE(calls[1].told == 0);
    REQUIRE(calls[2].told == 1);
    list.want_seat(calls[0], false);
    list.tell_owners();
    REQUIRE(calls[0].told == 1);
    REQUIRE(calls[2].told == 2);
    list.remove(calls[2]);
    list.tell_owners();
    REQUIRE(calls[2].told == 2);
    list.want_seat(calls[1], true);
    list.tell_owners();
    REQUIRE(calls[1].told == 1);
    list.remove(calls[0]);
    list.remove(calls[1]);
}

TEST_CASE("call_list: whatever calls come, go, have items, news or none, each finds its turn") {
    std::mt19937 random{12};
    std::array<listed, 6> calls;
    call_list list;
    plain_list plain;
    for (int step = 0; step < 20'000; ++step) {
        listed& c = calls[random() % calls.size()];
        const bool is_open = plain.is_open(c);
        switch (random() % 6) {
            case 0:
                if (is_open) break;
                c.has_item = random() % 2 == 0;
                list.add(c);
                plain.add(c);
                break;
            case 1:
                if (!is_open) break;
                list.remove(c);
                plain.remove(c);
                break;
            case 2:
                c.has_item = true;
                list.has_news(c);
                plain.has_news(c);
                break;
            case 3: c.has_item = false; break;
            case 4: {
                if (!is_open) break;
                const bool wanted = random() % 2 == 0;
                list.want_seat(c, wanted);
                plain.want_seat(c, wanted);
                break;
            }
            default: REQUIRE(list.next(list.latest()) == plain.next());
        }
        REQUIRE(list.count() == plain.count());
        if (random() % 8 == 0) {
            for (listed& each : calls) each.told = 0;
            list.tell_owners();
            for (const listed& each : calls) REQUIRE(each.told == (plain.wants_seat(each) ? 1 : 0));
        }
        if (random() % 8 == 0) REQUIRE(list.any_wants_worker() == (plain.find() != nullptr));
    }
    for (listed& c : calls) {
        if (plain.is_open(c)) list.remove(c);
    }
}

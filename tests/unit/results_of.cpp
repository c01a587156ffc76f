// SPDX-License-Identifier: MIT
// The handles of a stream, over one that a test makes: which result each of them gets, when it goes, and when the stream ends.
#include "support/catch.hpp"

#include <parimap/detail/engine/results_of.hpp>
#include <parimap/detail/engine/shared_stream.hpp>
#include <parimap/detail/system/instant.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using parimap::detail::instant;
using parimap::detail::results_of;
using parimap::detail::shared_stream;
using parimap::detail::stream_reference;

namespace {

template <class R>
class given final : public shared_stream {
  public:
    explicit given(std::vector<R> results) : results_(std::move(results)) {}

    std::size_t fetched = 0;
    std::size_t released = 0;
    int left = 0;
    int fetched_while_held = 0;
    instant latest_deadline;

    bool wait_for_next(instant) override { return true; }
    std::uint64_t remaining() const noexcept override { return results_.size() - fetched; }
    std::optional<std::size_t> failed_index() const noexcept override { return std::nullopt; }
    void stop() noexcept override {}

  private:
    void release() noexcept override { ++released; }
    void* fetch(instant deadline) override {
        latest_deadline = deadline;
        if (holds_result()) ++fetched_while_held;
        return fetched < results_.size() ? &results_[fetched++] : nullptr;
    }
    void leave() noexcept override { ++left; }

    std::vector<R> results_;
};

// Its third move throws.
struct moves_twice {
    explicit moves_twice(int v) : value(v) {}
    moves_twice(moves_twice&& other) : value(other.value), moves(other.moves + 1) {
        if (moves == 3) throw std::runtime_error("moved");
    }
    moves_twice& operator=(moves_twice&&) = delete;
    int value;
    int moves = 0;
};

}  // namespace

TEST_CASE("results_of: what was shown stays until it is let go, and the next one comes behind it") {
    given<std::string> stream({"a", "b", "c", "d", "e"});
    const results_of<std::string> results(&stream);
    REQUIRE(results);
    REQUIRE_FALSE(results_of<std::string>());
    std::string* const a = results.show();
    REQUIRE(*a == "a");
    REQUIRE(results.show() == a);
    REQUIRE(results.current() == a);
    REQUIRE(stream.fetched == 1);
    REQUIRE(stream.released == 0);
    results.let_go();
    REQUIRE(stream.released == 1);
    REQUIRE(stream.fetched == 1);  // nothing is fetched before it is wanted
    results.let_go();
    REQUIRE(stream.released == 1);
    REQUIRE(*results.show() == "b");
    REQUIRE(results.take(instant::never()) == "c");  // behind the one that was shown
    REQUIRE(stream.released == 3);
    REQUIRE(*results.current() == "d");  // somebody looked whether there is one, and did not see it
    results.let_go_of_shown();
    REQUIRE(stream.released == 3);
    REQUIRE(results.take(instant::never()) == "d");
    REQUIRE(*results.show() == "e");
    results.let_go_of_shown();
    REQUIRE(stream.released == 5);
    const instant deadline = instant::now();
    REQUIRE_FALSE(results.take(deadline));
    REQUIRE(stream.latest_deadline == deadline);
    REQUIRE_FALSE(results.show());
    REQUIRE(stream.latest_deadline == instant::never());
    REQUIRE_FALSE(results.take(instant::never()));
    REQUIRE(stream.released == 5);
    REQUIRE(stream.fetched_while_held == 0);
}

TEST_CASE("results_of: results without a destructor are let go without a call") {
    given<int> stream({1, 2, 3});
    const results_of<int> results(&stream);
    REQUIRE(*results.show() == 1);
    REQUIRE(results.take(instant::never()) == 2);
    REQUIRE(*results.show() == 3);
    results.let_go();
    REQUIRE_FALSE(results.show());
    REQUIRE(stream.fetched_while_held == 0);
    REQUIRE(stream.released == 0);
}

TEST_CASE("results_of: a result whose move throws is let go like any other") {
    std::vector<moves_twice> values;
    values.reserve(2);
    values.emplace_back(1).moves = 2;
    values.emplace_back(2);
    given<moves_twice> stream(std::move(values));
    const results_of<moves_twice> results(&stream);
    REQUIRE_THROWS_AS(results.take(instant::never()), std::runtime_error);
    REQUIRE(stream.fetched == 1);
    const auto second = results.take(instant::never());
    REQUIRE(second->value == 2);
    REQUIRE(stream.fetched_while_held == 0);
}

TEST_CASE("stream_reference: the last one leaves the stream, and none before it") {
    given<int> stream({});
    given<int> other({});
    {
        stream_reference first(&stream);
        REQUIRE(first.get() == &stream);
        {
            const stream_reference second = first;
            stream_reference third = second;
            REQUIRE(third.get() == &stream);
            const stream_reference moved = std::move(third);
            REQUIRE(moved.get() == &stream);
        }
        REQUIRE(stream.left == 0);
        const stream_reference same = first;
        first = same;
        REQUIRE(first.get() == &stream);
        stream_reference another(&other);
        first = another;
        REQUIRE(first.get() == &other);
        REQUIRE(stream.left == 0);
        another = stream_reference();
        REQUIRE_FALSE(another.get());
        REQUIRE(other.left == 0);
        first = stream_reference();
        REQUIRE(other.left == 1);
    }
    REQUIRE(stream.left == 1);
    REQUIRE(other.left == 1);
}

// SPDX-License-Identifier: MIT
// Which way an execution of a model goes where it can go several.
#ifndef PARIMAP_TESTS_MODEL_SEARCH_HPP
#define PARIMAP_TESTS_MODEL_SEARCH_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace model {

/// Depth first: each execution repeats the choices of the one before it but for the last that can be increased. Or at random.
class search {
  public:
    /// All there is, in order.
    search() = default;

    /// So many executions, drawn from a seed.
    search(std::uint64_t seed, std::uint64_t executions) : seed_(seed), random_left_(executions), is_random_(true) {
        begin_random();
    }

    /// One of so many, of which 0 is the ordinary one. rare: another one is drawn once in so many times.
    std::size_t choose(std::size_t options, std::uint32_t rare = 0);

    /// Goes on to the next execution; false if that was the last.
    bool next();

    bool is_random() const noexcept { return is_random_; }

    /// What was chosen, for people.
    std::string text() const;

  private:
    struct choice {
        std::size_t options;
        std::size_t taken;
    };

    void begin_random() noexcept;
    std::uint64_t draw() noexcept;

    std::vector<choice> choices_;
    std::size_t at_ = 0;
    std::uint64_t seed_ = 0;  // of the execution
    std::uint64_t state_ = 0;
    std::uint64_t random_left_ = 0;
    bool is_random_ = false;
};

}  // namespace model

#endif

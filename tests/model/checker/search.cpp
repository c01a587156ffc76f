// SPDX-License-Identifier: MIT
// Which way an execution of a model goes where it can go several.
#include "search.hpp"

#include <stdexcept>

namespace model {

std::size_t search::choose(std::size_t options, std::uint32_t rare) {
    if (options <= 1) return 0;
    if (is_random_) {
        std::size_t taken = 0;
        if (rare == 0) {
            taken = static_cast<std::size_t>(draw() % options);
        } else if (draw() % rare == 0) {
            taken = 1 + static_cast<std::size_t>(draw() % (options - 1));
        }
        choices_.push_back({options, taken});
        return taken;
    }
    if (at_ == choices_.size()) choices_.push_back({options, 0});
    if (choices_[at_].options != options)
        throw std::logic_error("the model does not do the same when it is repeated: does it read a clock, or keep something?");
    return choices_[at_++].taken;
}

bool search::next() {
    at_ = 0;
    if (is_random_) {
        if (--random_left_ == 0) return false;
        ++seed_;
        begin_random();
        return true;
    }
    while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().options) choices_.pop_back();
    if (choices_.empty()) return false;
    ++choices_.back().taken;
    return true;
}

std::string search::text() const {
    std::string all;
    if (is_random_) all = "seed " + std::to_string(seed_) + ", ";
    all += "choices";
    for (const choice& c : choices_) {
        all += ' ' + std::to_string(c.taken);
        if (c.options > 2) all += '/' + std::to_string(c.options);
    }
    return all;
}

void search::begin_random() noexcept {
    choices_.clear();
    state_ = seed_;
}

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
std::uint64_t search::draw() noexcept {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
}

}  // namespace model

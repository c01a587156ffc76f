// SPDX-License-Identifier: MIT
// A variable of the environment, set or absent while this lives.
#ifndef PARIMAP_TESTS_SUPPORT_ENVIRONMENT_HPP
#define PARIMAP_TESTS_SUPPORT_ENVIRONMENT_HPP

#include <cstdlib>
#include <optional>
#include <string>

namespace parimap_test {

class environment {
  public:
    // Null: absent.
    environment(const char* name, const char* value) : name_(name) {
        if (const char* before = std::getenv(name)) before_ = before;
        set(value);
    }
    ~environment() { set(before_ ? before_->c_str() : nullptr); }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

  private:
    void set(const char* value) const {
        if (value) {
            ::setenv(name_, value, 1);
        } else {
            ::unsetenv(name_);
        }
    }

    const char* name_;
    std::optional<std::string> before_;
};

}  // namespace parimap_test

#endif

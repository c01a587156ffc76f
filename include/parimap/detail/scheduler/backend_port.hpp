// SPDX-License-Identifier: MIT
// A backend whose type is not known any more.
#ifndef PARIMAP_DETAIL_SCHEDULER_BACKEND_PORT_HPP
#define PARIMAP_DETAIL_SCHEDULER_BACKEND_PORT_HPP

#include <parimap/backend.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/system/owned.hpp>
#include <parimap/errors.hpp>
#include <parimap/pool_options.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace parimap::inline PARIMAP_ABI::detail {

/// What backend.hpp says of a backend, for a scheduler.
class backend_port {
  public:
    backend_port() = default;
    backend_port(const backend_port&) = delete;
    backend_port& operator=(const backend_port&) = delete;
    virtual ~backend_port() = default;

    virtual std::string_view name() const noexcept = 0;
    virtual std::size_t concurrency() const = 0;
    virtual void submit(task& t) = 0;
    virtual bool caller_must_help() const noexcept = 0;
    /// The backend's destructor, before that of the port. Nothing is submitted to it any more.
    virtual void end() noexcept = 0;
};

[[noreturn]] inline void throw_no_stack_size(std::string_view backend) {
    throw error("parimap: the backend " + std::string(backend) +
                " has no threads whose stack_size could be chosen; leave it out, or use the backend threads");
}

/// Named: the backend that the pool was asked for, where that makes its workers by another.
template <class Backend, class Named = Backend>
class port_of final : public backend_port {
  public:
    static owned<backend_port> make(const pool_options& options) { return owned<backend_port>(new port_of(options)); }

    explicit port_of(const pool_options& options) : backend_(start(options)) {}
    ~port_of() override {
        if (!is_ended_) delete backend_;
    }

    std::string_view name() const noexcept override { return Named::name; }
    std::size_t concurrency() const override { return backend_->concurrency(); }
    void submit(task& t) override { backend_->submit(t); }
    bool caller_must_help() const noexcept override {
        if constexpr (requires { backend_->caller_must_help(); }) {
            return backend_->caller_must_help();
        } else {
            return false;
        }
    }
    void end() noexcept override {
        delete backend_;
        is_ended_ = true;
    }

  private:
    static Backend* start(const pool_options& options) {
        if constexpr (takes_stack_size<Backend>) {
            return new Backend(options.workers, options.stack_size);
        } else {
            if (options.stack_size != 0) throw_no_stack_size(Backend::name);
            return new Backend(options.workers);
        }
    }

    Backend* const backend_;
    bool is_ended_ = false;
};

}  // namespace parimap::detail

#endif

// SPDX-License-Identifier: MIT
// A call that was made in another process, as far as its types do not matter.
#ifndef PARIMAP_DETAIL_ENGINE_SERVED_BASE_HPP
#define PARIMAP_DETAIL_ENGINE_SERVED_BASE_HPP

#include <parimap/detail/engine/batched_call.hpp>
#include <parimap/detail/engine/far_work.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/ranges/pull_result.hpp>
#include <parimap/detail/results/served_boxes.hpp>
#include <parimap/detail/scheduler/scheduler.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>

namespace parimap::inline PARIMAP_ABI::detail {

struct served_setup {
    std::shared_ptr<scheduler> workers;
    served_numbers& numbers;
    bool with_token;
};

/// Items come in as bytes, and are made available at once; there is no window, for who sends them has one.
class PARIMAP_EXPORT served_base : public batched_call, public served_work {
  public:
    void take_items(byte_reader& in) final;
    bool give_results(byte_writer& out) final;
    void stop_items_from(std::uint64_t item) noexcept final;
    void return_items(std::uint64_t most, byte_writer& out) final;
    void let_results_go() noexcept final { are_results_wanted_ = true; }

  protected:
    explicit served_base(const served_setup& setup);
    ~served_base() override;

    /// The last thing that a constructor does,
    void start();
    /// and the first thing that a destructor does.
    void end() noexcept;

  private:
    // ---- what depends on the types -------------------------------------------------------------------------------

    virtual std::uint64_t begin_input(bool reads) = 0;
    virtual pull_result pull(std::uint64_t& owned) = 0;
    virtual void read_item(std::uint64_t place, byte_reader& in) = 0;
    virtual void drop_item(std::uint64_t place) noexcept = 0;
    virtual void fail_unread(std::uint64_t item, const std::exception_ptr& exception) noexcept = 0;
    virtual bool write_results(byte_writer& out, std::uint64_t cost) = 0;
    virtual bool keeps_results() const noexcept = 0;
    virtual void write_kept_results(byte_writer& out) = 0;

    // ---- what does not -------------------------------------------------------------------------------------------

    /// So that its place may be another's: a worker writes the result first, and lets go of the item then.
    bool is_done(std::uint64_t place) const noexcept {
        const served_numbers::number& here = numbers_.of(place);
        return here.is_done.load(std::memory_order_acquire) && !here.has_item.load(std::memory_order_acquire);
    }
    bool write_finished(byte_writer& out);
    bool drop_stopped(byte_writer& out);
    bool write_kept(byte_writer& out);

    const std::shared_ptr<scheduler> keep_;
    served_numbers& numbers_;
    std::uint64_t oldest_ = 0;    // no place before it is in use
    std::uint64_t received_ = 0;  // places
    std::uint64_t unread_ = 0;    // items that have none
    bool is_stopped_ = false;
    bool are_results_wanted_ = false;
};

}  // namespace parimap::detail

#if defined(PARIMAP_HEADER_ONLY)
#include <parimap/src/engine/served_base.cpp>  // IWYU pragma: keep
#endif

#endif

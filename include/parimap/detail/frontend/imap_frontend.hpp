// SPDX-License-Identifier: MIT
// What ordered_imap and unordered_imap share: starting a stream, as a call or at the end of a pipe.
#ifndef PARIMAP_DETAIL_FRONTEND_IMAP_FRONTEND_HPP
#define PARIMAP_DETAIL_FRONTEND_IMAP_FRONTEND_HPP

#include <parimap/detail/engine/stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/imap.hpp>

#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// ordered_imap(pool, f) without a range, waiting for one from the left of a pipe.
template <class Frontend, class F>
class [[nodiscard]] imap_pipe {
  public:
    imap_pipe(pool_core core, const map_options& options, F f) : pool_(std::move(core)), options_(options), f_(std::move(f)) {}

    template <class Range>
        requires some_range<std::remove_reference_t<Range>>
    friend auto operator|(Range&& input, imap_pipe pipe) {
        return Frontend::run(pipe.pool_, pipe.options_, std::move(pipe.f_), std::forward<Range>(input));
    }

  private:
    pool_core pool_;
    map_options options_;
    F f_;
};

/// Results<R>(seats) keeps the results of the stream.
template <class Derived, template <class> class Results>
struct imap_frontend : frontend<Derived> {
    template <class F, class... Ranges>
    static auto run(const pool_core& core, const map_options& options, F&& f, Ranges&&... inputs) {
        if constexpr (sizeof...(Ranges) == 0) {
            return imap_pipe<Derived, std::decay_t<F>>(core, options, std::forward<F>(f));
        } else {
            check_ranges<Ranges...>();
            check_ranges_that_outlive_call<Ranges...>();
            if constexpr (are_ranges<Ranges...>) {
                using types = call_types<F, Ranges...>;
                using results = Results<typename types::value>;
                using running = stream<typename types::source, typename types::function, results>;
                return imap<running>::start(core, options, make_view(std::forward<Ranges>(inputs)...), std::forward<F>(f),
                                            core->size());
            }
        }
    }
};

}  // namespace parimap::detail

#endif

// SPDX-License-Identifier: MIT
// What ordered_imap and unordered_imap share: starting a stream, as a call or at the end of a pipe.
#ifndef PARIMAP_DETAIL_FRONTEND_IMAP_FRONTEND_HPP
#define PARIMAP_DETAIL_FRONTEND_IMAP_FRONTEND_HPP

#include <parimap/detail/engine/call_on.hpp>
#include <parimap/detail/engine/stream.hpp>
#include <parimap/detail/form.hpp>
#include <parimap/detail/frontend/frontend.hpp>
#include <parimap/imap.hpp>

#include <type_traits>
#include <utility>

namespace parimap::inline PARIMAP_ABI::detail {

/// What can stand before a stage where there is no range yet: another stage, several, or a range adaptor.
template <class T>
concept stage_before = std::is_class_v<std::remove_cvref_t<T>> && !some_range<std::remove_reference_t<T>>;

/// Two stages that wait for a range together.
template <class First, class Second>
class [[nodiscard]] joined_stages {
  public:
    joined_stages(First first, Second second) : first_(std::move(first)), second_(std::move(second)) {}

    template <class Range>
        requires some_range<std::remove_reference_t<Range>>
    friend auto operator|(Range&& input, joined_stages stages) {
        return (std::forward<Range>(input) | std::move(stages.first_)) | std::move(stages.second_);
    }

    template <stage_before Before>
    friend auto operator|(Before&& before, joined_stages stages) {
        return joined_stages<std::remove_cvref_t<Before>, joined_stages>(std::forward<Before>(before), std::move(stages));
    }

  private:
    First first_;
    Second second_;
};

/// ordered_imap(pool, f) without a range, waiting for one from the left of a pipe.
template <class Frontend, class Core, class F>
class [[nodiscard]] imap_pipe {
  public:
    imap_pipe(Core core, const map_options& options, F f) : pool_(std::move(core)), options_(options), f_(std::move(f)) {}

    template <class Range>
        requires some_range<std::remove_reference_t<Range>>
    friend auto operator|(Range&& input, imap_pipe pipe) {
        return std::move(pipe).run_on(std::forward<Range>(input));
    }

    template <stage_before Before>
    friend auto operator|(Before&& before, imap_pipe pipe) {
        return joined_stages<std::remove_cvref_t<Before>, imap_pipe>(std::forward<Before>(before), std::move(pipe));
    }

  private:
    template <class Range>
    auto run_on(Range&& input) && {
        return Frontend::run(pool_, options_, std::move(f_), std::forward<Range>(input));
    }

    Core pool_;
    map_options options_;
    F f_;
};

/// Results<R>(seats) keeps the results of the stream.
template <class Derived, template <class> class Results>
struct imap_frontend : frontend<Derived> {
  private:
    friend frontend<Derived>;
    static constexpr auto keeps = keeps_in_journal::in_what_it_returns;
    template <class Frontend, class Core, class F>
    friend class imap_pipe;

    template <class Core, class F, class... Ranges>
    static auto run(const Core& core, const map_options& options, F&& f, Ranges&&... inputs) {
        if constexpr (sizeof...(Ranges) == 0) {
            return imap_pipe<Derived, Core, std::decay_t<F>>(core, options, std::forward<F>(f));
        } else {
            check_ranges<Ranges...>();
            check_ranges_that_outlive_call<Ranges...>();
            if constexpr (are_ranges<Ranges...>) {
                using types = call_types<F, Ranges...>;
                using value = typename types::value;
                using source = typename types::source;
                using running = stream<source, typename types::function, Results<value>>;
                return imap<value, source::sized>(call_on<const Core>::template start<running>(
                    core, options, make_view(std::forward<Ranges>(inputs)...), std::forward<F>(f), core->size()));
            }
        }
    }
};

}  // namespace parimap::detail

#endif

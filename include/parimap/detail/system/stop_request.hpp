// SPDX-License-Identifier: MIT
// A std::stop_token for headers: <stop_token> takes longer to compile than a stream's own code, and few calls have one.
#ifndef PARIMAP_DETAIL_SYSTEM_STOP_REQUEST_HPP
#define PARIMAP_DETAIL_SYSTEM_STOP_REQUEST_HPP

#include <parimap/detail/form.hpp>

#include <concepts>
#include <memory>
#include <utility>

// A program may not declare names of the standard library; with the library's own macros it can be done where it is known.
#if defined(__GLIBCXX__)
namespace std _GLIBCXX_VISIBILITY(default) {
_GLIBCXX_BEGIN_NAMESPACE_VERSION
class stop_token;
_GLIBCXX_END_NAMESPACE_VERSION
}
#else
#include <stop_token>
#endif

namespace parimap::inline PARIMAP_ABI::detail {

/// Whether <stop_token> was included where a type is first asked for.
template <class Asked, class Token = std::stop_token>
concept knows_stop_token = requires(Asked) { sizeof(Token); };

/// What map_options has in place of a std::stop_token: made from one, and becomes one again.
class stop_request {
  public:
    stop_request() noexcept = default;

    /// Costs an allocation.
    template <std::same_as<std::stop_token> Token>
    stop_request(Token token) : token_(std::make_shared<const Token>(std::move(token))) {}

    template <class Source>
        requires requires(Source source) { source.get_token(); }
    stop_request(const Source& /*source*/) {
        static_assert(sizeof(Source) == 0, "parimap: .stop takes a token, .stop = source.get_token()");
    }

    template <std::same_as<std::stop_token> Token>
    operator Token() const noexcept {
        return token_ ? *token_ : Token();
    }

    /// (With a token the standard's own comparison is meant.)
    template <std::same_as<stop_request> Other, class Token = std::stop_token>
    bool operator==(const Other& other) const noexcept {
        return static_cast<Token>(*this) == static_cast<Token>(other);
    }

    template <class Token = std::stop_token>
    bool stop_possible() const noexcept {
        return token_ && static_cast<const Token&>(*token_).stop_possible();
    }
    template <class Token = std::stop_token>
    bool stop_requested() const noexcept {
        return token_ && static_cast<const Token&>(*token_).stop_requested();
    }

    /// Null if it was not made from one.
    const std::stop_token* token() const noexcept { return token_.get(); }

  private:
    std::shared_ptr<const std::stop_token> token_;
};

}  // namespace parimap::detail

#endif

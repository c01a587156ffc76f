// SPDX-License-Identifier: MIT
// The results of a stream are values, so an imap of references is one that nothing returns.
// expect: the R of an imap<R> is what its function returns without const and reference
// expect: std::monostate for a function that returns void
#include <parimap/imap.hpp>

#include <variant>

int main() {
#ifdef PARIMAP_BAD
    const parimap::imap<const int&> numbers;
    const parimap::imap<void> nothing;
#else
    const parimap::imap<int> numbers;
    const parimap::imap<std::monostate> nothing;
#endif
    return numbers.begin() == numbers.end() && nothing.begin() == nothing.end() ? 0 : 1;
}

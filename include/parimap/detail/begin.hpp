// SPDX-License-Identifier: MIT
// Comes first in every public header, as end.hpp comes last: what an application has set up differently is as parimap needs it,
// in between. No include guard: headers nest.

#if __cplusplus >= 202002L

// Some systems have these as macros. Here they are functions of the standard library, which are not called in parentheses.
#pragma push_macro("min")
#pragma push_macro("max")
#undef min
#undef max

// An application may see these headers with warnings on that say nothing about whether code is right. All others are heeded.
#pragma GCC diagnostic push
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wunknown-warning-option"  // an older clang lacks some of them
#pragma clang diagnostic ignored "-Wc++20-compat"            // what C++17 would not have understood, like all here
#pragma clang diagnostic ignored "-Wpre-c++20-compat"
#pragma clang diagnostic ignored "-Wctad-maybe-unsupported"  // std::lock_guard lock(mutex)
#pragma clang diagnostic ignored "-Wexit-time-destructors"   // what lives as long as the program
#pragma clang diagnostic ignored "-Wfloat-equal"             // zero is "not measured yet"
#pragma clang diagnostic ignored "-Wpadded"                  // that a class has padding
#pragma clang diagnostic ignored "-Wunsafe-buffer-usage"     // that there are pointers
#pragma clang diagnostic ignored "-Wweak-vtables"            // that a class with virtual functions is all in a header
#else
#pragma GCC diagnostic ignored "-Wuseless-cast"  // std::uint64_t to std::size_t: useless on some processors only
#pragma GCC diagnostic ignored "-Wtsan"          // fences that ThreadSanitizer does not know; what they order is atomic
#endif

#elif !defined(PARIMAP_DETAIL_CXX20_IS_MISSING)
#define PARIMAP_DETAIL_CXX20_IS_MISSING
#error "parimap needs C++20. Compile with -std=c++20, or in CMake: target_compile_features(<target> PRIVATE cxx_std_20)"
#endif

// SPDX-License-Identifier: MIT
// The two forms of the library: what is no template is compiled once, or with every program that uses it. And its version, as a
// part of every name: two versions in one process do not meet.
#ifndef PARIMAP_DETAIL_FORM_HPP
#define PARIMAP_DETAIL_FORM_HPP

#include <parimap/version.hpp>

#include <cstddef>  // IWYU pragma: keep: says which strings the standard library has

// The inline namespace of all of the library: v0_1 for the versions 0.1.x. A program may be compiled with other containers than the
// library, those of libstdc++'s debug mode, or with its old strings: the linker says so, before they meet.
#if defined(_GLIBCXX_DEBUG)
#define PARIMAP_ABI PARIMAP_DETAIL_ABI(PARIMAP_VERSION_MAJOR, PARIMAP_VERSION_MINOR, _debug)
#elif defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
#define PARIMAP_ABI PARIMAP_DETAIL_ABI(PARIMAP_VERSION_MAJOR, PARIMAP_VERSION_MINOR, _old_strings)
#else
#define PARIMAP_ABI PARIMAP_DETAIL_ABI(PARIMAP_VERSION_MAJOR, PARIMAP_VERSION_MINOR, )
#endif
#define PARIMAP_DETAIL_ABI(major, minor, containers) PARIMAP_DETAIL_ABI_AS_WRITTEN(major, minor, containers)
#define PARIMAP_DETAIL_ABI_AS_WRITTEN(major, minor, containers) v##major##_##minor##containers

// Stands before each definition in src/, which headers include where PARIMAP_HEADER_ONLY is defined.
#if defined(PARIMAP_HEADER_ONLY)
#define PARIMAP_INLINE inline
#else
#define PARIMAP_INLINE
#endif

// What programs and other modules of a process use by name, also where they are compiled with hidden symbols.
#define PARIMAP_EXPORT [[gnu::visibility("default")]]

#endif

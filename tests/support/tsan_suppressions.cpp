// SPDX-License-Identifier: MIT
// What ThreadSanitizer must not report: compiled into the tests of the tsan preset alone.

// std::exception_ptr counts its owners inside the C++ library, which is not instrumented: ThreadSanitizer sees the last
// owner free the exception, but not the atomic counter that orders it behind the others' use. So what that library
// frees from inside is not looked at.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
    return "called_from_lib:libstdc++.so\nrace:std::__exception_ptr::exception_ptr::_M_release\n";
}

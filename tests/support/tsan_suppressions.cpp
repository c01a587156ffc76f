// SPDX-License-Identifier: MIT
// What ThreadSanitizer must not report: compiled into the tests of the tsan preset alone.

// std::exception_ptr counts its owners inside the C++ library, which is not instrumented: ThreadSanitizer sees the last
// owner free the exception, but not the atomic counter that orders it behind the others' use. So what that library
// frees from inside is not looked at.
//
// libomp is not instrumented either, and uses the memory of a task that has ended for the next: what orders the two is not
// seen. So the line that makes a task, and writes to its memory, is not looked at; all that tasks do is.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
    return "called_from_lib:libstdc++.so\n"
           "race:std::__exception_ptr::exception_ptr::_M_release\n"
           "race_top:backends::openmp::offer_to_team\n";
}

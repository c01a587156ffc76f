// SPDX-License-Identifier: MIT
// Two macros that headers of a system or of an application may define. (Headers included before are theirs to mend.)
#ifndef PARIMAP_TESTS_CONSUMER_MIN_AND_MAX_HPP
#define PARIMAP_TESTS_CONSUMER_MIN_AND_MAX_HPP

#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))

#endif

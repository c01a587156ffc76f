// SPDX-License-Identifier: MIT
// The file with one stream once more, for the library that is all headers.

#include "ordered_imap.cpp"

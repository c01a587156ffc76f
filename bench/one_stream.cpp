// SPDX-License-Identifier: MIT
// A program with one stream, that of compile/ordered_imap.cpp: run.py measures how large it is.

#include <vector>

long sum_of_squares(const std::vector<long>& numbers);

int main() { return sum_of_squares({1, 5, 3}) == 35 ? 0 : 1; }

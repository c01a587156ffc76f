// SPDX-License-Identifier: MIT
// What holds for every program with the plug-in, however that came into it.
#ifndef CHECKS_HPP
#define CHECKS_HPP

#include "plugin.hpp"

void check(bool holds, const char* what);

struct plugin {
    function map;
    function stream;
    void (*start)(parimap::pool&, long, parimap::imap<long>&);
    long (*rest)(parimap::imap<long>&);
    long (*own)(function, long);
    std::size_t (*seat)();
    const void* (*default_pool)();
    const void* (*display)();
    void (*error)();
    parimap::pool* (*make)(std::size_t);
    void (*unmake)(parimap::pool*);
};

/// A map over 100 items, each n.
long map_of_program(parimap::pool& pool, long n);

/// one_program: whether the dynamic linker made the symbols of both modules one.
void check_all(const plugin& p, bool one_program);

#endif

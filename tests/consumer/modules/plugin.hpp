// SPDX-License-Identifier: MIT
// What the plug-in offers. Everything else in it is hidden.
#ifndef PLUGIN_HPP
#define PLUGIN_HPP

#include <parimap/parimap.hpp>

#define PLUGIN_EXPORT extern "C" __attribute__((visibility("default")))

using function = long (*)(parimap::pool&, long);

PLUGIN_EXPORT long sum_of_map(parimap::pool& pool, long n);     // n * 100, by a map on the pool
PLUGIN_EXPORT long sum_of_stream(parimap::pool& pool, long n);  // the same by a stream
PLUGIN_EXPORT long on_own_pool(function call, long n);          // calls in the items of a map on a pool of the plug-in's own
PLUGIN_EXPORT std::size_t seat_of_plugin();                     // this_worker_index(), as the plug-in sees it
PLUGIN_EXPORT void start_stream(parimap::pool& pool, long n, parimap::imap<long>& stream);
PLUGIN_EXPORT long sum_of_rest(parimap::imap<long>& stream);
PLUGIN_EXPORT const void* default_pool_of_plugin();
PLUGIN_EXPORT const void* display_of_plugin();  // after a bar of its own has come and gone
PLUGIN_EXPORT void throw_error();
PLUGIN_EXPORT parimap::pool* new_pool(std::size_t workers);
PLUGIN_EXPORT void delete_pool(parimap::pool* pool);

#endif

// SPDX-License-Identifier: MIT
// Some options refer to what they are for.
// expect: .insights takes the report's address
// expect: .stop takes a token
#include <parimap/parimap.hpp>

#include <stop_token>

int main() {
    parimap::run_report report;
    std::stop_source source;
#ifdef PARIMAP_BAD
    const parimap::map_options options{.stop = source, .insights = report};
#else
    const parimap::map_options options{.stop = source.get_token(), .insights = &report};
#endif
    return options.chunk == 0 ? 0 : 1;
}

// SPDX-License-Identifier: MIT
// The header that parimap cannot do without: run.py measures what it takes alone.

#include <range/v3/view/zip.hpp>

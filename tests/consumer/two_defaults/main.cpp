// SPDX-License-Identifier: MIT
// Calls two libraries that were compiled with different default backends.
#include <cstdlib>

namespace library_on::FIRST {
bool works();
}
namespace library_on::SECOND {
bool works();
}

int main() {
    const bool first = library_on::FIRST::works();
    const bool second = library_on::SECOND::works();
    return first && second ? EXIT_SUCCESS : EXIT_FAILURE;
}

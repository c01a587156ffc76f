// SPDX-License-Identifier: MIT
// Comes last in every public header: what begin.hpp changed is as it was before.

#if __cplusplus >= 202002L
#pragma GCC diagnostic pop
#pragma pop_macro("max")
#pragma pop_macro("min")
#endif

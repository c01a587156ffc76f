// SPDX-License-Identifier: MIT
// Memory that a model gives back is kept until the execution ends, so that whoever uses it afterwards is found and does no harm.
#ifndef PARIMAP_TESTS_MODEL_QUARANTINE_HPP
#define PARIMAP_TESTS_MODEL_QUARANTINE_HPP

namespace model::quarantine {

void begin() noexcept;
void end() noexcept;

}  // namespace model::quarantine

#endif

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks what from_c prints: from_c_test.sh PROGRAM BACKEND. What is known: order below r = 3.57, ln 2 at r = 4, and no orbit above.
set -euo pipefail

output=$("$1")
printf '%s\n' "$output"
if [ "$(wc -l <<<"$output")" != 71 ] || [ "$output" != "$(sort -n <<<"$output")" ]; then
    echo 'There are not 71 lines, or not in order.'
    exit 1
fi
for line in '3\.50 -0\.[0-9]*' '4\.00 \+0\.69[23]' '4\.10 left after [0-9]+ steps'; do
    if ! grep -Eqx "$line" <<<"$output"; then
        echo "There is no line: $line"
        exit 1
    fi
done

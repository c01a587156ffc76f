#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks what from_fortran prints: from_fortran_test.sh PROGRAM BACKEND. What is known: a magnet is magnetic well below T = 2.27, and not above.
set -euo pipefail

output=$("$1")
printf '%s\n' "$output"
if [ "$(wc -l <<<"$output")" != 17 ] || [ "$output" != "$(sort <<<"$output")" ]; then
    echo 'There are not 17 lines, or not in order.'
    exit 1
fi
for line in 'T = 1\.00 +energy -1\.99[0-9] +magnetisation 0\.999' 'T = 2\.00 +energy -1\.7[0-9]+ +magnetisation 0\.9[0-9]+' \
    'T = 5\.00 +energy -0\.4[0-9]+ +magnetisation 0\.0[0-9]+'; do
    if ! grep -Eqx "$line" <<<"$output"; then
        echo "There is no line: $line"
        exit 1
    fi
done

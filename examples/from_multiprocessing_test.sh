#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks what from_multiprocessing prints, at a fifth of its pace: from_multiprocessing_test.sh PROGRAM BACKEND
set -euo pipefail

output=$("$1" --scale 0.2)
printf '%s\n' "$output"

expect() {
    if ! grep -Eqx "$1" <<<"$output"; then
        printf 'FAILED: there is no line: %s\n' "$1"
        exit 1
    fi
}

expect 'serial map +9 s: 1 25 9'
expect "cpu_count - 1 +[0-9]+ \(backend $2\)"
if [ "$2" = serial ]; then # one worker: every item waits for those before it
    expect 'map +9 s: 1 25 9'
    expect 'imap +[0-9]+, [0-9]+, 9 s: 1 25 9'
    expect 'imap_unordered +[0-9]+, [0-9]+, 9 s: 1 25 9'
else
    expect 'map +5 s: 1 25 9'
    expect 'imap +1, 5, 5 s: 1 25 9'
    expect 'imap_unordered +1, 3, 5 s: 1 9 25'
fi
expect 'starmap +10 60 210 80'
expect 'closed'

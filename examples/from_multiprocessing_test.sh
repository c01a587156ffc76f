#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks what from_multiprocessing prints: from_multiprocessing_test.sh PROGRAM BACKEND. With seconds of 50 ms first; if a busy
# machine was late there, with longer ones, up to real ones, which are room enough.
set -euo pipefail

expected=(
    'serial map +9 s: 1 25 9'
    "cpu_count - 1 +[0-9]+ \(backend $2\)"
    'starmap +10 60 210 80'
    'closed'
)
if [ "$2" = serial ]; then # one worker: every item waits for those before it
    expected+=('map +9 s: 1 25 9' 'imap +[0-9]+, [0-9]+, 9 s: 1 25 9' 'imap_unordered +[0-9]+, [0-9]+, 9 s: 1 25 9')
else
    expected+=('map +5 s: 1 25 9' 'imap +1, 5, 5 s: 1 25 9' 'imap_unordered +1, 3, 5 s: 1 9 25')
fi

# prints_it SCALE: whether the program prints every expected line.
prints_it() {
    local output line
    output=$("$program" --scale "$1") || exit
    printf '%s\n' "$output"
    for line in "${expected[@]}"; do
        if ! grep -Eqx "$line" <<<"$output"; then
            printf 'With --scale %s there is no line: %s\n' "$1" "$line"
            return 1
        fi
    done
}

program=$1
prints_it 0.05 || prints_it 0.2 || prints_it 1

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks that mandelbrot's image is right, and that a tall one takes no more memory: mandelbrot_test.sh PROGRAM
set -euo pipefail

program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1" # else it keeps what was freed, for a while

fail() {
    printf 'FAILED: %s\n' "$1"
    exit 1
}

"$program" --workers 3 --width 301 --height 200 --output "$folder/any.png" --check
"$program" --workers 3 --width 301 --height 200 --output "$folder/one.png" --check --window 1
cmp "$folder/any.png" "$folder/one.png" || fail 'the window changes the image'
"$program" --width 1 --height 1 --output "$folder/pixel.png" --check

# 6 MB and 60 MB of pixels, while a window holds 16 rows of 1.5 kB.
peak() {
    "$program" --workers 3 --width 500 --iterations 3 --window 16 --output "$folder/peak.png" "$@" |
        sed -n 's/.*peak memory \([0-9]*\) MB$/\1/p'
}
short=$(peak --height 4000)
tall=$(peak --height 40000)
printf 'peak memory: %d MB for 4000 rows, %d MB for 40000\n' "$short" "$tall"
[ $((tall - short)) -le 12 ] || fail 'memory grows with the height of the image'

status=0
"$program" --height 1000 --output /dev/full 2>/dev/null || status=$?
[ "$status" = 1 ] || fail "a full disk: status $status, not 1"

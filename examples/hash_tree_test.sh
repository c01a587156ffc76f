#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compares hash_tree with sha256sum on a tree of odd files: hash_tree_test.sh PROGRAM
set -euo pipefail

program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir -p tree/a/b tree/empty 'tree/a b' tree/a-b
for i in {1..200}; do
    head -c $((i * 1000)) /dev/zero >"tree/a/$i"
done
head -c 5000000 /dev/urandom >tree/a/b/large
: >tree/a/b/empty
for name in ' ' '-n' '*' "it's" '"quoted"' 'back\slash' $'line\nbreak' "\\" 'ünïcödé' $'not\xffutf8' $'tab\t' '.hidden'; do
    printf '%s' "$name" >"tree/a b/$name"
done
printf 'between a/ and a b/' >tree/a-b/file # path order is the order of bytes, not of folders
if [[ $(printf x >$'\r' && sha256sum $'\r') == \\* ]]; then # before coreutils 9 this one was not escaped
    printf x >$'tree/carriage\rreturn'
fi

# None of these is a file of the tree.
ln -s ../a tree/a/loop
ln -s nowhere tree/dangling
ln -s 1 tree/a/link
mkfifo tree/pipe

fail() {
    printf 'FAILED: %s\n' "$1"
    exit 1
}

# compare WHAT EXPECTED-STATUS PATH...: both programs on the same files; sums and exit status must agree.
compare() {
    local what=$1 expected_status=$2 status=0
    shift 2
    find -H "$@" -type f -print0 2>/dev/null | LC_ALL=C sort -z | xargs -0r sha256sum >expected 2>/dev/null || true
    "$program" --workers 3 "$@" >ordered 2>errors || status=$?
    cmp expected ordered || fail "$what: the sums are not those of sha256sum"
    [ "$status" = "$expected_status" ] || fail "$what: status $status, not $expected_status: $(cat errors)"
    status=0
    "$program" --workers 3 --unordered "$@" >unordered 2>errors || status=$?
    cmp <(LC_ALL=C sort expected) <(LC_ALL=C sort unordered) || fail "$what: the unordered sums are others"
    [ "$status" = "$expected_status" ] || fail "$what, unordered: status $status, not $expected_status: $(cat errors)"
    printf 'ok: %s: %d sums, status %d\n' "$what" "$(wc -l <ordered)" "$expected_status"
}

compare 'a tree' 0 tree
[ "$(wc -l <ordered)" -ge 214 ] || fail 'sums are missing'
compare 'a tree, named with a slash' 0 tree/
compare 'folders and files' 0 tree/a-b tree/a/7 tree/a/b
compare 'an empty folder' 0 tree/empty
compare 'a file that is not there' 1 tree missing
grep -q 'missing: No such file' errors || fail 'the missing file is not reported'
compare 'a file whose reading fails, even for root' 1 tree /proc/self/mem tree/a
grep -q '/proc/self/mem: ' errors || fail 'the unreadable file is not reported'

: >tree/secret
chmod 000 tree/secret
compare 'a file that only root may read' "$([ -r tree/secret ] && echo 0 || echo 1)" tree

status=0
"$program" tree >/dev/full 2>errors || status=$?
[ "$status" = 1 ] || fail "a full disk: status $status, not 1"
echo 'ok: a full disk: status 1'

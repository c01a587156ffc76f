#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks parameter_scan's exponents, and that its image is the same whoever computes it: parameter_scan_test.sh PROGRAM BACKEND
# For mpi also on three ranks, by the launcher that MPIEXEC in the environment names.
set -euo pipefail

program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    printf 'FAILED: %s\n' "$1"
    exit 1
}

# scan NAME [LAUNCHER...] -- [OPTION...]: runs it for NAME.ppm, and compares what is known of the map with a parameter that
# stays: ln |2 - r| up to r = 3, ln 2 for r = 4, and at 3.5 the orbit of four points that everything goes to.
scan() {
    local name=$1 launcher=()
    shift
    while [ "$1" != -- ]; do
        launcher+=("$1")
        shift
    done
    shift
    "${launcher[@]}" "$program" --size 41 --iterations 2000 --output "$folder/$name.ppm" "$@" </dev/null >"$folder/$name"
    cat "$folder/$name"
    awk '
        BEGIN { known["2.5:"] = -0.693147; known["3:"] = 0; known["3.5:"] = -0.872507; known["4:"] = 0.693147 }
        /^exponent/ && $(NF - 1) in known { found++; error = $NF - known[$(NF - 1)]; if (error < -0.005 || error > 0.005) exit 1 }
        END { if (found != 4) exit 1 }
    ' "$folder/$name" || fail "$name: an exponent is wrong"
}

scan one -- --workers 1
scan three -- --workers 3
cmp "$folder/one.ppm" "$folder/three.ppm" || fail 'the number of workers changes the image'

if [ "$2" = mpi ]; then
    # For Open MPI, as root and with fewer than three CPUs.
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
    scan ranks "${MPIEXEC:-mpirun}" -n 3 -- --workers 2
    grep -q 'ranks: 3, workers: 6$' "$folder/ranks" || fail 'not all ranks took part'
    cmp "$folder/one.ppm" "$folder/ranks.ppm" || fail 'the number of ranks changes the image'
fi

status=0
"$program" --size 41 --iterations 10 --output /dev/full >/dev/null 2>&1 || status=$?
[ "$status" = 1 ] || fail "a full disk: status $status, not 1"

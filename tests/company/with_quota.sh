#!/bin/sh
# SPDX-License-Identifier: MIT
# with_quota.sh PERCENT PROGRAM: runs PROGRAM in a control group of its own that gets so much of a CPU, and tells it how many CPUs
# that are. Returns 77 where no such group can be made.

percent=$1
program=$2

skip() {
    echo "skipped: no control group with a CPU quota can be made here: $1"
    exit 77
}

# Version 2 has cpu.max, in groups whose parent hands the controller on; version 1 a hierarchy of its own.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    parent=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
    grep -qw cpu "$parent/cgroup.subtree_control" 2>/dev/null || skip "$parent does not hand on the controller of CPUs"
else
    parent=/sys/fs/cgroup/cpu$(sed -n 's/^[0-9]*:\(cpu\|cpu,cpuacct\)://p' /proc/self/cgroup)
    [ -e "$parent/cpu.cfs_quota_us" ] || skip "there is no $parent/cpu.cfs_quota_us"
fi
group=$parent/parimap_test_$$
mkdir "$group" 2>/dev/null || skip "$group cannot be made"
trap 'rmdir "$group"' EXIT
trap 'exit 1' TERM INT

quota=$((percent * 1000))
if [ -e "$group/cpu.max" ]; then
    echo "$quota 100000" >"$group/cpu.max" || skip 'no quota can be set'
else
    { echo 100000 >"$group/cpu.cfs_period_us" && echo $quota >"$group/cpu.cfs_quota_us"; } || skip 'no quota can be set'
fi

cpus=$((percent / 100))
[ $cpus -ge 1 ] || cpus=1
[ $cpus -le "$(nproc)" ] || cpus=$(nproc)
# shellcheck disable=SC2016 # the inner shell expands them
sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" "$3"' sh "$group" "$program" "$cpus"

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the scripts here share: steps that are announced, and packages that are installed. Sourced, not run.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

current_step='Look at this machine'
advice=''

# step TEXT [ADVICE]: says what comes now, and keeps what to do should it fail.
step() {
    current_step=$1
    advice=${2:-}
    printf '\n==> %s\n' "$current_step"
}

die() {
    advice=$1
    exit 1
}

report_failure() {
    local status=$?
    if [ "$status" != 0 ]; then
        printf '\n%s failed in this step: %s\n' "$0" "$current_step" >&2
        printf '%s\n' "${advice:-Its last lines above say why.}" >&2
    fi
}
trap report_failure EXIT

# --- Packages ---------------------------------------------------------------------------------------------------------

is_installed() {
    [[ $(dpkg -s "$1" 2>/dev/null) == *'ok installed'* ]]
}

# is_installable PACKAGE: whether the distribution has it. After update_apt.
is_installable() {
    update_apt
    [ -n "$(apt-cache show "$1" 2>/dev/null)" ]
}

# --no-remove: rather fail than take away a package that this machine is used with.
apt_get() {
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "Only root can install, and there is no sudo. Run as root: apt-get $*"
        as_root=(sudo)
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -y -qq --no-remove -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

apt_is_up_to_date=no
update_apt() {
    if [ "$apt_is_up_to_date" = no ]; then
        apt_get update
        apt_is_up_to_date=yes
    fi
}

# Installs those of the packages that are missing; asks nothing, and touches nothing where none is.
need_packages() {
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} = 0 ]; then
        echo 'Nothing is missing.'
        return
    fi
    echo "Missing: ${missing[*]}"
    advice="apt-get says above why. Install these by hand, then run $0 again: ${missing[*]}"
    update_apt
    apt_get install --no-install-recommends "${missing[@]}"
}

if ! command -v dpkg >/dev/null || ! command -v apt-get >/dev/null; then
    die 'It installs with apt-get, on Debian or Ubuntu. Elsewhere install a C++20 compiler, CMake 3.22, Ninja, range-v3,
oneTBB, Catch2, CLI11, OpenSSL and libpng your way, then: cmake --preset all && cmake --build --preset all && ctest --preset all'
fi

# What the library, its examples and its tests need on one of the backends that need nothing.
base_packages=(g++ cmake ninja-build librange-v3-dev libcli11-dev libssl-dev libpng-dev catch2 nlohmann-json3-dev librandom123-dev)

# --- clang, for the sanitizers ------------------------------------------------------------------------------------------
# Its OpenMP runtime tells ThreadSanitizer what it does, which that of GCC does not; older ones cannot compile std::views.
# Under the other two it takes less than half of GCC's time to compile. LLVM brings the symbolizer, without which
# suppressions by a function's name suppress nothing.

clang_versions=(16 17 18 19)    # the oldest that will do first
clang_packages() { echo "clang-$1 libclang-rt-$1-dev libomp-$1-dev llvm-$1"; }

# all_are TEST PACKAGES: whether the test holds for every package.
all_are() {
    local package
    for package in $2; do
        "$1" "$package" || return
    done
}

# Sets clang_version: what is installed, else the first that can be, else nothing.
find_clang() {
    local version
    for version in "${clang_versions[@]}"; do
        if all_are is_installed "$(clang_packages "$version")"; then
            clang_version=$version
            return
        fi
    done
    for version in "${clang_versions[@]}"; do
        if all_are is_installable "$(clang_packages "$version")"; then
            clang_version=$version
            return
        fi
    done
}

launcher=()    # what runs a build or its tests, where that is not the shell

# A sanitizer lays its own memory out, and older ones stumble where the kernel spreads addresses widely. Building runs the
# test programs too, to list their cases.
keep_addresses_together() {
    launcher=()
    if setarch "$(uname -m)" -R true 2>/dev/null; then
        launcher=(setarch "$(uname -m)" -R)
    fi
}

# --- Builds -----------------------------------------------------------------------------------------------------------

# As many files at once as there are CPUs, and 2 GB of memory for each: a test takes that much to compile.
jobs=${JOBS:-$(awk -v cpus="$(nproc)" \
    '/^MemAvailable/ { n = int($2 / 2e6); print n < 1 ? 1 : n < cpus ? n : cpus }' /proc/meminfo)}

# configure PRESET [ARGUMENT...]
configure() {
    step "Configure the preset $1" 'CMake says above what it misses. If build/ is from another machine, remove it.'
    cmake --preset "$@"
}

# build PRESET [ARGUMENT...]
build() {
    step "Build the preset $1, up to $jobs files at once" \
        'The first error above says why. If memory ran out, put JOBS=1 before the command.'
    "${launcher[@]}" cmake --build --preset "$@" --parallel "$jobs"
}

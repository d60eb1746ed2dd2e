# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by rpm and arch, which ci/release starts with ARCHIVE and DIRECTORY: builds the packages from
# ARCHIVE on this machine, and tests them. DIRECTORY gets the packages, checks.txt and log.txt. The exit
# status is 0 if all checks passed.
archive=$(realpath "$1") directory=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Runs a check, and goes on if it fails.
check() {  # NAME COMMAND…
  local result=passed began=$SECONDS
  "${@:2}" >>"$directory/log.txt" 2>&1 || result=failed
  echo "$1: $result, $((SECONDS - began)) s" >>"$directory/checks.txt"
  [[ $result == passed ]]
}

# `cmake --install` of the archive: what the packages are compared with.
build_release() {
  cmake -S "$tree" -B "$tree/build/release" -G Ninja -DCMAKE_BUILD_TYPE=MinSizeRel -DBUILD_TESTING=OFF \
    -DVFIO_EARLY_BENCH=ON
  cmake --build "$tree/build/release"
}

# With the scripts that are in the archive, not those of the checkout.
build_and_test() {  # KIND VARIABLE WHAT
  tree=$scratch/$(basename "$archive" .tar.xz)
  tar -xf "$archive" -C "$scratch"
  echo "building and testing the packages: see $directory/log.txt" >&2
  check build "$tree/packaging/build-$1" -a "$archive" -o "$directory" &&
    check "build for the comparison" build_release &&
    check "$3" env "$2=$directory" "$tree/tests/package-$1" "$tree/build/release"
}

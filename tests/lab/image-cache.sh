# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the build-… scripts: an image is built once for each set of inputs.

# cached DIRECTORY NAME BUILD: prints the path of the image whose inputs are described on standard
# input. If there is none, calls `BUILD PATH` under a lock, because tests run in parallel, and
# removes older images of that name.
cached() {
  local directory=$1 name=$2 build=$3 image
  image=$directory/$name-$(sha256sum | cut -c1-16)
  mkdir -p "$directory"
  exec 8>"$directory/$name.lock"
  flock 8
  if [[ ! -e $image ]]; then
    rm -rf "$directory/$name"-*
    "$build" "$image.partial" >&2  # no `||` here: it would disable errexit in BUILD
    mv "$image.partial" "$image"
  fi
  exec 8>&-
  echo "$image"
}

die() { echo "${0##*/}: $*" >&2; exit 1; }

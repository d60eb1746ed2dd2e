# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by build-rpm and build-arch: the source archive and other sources, from which a package is
# built. `top` is the top of the source tree.
cache=${VFIO_EARLY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-early}
# shellcheck disable=SC2154  # the script that sources this sets top
version=$(sed -n 's/^project(vfio-early VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")

say() { echo "packaging/${0##*/}: $*"; }
die() { say "$*" >&2; exit 1; }

need() {  # PROGRAM REMEDY
  command -v "$1" >/dev/null || die "$1 is missing. Install it: $2"
}

# The source files of this tree: those that git knows, or in an unpacked archive all of them.
source_files() {
  if [[ -e $top/.git ]]; then
    git -C "$top" ls-files -z --cached
  else
    (cd "$top" && find . -path ./build -prune -o \( -type f -o -type l \) -printf '%P\0')
  fi
}

# Writes vfio-early-VERSION.tar.xz to DIRECTORY: a copy of ARCHIVE, or of this tree as it is now.
write_archive() {  # DIRECTORY ARCHIVE
  local name=vfio-early-$version first
  if [[ ! $2 ]]; then
    source_files | tar -C "$top" --null -T - --transform "s,^,$name/,SH" -cJf "$1/$name.tar.xz"
    return
  fi
  first=$(tar -tf "$2" | sed -n 1p) || die "$2: tar cannot read this archive"
  [[ ${first%%/*} == "$name" ]] ||
    die "$2 has the directory ${first%%/*}, not $name: use the build command in that archive"
  cp "$2" "$1/$name.tar.xz"
}

# Copies a source to DIRECTORY, under the name that URL has. It is downloaded once, into the cache.
fetch_source() {  # URL SHA256 DIRECTORY
  local file=$cache/sources/${1##*/}
  if [[ ! -e $file ]]; then
    need curl "with the package manager of this distribution"
    mkdir -p "${file%/*}"
    say "downloading $1"
    curl -fsSL --retry 3 -o "$file.part" "$1" ||
      die "cannot download $1. Download it elsewhere, and copy it to $file"
    mv "$file.part" "$file"
  fi
  echo "$2  $file" | sha256sum --quiet -c - >&2 || die "$file is not what the recipe expects. Remove it and try again"
  cp "$file" "$3/"
}

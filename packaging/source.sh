# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by build-deb, build-rpm and build-arch: the source archive and other sources, from which a
# package is built. `top` is the top of the source tree.
cache=${VFIO_EARLY_CACHE:-${XDG_CACHE_HOME:-~/.cache}/vfio-early}
# shellcheck disable=SC2154  # the script that sources this sets top
version=$(sed -n 's/^project(vfio-early VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")
name=vfio-early-$version  # of the archive, and of the directory in it

say() { echo "packaging/${0##*/}: $*"; }
die() { say "$*" >&2; exit 1; }

need() {  # PROGRAM REMEDY
  command -v "$1" >/dev/null || die "$1 is missing. Install it: $2"
}

# Writes a tar archive of this tree as it is now: of the files that git knows or does not ignore; in an
# unpacked archive, or without git, of all files.
pack_tree() {  # OPTION-OF-TAR…
  if [[ -e $top/.git ]] && command -v git >/dev/null; then
    git -C "$top" ls-files -z -co --exclude-standard --deduplicate
  else
    (cd "$top" && find . \( -path ./build -o -path ./.git \) -prune -o \( -type f -o -type l \) -printf '%P\0')
  fi | tar -C "$top" --null -T - --ignore-failed-read --warning=no-failed-read --transform "s,^,$name/,SH" "$@"
}

# An archive is built with the files in it, not with those of another version.
check_archive() {  # ARCHIVE
  local first
  first=$(tar -tf "$1" | sed -n 1p) || die "$1: tar cannot read this archive"
  [[ ${first%%/*} == "$name" ]] ||
    die "$1 has the directory ${first%%/*}, not $name: use packaging/${0##*/} in that archive"
}

# Writes vfio-early-VERSION.tar.xz to DIRECTORY: a copy of ARCHIVE, or of this tree as it is now.
write_archive() {  # DIRECTORY ARCHIVE
  if [[ $2 ]]; then
    check_archive "$2"
    cp "$2" "$1/$name.tar.xz"
  else
    pack_tree -cJf "$1/$name.tar.xz"
  fi
}

# Copies a source to DIRECTORY, under the name that URL has. It is downloaded once, into the cache.
fetch_source() {  # URL SHA256 DIRECTORY
  local file=$cache/sources/${1##*/}
  if [[ ! -e $file ]]; then
    need curl "apt install curl, dnf install curl, or pacman -S curl"
    mkdir -p "${file%/*}"
    say "downloading $1"
    curl -fsSL --retry 3 -o "$file.part" "$1" ||
      die "cannot download $1. Download it elsewhere, and copy it to $file"
    mv "$file.part" "$file"
  fi
  echo "$2  $file" | sha256sum --quiet -c - >&2 || die "$file does not have the SHA-256 that the recipe names. Remove it, and run the command again"
  cp "$file" "$3/"
}

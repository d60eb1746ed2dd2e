# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the build-initrd scripts: programs with all that they are linked to, as an initramfs.

# A program or library, at PLACE in the tree, and what ldd says that it needs. Without symbols: an
# emulator inside an emulator unpacks it.
carry() {  # TREE FILE [PLACE]
  local file
  install -D -m 755 "$2" "$1${3:-$2}"
  strip --strip-unneeded "$1${3:-$2}"
  while read -r file; do
    [[ -e $1$file ]] || { install -D -m 755 "$file" "$1$file" && strip --strip-unneeded "$1$file"; }
  done < <(ldd "$2" 2>/dev/null | grep -o '/[^ ]*')
}

pack() {  # TREE FILE
  mkdir -p "$1"/{dev,proc,sys,run,tmp}
  (cd "$1" && find . | LC_ALL=C sort | cpio --quiet --reproducible -R 0:0 -o -H newc) >"$2"
}

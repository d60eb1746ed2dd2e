# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by ci/bench and its scripts: the virtual machine for all measurements, and the contents of
# its initramfs, which are programs with their libraries.

# shellcheck source=bench/machine.sh
. "$(dirname "${BASH_SOURCE[0]}")/machine.sh"

# Copies a program or library to PLACE in the tree, with the libraries that ldd lists. Strips
# symbols: an emulator inside an emulator has to unpack the result.
carry() {  # TREE FILE [PLACE]
  local file
  install -D -m 755 "$2" "$1${3:-$2}"
  strip --strip-unneeded "$1${3:-$2}"
  while read -r file; do
    [[ -e $1$file ]] || { install -D -m 755 "$file" "$1$file" && strip --strip-unneeded "$1$file"; }
  done < <(ldd "$2" 2>/dev/null | grep -o '/[^ ]*')
}

# Copies QEMU to the tree, with its firmware and modules, for a guest in a guest.
carry_qemu() {  # TREE
  local module
  carry "$1" /usr/bin/qemu-system-x86_64
  # Whether these are modules or built in depends on QEMU's version.
  for module in accel-tcg-x86_64 hw-display-virtio-gpu hw-display-virtio-gpu-pci; do
    module=/usr/lib/x86_64-linux-gnu/qemu/$module.so
    [[ ! -e $module ]] || carry "$1" "$module"
  done
  install -D -m 644 -t "$1/usr/share/qemu" /usr/share/qemu/{kvmvapic,linuxboot_dma,pvh}.bin
  install -D -m 644 -t "$1/usr/share/seabios" /usr/share/seabios/{bios-256k,vgabios-*}.bin
}

pack() {  # TREE FILE
  mkdir -p "$1"/{dev,proc,sys,run,tmp}
  (cd "$1" && find . | LC_ALL=C sort | cpio --quiet --reproducible -R 0:0 -o -H newc) >"$2"
}

# Runs a machine whose time is counted instructions, with an IOMMU, until it ends. The caller adds
# cards and a kernel. The console is written to CONSOLE.
counted_guest() {  # SECONDS MEMORY CONSOLE ARGUMENT-OF-QEMU…
  local seconds=$1 memory=$2 console=$3
  shift 3
  : >"$console"  # removes the output of an earlier guest
  timeout --foreground -k 5 "$seconds" "${qemu_machine[@]}" -accel tcg -smp 1 -m "$memory" \
    -icount shift=0,sleep=off -rtc base=2026-01-01,clock=vm -seed 1 -cpu max,-cx16,-rdrand,-rdseed \
    -serial "file:$console" "$@" </dev/null || true
}

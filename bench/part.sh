# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the parts of ci/bench, which run them: where things are, and what several parts share.
# A part names what it needs in lines of its first comment: "Title: ", "Programs: " (targets of the
# build), "Kernels: " (of ci/kernel) and "Packages: ".

# shellcheck source=ci/debian.sh
. ci/debian.sh
# shellcheck source=bench/guests.sh
. bench/guests.sh

# shellcheck disable=SC2154  # ci/debian.sh sets cache
kernel=$cache/kernels/6.12
build=$PWD/build/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM

# The output of a guest counts only if it has its last line.
expect_end_marker() {  # WORDS
  if ! grep -q "$1" "$work/console"; then
    tail -n 20 "$work/console" >&2
    die "the guest did not finish"
  fi
}

# Prints the cost of KIND, which the first process of the initramfs reports.
cost() {  # KIND
  local card=()
  add_graphics_card card 1
  counted_guest 300 1024 "$work/console" "${card[@]}" \
    -kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
    -append "console=ttyS0 quiet panic=-1 no_timer_check nokaslr intel_iommu=on rdinit=/init"
  expect_end_marker 'bench: done'
  grep "^$1 cost " "$work/console" || die "the guest did not report the cost of $1"
}

# Runs the inner guests, and writes their measurements to FILE.
nested() {  # FILE ARGUMENT-OF-vfio-bench-run…
  local results=$1 cards=()
  shift
  add_outer_cards cards
  bench/nested/build-initrd "$build" "$kernel" \
    "$(tests/lab/build-kernel "$cache/kernels/guest-6.12" "$build/bench/images")" "$work/initrd"
  rm -f "$results"
  counted_guest 1200 2048 "$work/console" -serial "file:$results" "${cards[@]}" \
    -kernel "$(tests/lab/build-kernel "$kernel" "$build/bench/images")" -initrd "$work/initrd" \
    -append "console=ttyS0 quiet panic=-1 no_timer_check tsc=reliable nokaslr mitigations=off intel_iommu=on iommu=pt rdinit=/vfio-early -- $*"
  expect_end_marker 'nested: the end'
}

# shellcheck disable=SC2034  # for the parts
nested_pairs=(0000:01:00=bochs-display 0000:02:00=virtio-gpu-pci 0000:03:00=secondary-vga)

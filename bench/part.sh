# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the parts of ci/bench, which run them: where things are, and what several parts share.
# A part names what it needs in lines of its first comment: "Title: ", "Programs: " (targets of the
# build), "Kernels: " (of ci/kernel) and "Packages: "; "Output: Markdown" if it prints tables.
#
# A part may report figures for the history (bench/history): it calls `figure` for each, or a program
# in its guest prints the same words in a line that starts with "figure: ", and the part calls
# `figures_in CONSOLE`. Run by itself, a part reports nothing.

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

# What the next figures are measured with. A part that boots a different kernel or starts a different
# QEMU sets these two first.
# shellcheck disable=SC2154  # bench/guests.sh sets qemu_machine
qemu=${qemu_machine[0]}

# Reports a figure. No two figures of a part have the same NAME, unless their kernel or QEMU differs.
#   KIND    counted (instructions, system calls, memory: it repeats), ratio (of two such figures), or
#           clock (by this machine's clock: only recorded)
#   BETTER  less or more: a run that is worse than the last one is reported; none: the figure is not of
#           this project, and only recorded
figure() {  # KIND BETTER UNIT VALUE NAME…
  local release
  [[ "${*:1:2}" =~ ^(counted|ratio|clock)\ (less|more|none)$ && ${4-} =~ ^[0-9]+(\.[0-9]*)?(e[+-]?[0-9]+)?$ && $# -gt 4 ]] ||
    die "not a figure: '$*'"
  if [[ $1 == clock ]]; then release=$(cut -d - -f 1 /proc/sys/kernel/osrelease)
  else release=$(<"$kernel/version")
  fi
  [[ ! ${BENCH_FIGURES-} ]] ||
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$release" "$("$qemu" --version | sed -n '1s/.*version //p')" \
      "$1" "$2" "$3" "$4" "${*:5}" >>"$BENCH_FIGURES"
}

# Reports the figures of a guest, which are in its console's output.
figures_in() {  # CONSOLE
  local words
  while read -ra words; do figure "${words[@]}"; done < <(tr -d '\r' <"$1" | sed -n 's/^figure: //p')
}

# driverctl of sid, which is not installed, as cache/driverctl-sid. Debian does not package its module
# for dracut: it is in the source of the newest version that the archive still has.
fetch_driverctl() (  # in a subshell: use_private_apt changes the environment
  keyring=$(archive_keyring debian)
  mkdir "$work/archive"
  cd "$work/archive"
  use_private_apt "deb [signed-by=$keyring] $(debian_archive sid)"
  apt-get -qq download driverctl
  dpkg-deb -x driverctl_*.deb package
  for suite in sid trixie; do
    rm -rf "$work/apt"
    unset APT_CONFIG
    use_private_apt "deb-src [signed-by=$keyring] $(debian_archive "$suite")" || continue
    ! apt-get -qq source --tar-only driverctl || break
  done
  mkdir source
  tar -xf driverctl_*.orig.tar.* -C source --strip-components=1
  install -D -m 755 source/module-setup.sh package/usr/lib/dracut/modules.d/50driverctl/module-setup.sh
  rm -rf package/usr/share
  mv -T package "$cache/driverctl-sid"
)

# Prints the directory with the files of sid's driverctl; nothing if they cannot be fetched.
newer_driverctl() {
  attempt fetch driverctl-sid fetch_driverctl >&2
  # shellcheck disable=SC2154  # attempt sets it
  if [[ $status -eq 0 ]]; then echo "$cache/driverctl-sid"
  else say "continuing without driverctl of sid" >&2
  fi
}

# The output of a guest counts only if it has its last line.
expect_end_marker() {  # WORDS
  if ! grep -q "$1" "$work/console"; then
    tail -n 20 "$work/console" >&2
    die "the guest did not finish"
  fi
}

# Prints the cost of KIND, which the first process of the initramfs reports.
cost() {  # KIND [SECONDS MEMORY]
  local card=()
  add_graphics_card card 1
  counted_guest "${2:-300}" "${3:-1024}" "$work/console" "${card[@]}" \
    -kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
    -append "console=ttyS0 quiet panic=-1 no_timer_check nokaslr intel_iommu=on rdinit=/init"
  expect_end_marker 'bench: done'
  figures_in "$work/console"
  grep "^$1 cost " "$work/console" || die "the guest did not report the cost of $1"
}

# Appends to INITRD what claims the cards of CONFIGURATION: vfio-early, which starts /init after it,
# and the kernel's modules. For GRUB the image is not compressed: the test kernels lack gzip.
add_claim() {  # INITRD CONFIGURATION
  local release
  release=$(<"$kernel/version")
  "$build/early/vfio-early" image "$release" --modules "$kernel/lib/modules/$release" \
    --config "$2" --loader grub -o "$work/claim" >/dev/null
  cat "$work/claim" >>"$1"
}

# Runs the inner guests, and writes their measurements to FILE.
nested() {  # FILE ARGUMENT-OF-vfio-bench-run…
  local results=$1 cards=()
  shift
  add_outer_cards cards
  bench/nested/build-initrd "$build" "$kernel" \
    "$(tests/lab/build-kernel "$cache/kernels/guest-6.12" "$build/bench/images")" "$work/initrd"
  rm -f "$results"
  counted_guest 4500 2048 "$work/console" -serial "file:$results" "${cards[@]}" \
    -kernel "$(tests/lab/build-kernel "$kernel" "$build/bench/images")" -initrd "$work/initrd" \
    -append "console=ttyS0 quiet panic=-1 no_timer_check tsc=reliable nokaslr mitigations=off intel_iommu=on iommu=pt rdinit=/vfio-early -- $*"
  expect_end_marker 'nested: the end'
}

# shellcheck disable=SC2034  # for the parts
nested_pairs=(0000:01:00=bochs-display 0000:02:00=virtio-gpu-pci 0000:03:00=secondary-vga)

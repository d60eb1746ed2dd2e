# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced: QEMU's command line for the machines of shell scripts, in bench/ and tests/. Those of the
# boot tests are in tests/lab/machine.cc.

# A machine with an IOMMU. The caller adds processors, memory, cards, a kernel and serial ports.
# shellcheck disable=SC2034,SC2054  # used by the scripts that source this; QEMU's commas
qemu_machine=(
  qemu-system-x86_64 -nodefaults -no-reboot -display none -vga none -audiodev none,id=silence
  -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on,caching-mode=on
)

# Appends a card below a root port of its own to the array: 0000:01:00 for NUMBER 1, if the
# machine has no other ports. Each FUNCTION is a device of QEMU with its properties.
add_card() {  # ARRAY NUMBER FUNCTION…
  local -n with_card=$1
  local number=$2 function=0 device
  shift 2
  with_card+=(-device "pcie-root-port,id=port$number,bus=pcie.0,chassis=$number,slot=$number")
  for device in "$@"; do
    [[ $# -eq 1 || $function -gt 0 ]] || device+=,multifunction=on
    with_card+=(-device "$device,bus=port$number,addr=0.$function")
    function=$((function + 1))
  done
}

# A display and its audio function.
add_graphics_card() {  # ARRAY NUMBER
  add_card "$1" "$2" secondary-vga "intel-hda,id=audio$2"
}

# Makes the audio function of card NUMBER work: it has a codec then.
add_codec() {  # ARRAY NUMBER
  local -n with_codec=$1
  with_codec+=(-device "hda-duplex,bus=audio$2.0,audiodev=silence")
}

# The cards of a machine that gives them to a guest of its own: a display for itself, a card that
# does DMA and interrupts, and a card with two functions.
add_outer_cards() {  # ARRAY
  add_card "$1" 1 bochs-display
  add_card "$1" 2 virtio-gpu-pci,iommu_platform=on,disable-legacy=on
  add_graphics_card "$1" 3
}

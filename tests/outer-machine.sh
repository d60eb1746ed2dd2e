# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced: QEMU's arguments for the machine that gives its cards to a guest of its own. It has an
# IOMMU, a display for itself, at 0000:02:00 a card that does DMA and interrupts, and at 0000:03:00
# a card with two functions, of which the second is audio.
# shellcheck disable=SC2034,SC2054  # used by the scripts that source this; QEMU's commas
outer_machine=(
  -nodefaults -no-reboot -display none
  -machine q35,kernel-irqchip=split -accel tcg,thread=single -cpu max,-cx16 -smp 1 -m 2048
  -device intel-iommu,intremap=on,caching-mode=on -audiodev none,id=silence
  -device pcie-root-port,id=port1,chassis=1,slot=1 -device bochs-display,bus=port1
  -device pcie-root-port,id=port2,chassis=2,slot=2
  -device virtio-gpu-pci,bus=port2,iommu_platform=on,disable-legacy=on
  -device pcie-root-port,id=port3,chassis=3,slot=3
  -device secondary-vga,bus=port3,multifunction=on,addr=0.0
  -device intel-hda,id=audio,bus=port3,addr=0.1 -device hda-duplex,bus=audio.0,audiodev=silence
)
outer_arguments="console=ttyS0 quiet panic=-1 no_timer_check nokaslr mitigations=off intel_iommu=on rdinit=/vfio-early"

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced: QEMU's command line for the machine that gives its cards to a guest of its own. It has an
# IOMMU, a display for itself, at 0000:02:00 a card that does DMA and interrupts, and at 0000:03:00
# a card with two functions, of which the second is audio.
# shellcheck source=bench/machine.sh
. "$(dirname "${BASH_SOURCE[0]}")/../bench/machine.sh"
# shellcheck disable=SC2034,SC2054  # used by the scripts that source this; QEMU's commas
outer_machine=("${qemu_machine[@]}" -accel tcg,thread=single -cpu max,-cx16 -smp 1 -m 2048)
add_outer_cards outer_machine
add_codec outer_machine 3
# shellcheck disable=SC2034
outer_arguments="console=ttyS0 quiet panic=-1 no_timer_check nokaslr mitigations=off intel_iommu=on rdinit=/vfio-early"

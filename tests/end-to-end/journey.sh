# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced: what the journeys have in common. Use: set -eE; $suite, $generator, $directory and $here.
# shellcheck disable=SC2154,SC2034,SC2016  # set and used there; expanded in the machine
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tests/end-to-end/machine.sh
. "$here/machine.sh"
# shellcheck source=tests/end-to-end/steps.sh
. "$here/steps.sh"

for tool in qemu-system-x86_64 mmdebstrap sfdisk mkfs.vfat mcopy mke2fs; do
  command -v $tool >/dev/null || { echo "not run: $tool is missing"; exit 77; }
done
[[ -e /usr/share/OVMF/OVMF_CODE_4M.fd ]] || { echo "not run: the package ovmf is missing"; exit 77; }

get_disk() {
  local disk
  disk=$("$here/build-disk" "$suite" "$generator")
  cp --sparse=always "$disk"/{disk,variables} "$directory"
}

# Copies the package to the disk, like a downloaded file.
get_package() {
  "$here/build-package" "$suite" "$directory/vfio-early.deb"
  mcopy -o -i "$directory/disk@@1M" "$directory/vfio-early.deb" ::/vfio-early.deb
}

newest_image='$(ls -v /boot/initrd.img-* | tail -n 1)'
[[ $generator != systemd-boot ]] || newest_image='$(ls -v /boot/efi/EFI/Linux/*.efi | tail -n 1)'
card=0000:01:00 efi=/sys/firmware/efi/efivars
host_drivers=$'bochs-drm\nsnd_hda_intel' ours=$'vfio-pci\nvfio-pci'

drivers_are() {  # DRIVERS [CARD]
  local seen
  seen=$(guest 60 "udevadm settle; for f in 0 1; do
    basename \"\$(readlink /sys/bus/pci/devices/${2:-$card}.\$f/driver)\"; done")
  echo "$seen"
  [[ $seen == "$1" ]]
}

no_failed_unit() {
  guest 240 'systemctl is-system-running --wait || { systemctl --failed; exit 1; }'
}

prepare_journey() {
  mkdir -p "$directory"
  rm -f "$directory"/{console,steps}.log
  keep_table "$directory/table.txt"
}

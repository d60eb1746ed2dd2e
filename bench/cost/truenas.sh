# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# TrueNAS: a script of initramfs-tools writes the overrides by address, without looking at errors, and
# loads vfio-pci.
for function in 0000:01:00.0 0000:01:00.1; do
  echo vfio-pci >/sys/bus/pci/devices/$function/driver_override 2>/dev/null || :
done
modprobe vfio-pci

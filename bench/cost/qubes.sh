# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Qubes: a hook of dracut loads pciback, and then moves each function to it by address. Here vfio-pci is
# in the place of pciback, and an override in the place of a slot of pciback.
modprobe vfio-pci
for function in 0000:01:00.0 0000:01:00.1; do
  device=/sys/bus/pci/devices/$function
  [ ! -e $device/driver ] || echo $function >$device/driver/unbind
  echo vfio-pci >$device/driver_override
  echo $function >/sys/bus/pci/drivers/vfio-pci/bind
done

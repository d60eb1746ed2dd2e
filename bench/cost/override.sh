# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The script that guides recommend for an initramfs: an override for each function, then vfio-pci.
for function in 0000:01:00.0 0000:01:00.1; do
  echo vfio-pci >/sys/bus/pci/devices/$function/driver_override
done
modprobe vfio-pci

# shellcheck shell=bash disable=SC2154  # tests/attacks sets them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 12: evidence that contradicts itself, and passes.

# The good machine passes CHECK; after COMMAND has changed its tree, it does not.
evidence() {  # CHECK COMMAND…
  needs perl
  local check=$1 usual=pass
  shift
  machine tree
  run "$verify" --root tree --format json --quick
  # The interrupts of a captured machine prove nothing: usually the check is skipped.
  [[ $check != irq.remapping ]] || usual=skip
  expect_finding "$check" $usual
  (cd tree && "$@") || exit
  run "$verify" --root tree --format json --quick
  refuse_finding "$check" pass
  refuse_finding "$check" skip
}
times() { record "$1" "$2" >run/vfio-early/record.json; }
case_12_reserved_in_the_future() { evidence bind.history times 9000000000000000000 9000000000000000001; }
case_12_reserved_after_the_bind() { evidence bind.history times 950000000 900000000; }
case_12_reserved_before_it_was_found() { evidence bind.history times 50000000 950000000; }
no_port() {
  rm sys/bus/pci/devices/0000:00:01.0 sys/kernel/iommu_groups/1/devices/*
  rm sys/devices/pci0000:00/0000:00:01.0/{uevent,config,driver,driver_override,modalias,iommu_group}
}
case_12_no_upstream_port_path() { evidence group.path no_port; }
case_12_no_upstream_port_hardware() { evidence group.hardware no_port; }
rubbish() {
  perl -e 'srand 7; print map { chr int rand 256 } 1 .. 4096' >"sys/bus/pci/devices/$1/config"
}
case_12_rubbish_of_port() { evidence group.path rubbish 0000:00:01.0; }
case_12_rubbish_of_card() { evidence group.hardware rubbish 0000:01:00.0; }
another_device() { config_space 1234 5678 81 142 1d >sys/bus/pci/devices/0000:00:01.0/config; }
case_12_registers_of_another_device() { evidence group.kernel another_device; }
unsafe() { echo Y >sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts; }
case_12_unsafe_interrupts() { evidence irq.remapping unsafe; }

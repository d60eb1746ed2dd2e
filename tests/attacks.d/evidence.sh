# shellcheck shell=bash disable=SC2154  # tests/attacks sets them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 12: evidence that contradicts itself, and passes.

# The good machine passes CHECK; after COMMAND has changed its tree, it does not.
breaks_evidence() {  # CHECK COMMAND…
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
  expect_finding_not "$check" pass
  expect_finding_not "$check" skip
}
set_record_times() { record "$1" "$2" >run/vfio-early/record.json; }
case_12_reserved_in_the_future() { breaks_evidence bind.history set_record_times 9000000000000000000 9000000000000000001; }
case_12_reserved_after_the_bind() { breaks_evidence bind.history set_record_times 950000000 900000000; }
case_12_reserved_before_it_was_found() { breaks_evidence bind.history set_record_times 50000000 950000000; }
no_port() {
  rm sys/bus/pci/devices/0000:00:01.0 sys/kernel/iommu_groups/1/devices/*
  rm sys/devices/pci0000:00/0000:00:01.0/{uevent,config,driver,driver_override,modalias,iommu_group}
}
case_12_no_upstream_port_path() { breaks_evidence group.path no_port; }
case_12_no_upstream_port_hardware() { breaks_evidence group.hardware no_port; }
fill_with_garbage() {
  perl -e 'srand 7; print map { chr int rand 256 } 1 .. 4096' >"sys/bus/pci/devices/$1/config"
}
case_12_garbage_in_port_config() { breaks_evidence group.path fill_with_garbage 0000:00:01.0; }
case_12_garbage_in_card_config() { breaks_evidence group.hardware fill_with_garbage 0000:01:00.0; }
another_device() { config_space 1234 5678 81 142 1d >sys/bus/pci/devices/0000:00:01.0/config; }
case_12_registers_of_another_device() { breaks_evidence group.kernel another_device; }
unsafe() { echo Y >sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts; }
case_12_unsafe_interrupts() { breaks_evidence irq.remapping unsafe; }
# The module is not loaded; the option is set when it is.
no_module() { rm -r sys/module/vfio_iommu_type1; }
unsafe_on_load() {
  no_module
  mkdir -p etc/modprobe.d
  echo options vfio_iommu_type1 allow_unsafe_interrupts=1 >etc/modprobe.d/vfio.conf
}
unsafe_on_command_line() {
  no_module
  echo vfio_iommu_type1.allow_unsafe_interrupts=1 >proc/cmdline
}
case_12_unsafe_interrupts_on_load() { breaks_evidence irq.remapping unsafe_on_load; }
case_12_unsafe_interrupts_on_command_line() { breaks_evidence irq.remapping unsafe_on_command_line; }

# The record contradicts itself or sysfs.
change_record() { sed -i "$1" run/vfio-early/record.json; }  # SED-COMMAND
case_12_bound_in_the_future() { breaks_evidence bind.history set_record_times 900000000 9000000000000000000; }
case_12_reserved_before_the_gate() {
  breaks_evidence bind.history change_record 's/"began_ns": 890000000/"began_ns": 940000000/'
}
case_12_no_gate_times() { breaks_evidence bind.history change_record '/"gate":/d'; }
case_12_gate_begins_at_zero() { breaks_evidence bind.history change_record 's/"began_ns": 890000000/"began_ns": 0/'; }
case_12_bind_begins_at_zero() { breaks_evidence bind.history change_record 's/"began_ns": 920000000/"began_ns": 0/'; }
case_12_bind_ends_before_it_begins() { breaks_evidence bind.history change_record 's/"ended_ns": 960000000/"ended_ns": 1/'; }
case_12_gate_ends_before_it_begins() { breaks_evidence bind.history change_record 's/"ended_ns": 910000000/"ended_ns": 1/'; }
case_12_record_of_another_kernel() {
  breaks_evidence bind.history change_record 's/"kernel": "6.12.0"/"kernel": "6.1.0"/'
}
case_12_record_of_another_device() { breaks_evidence bind.history change_record 's/10de:1b81/10de:2204/'; }
case_12_record_without_ids() { breaks_evidence bind.history change_record 's/"id": "[^"]*"/"id": ""/'; }
two_entries() {
  perl -MJSON::PP -0pi -e 'my $record = decode_json($_);
    unshift @{$record->{functions}}, $record->{functions}[0];
    $_ = encode_json($record)' run/vfio-early/record.json
}
case_12_two_entries_in_the_record() { breaks_evidence bind.history two_entries; }
no_driver() {
  sed -i /DRIVER=/d "$card/uevent"
  rm "$card/driver"
}
case_12_bound_to_no_driver() { breaks_evidence bind.history no_driver; }
set_found_vfio_pci() {
  record 950000000 900000000 | sed 's/"found": ""/"found": "vfio-pci"/' >run/vfio-early/record.json
}
case_12_found_on_vfio_pci() { breaks_evidence bind.history set_found_vfio_pci; }

# sysfs contradicts itself.
card=sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
groups=sys/kernel/iommu_groups
another_driver() {  # FUNCTION
  mkdir -p sys/bus/pci/drivers/nouveau
  ln -sfn ../../../../../bus/pci/drivers/nouveau "sys/bus/pci/devices/$1/driver"
}
case_12_another_driver_link() { breaks_evidence bind.driver another_driver 0000:01:00.0; }
case_12_another_driver_link_history() { breaks_evidence bind.history another_driver 0000:01:00.0; }
case_12_another_driver_link_of_a_member() { breaks_evidence group.isolated another_driver 0000:01:00.1; }
no_driver_link() { rm "$card/driver"; }
case_12_no_driver_link() { breaks_evidence bind.driver no_driver_link; }
another_vendor() { echo 0x1002 >"$card/vendor"; }
case_12_another_vendor() { breaks_evidence bind.plan another_vendor; }
another_class() { echo 0x060400 >"$card/class"; }
case_12_another_class() { breaks_evidence bind.plan another_class; }
link_to_another_group() {
  mkdir -p $groups/5/devices
  ln -sfn ../../../../kernel/iommu_groups/5 "$card/../0000:01:00.1/iommu_group"
}
case_12_link_to_another_group() { breaks_evidence group.isolated link_to_another_group; }
listed_but_missing() { ln -s /nothing $groups/4/devices/0000:01:00.7; }
case_12_listed_but_missing() { breaks_evidence group.kernel listed_but_missing; }
not_listed() { rm $groups/4/devices/0000:01:00.0; }
case_12_not_listed() { breaks_evidence group.isolated not_listed; }
case_12_not_listed_hardware() { breaks_evidence group.hardware not_listed; }
case_12_not_listed_group() { breaks_evidence iommu.group not_listed; }
nothing_listed() { rm -r $groups/4/devices/*; }
case_12_nothing_listed() { breaks_evidence group.isolated nothing_listed; }
listed_twice() {
  mkdir -p $groups/5/devices
  cp -P $groups/4/devices/0000:01:00.0 $groups/5/devices/
}
case_12_listed_twice() { breaks_evidence group.isolated listed_twice; }
case_12_listed_twice_kernel() { breaks_evidence group.kernel listed_twice; }

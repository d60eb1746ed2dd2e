# shellcheck shell=bash disable=SC2154  # tests/attacks sets them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Faults 1, 3 and 7: a capture that is mistaken for this machine, that leaks, or whose data is saved on it.

# An archive of the directory vfio-capture. Its owner does not depend on the user who runs this.
pack() {  # ARCHIVE [TAR-OPTION…]
  tar -czf "$1" --owner=0 --group=0 "${@:2}" vfio-capture
}
good_capture() {
  needs tar gzip perl
  machine vfio-capture
  pack good.tgz
  run "$verify" --root good.tgz list
  expect_status 0
  expect_text out 0000:01:00.0
  expect_empty tmp
}
# Uses only `list`, which only reads: a faulty program may take the top of this archive for this
# machine.
top_link() {  # TARGET [TAR-OPTION…]
  good_capture
  mv vfio-capture capture
  ln -s "$1" vfio-capture
  pack bad.tgz "${@:2}"
  expect_refused_capture
}
expect_refused_capture() {
  run "$verify" --root bad.tgz list
  expect_status 64
  expect_empty tmp
}
case_1_top_link_to_root() { top_link /; }
case_1_top_link_above() { top_link ../../../../../../../../../..; }
case_1_top_link_with_other_spelling() { top_link / '--transform=s,^vfio-capture$,vfio-capture/./,'; }

case_1_top_link_after_directory() {
  good_capture
  tar -cf bad.tar --no-recursion vfio-capture
  mv vfio-capture capture
  ln -s / vfio-capture
  tar -rf bad.tar vfio-capture
  gzip -c bad.tar >bad.tgz
  expect_refused_capture
}

# Options and commands for this machine are refused with --root. The tree has no device of this machine.
usage_error() {  # ARGUMENT…
  mkdir -p empty/sys/bus/pci/devices
  run "$verify" --root empty list
  expect_status 0
  run "$verify" --root empty "$@"
  expect_status 64
  expect_text err 'leave out --root'
}
case_1_live_with_root() { usage_error --live; }
case_7_save_with_root() {
  usage_error save passport.json
  [[ ! -e passport.json ]] || fail "it writes the passport"
}
# Without FILE, save writes to /var/lib: an empty file system is mounted there, in a mount namespace.
run_with_empty_var_lib() {  # ARGUMENT…
  needs unshare mount
  [[ $EUID -eq 0 ]] || not_run "mounting over /var/lib needs root"
  # shellcheck disable=SC2016  # the inner shell's
  run unshare -m sh -c 'mount -t tmpfs none /var/lib || exit 99
    before=$(ls -A /var/lib); "$@"; status=$?
    [ "$before" = "$(ls -A /var/lib)" ] || exit 98; exit $status' sh "$@"
  [[ $status -ne 99 ]] || not_run "mount is not permitted"
  [[ $status -ne 98 ]] || fail "it writes into /var/lib of this machine"
}
case_7_save_with_root_into_var_lib() {
  machine tree
  run_with_empty_var_lib true
  run_with_empty_var_lib "$verify" --root tree save
  expect_status 64
}
case_7_after_update_with_root() {
  machine tree
  run_with_empty_var_lib true
  run_with_empty_var_lib "$verify" --root tree after-update
  expect_status 64
}

# modules.dep's paths become files below -o DIR.
expect_modules_written() {  # DIRECTORY
  needs perl
  machine tree
  modules tree/lib/modules/6.12.0 6.12.0
  mkdir -p "$1"
  run "$early" --root tree modules --generic -o "$1" 6.12.0
  expect_status 0
  [[ -s $1/kernel/vfio-pci.ko ]] || fail "the good modules are not written"
  rm -r "$1/kernel"
}
# A link in DIR, which may be part of a hostile image, is followed as if DIR were "/".
modules_through_link() {  # TARGET-OF-KERNEL TARGET-INSIDE
  expect_modules_written into/a/b
  mkdir -p outside "into/a/b$2"
  echo theirs >outside/vfio-pci.ko
  echo theirs >outside/vfio-pci.ko.xz
  find outside -printf '%p %s %T@\n' >before
  ln -s "$1" into/a/b/kernel
  run "$early" --root tree modules --generic -o into/a/b 6.12.0
  find outside -printf '%p %s %T@\n' >after
  ! grep -vxF -f before after >changes || fail "it changes $(head -n 1 changes)"
  [[ $(find outside | wc -l) -eq 3 ]] || fail "it removes a file from outside"
  [[ -s into/a/b$2/vfio-pci.ko ]] || fail "the modules are not at the link's target below into/a/b"
}
case_7_modules_through_absolute_link() { modules_through_link "$PWD/outside" "$PWD/outside"; }
case_7_modules_through_relative_link() { modules_through_link ../../../outside /outside; }
# One directory deeper, and a link instead of the file.
case_7_modules_through_deeper_link() {
  expect_modules_written into
  mkdir -p outside into/kernel
  echo theirs >victim
  ln -s "$PWD/victim" into/kernel/vfio-pci.ko
  ln -s "$PWD/outside" into/kernel/drivers
  sed -i 's,kernel/vfio.ko,kernel/drivers/new/vfio.ko,g' tree/lib/modules/6.12.0/modules.dep
  mkdir -p tree/lib/modules/6.12.0/kernel/drivers/new
  mv tree/lib/modules/6.12.0/kernel/{,drivers/new/}vfio.ko
  run "$early" --root tree modules --generic -o into 6.12.0
  expect_empty outside
  [[ $(<victim) == theirs ]] || fail "it writes through a link"
}
case_7_modules_outside_of_directory() {
  expect_modules_written into/a/b
  sed -i 's,kernel/vfio.ko,../../escaped/vfio.ko,g' tree/lib/modules/6.12.0/modules.dep
  mkdir tree/lib/escaped
  mv tree/lib/modules/6.12.0/kernel/vfio.ko tree/lib/escaped/
  run "$early" --root tree modules --generic -o into/a/b 6.12.0
  [[ ! -e into/escaped ]] || fail "it makes into/escaped, which is not below into/a/b"
}

# COMMAND adds SECRET to the tree of a machine, which is then captured. KEPT is next to the secret and
# must stay.
expect_redacted() {  # SECRET KEPT COMMAND…
  needs tar gzip
  local secret=$1 kept=$2
  shift 2
  machine tree
  (cd tree && "$@") || exit
  grep -rqF -- "$secret" tree || fail "the tree does not have $secret"
  run "$verify" --root tree capture made.tgz
  expect_status 0
  mkdir unpacked
  tar -xzf made.tgz -C unpacked
  ! grep -rihF -- "$secret" unpacked >leaked || fail "its capture has $secret: $(head -n 1 leaked)"
  grep -rqF -- "$kept" unpacked || fail "its capture does not have $kept"
}
append_line() {  # FILE LINE
  mkdir -p "${1%/*}"
  printf '%s\n' "$2" >>"$1"
}
logs() {  # LINE…
  local line number=3
  for line; do append_line dev/kmsg "6,$((++number)),$((number * 700000)),-;$line"; done
}
case_3_video_mode() { expect_redacted alices-tv iommu=pt append_line proc/cmdline 'iommu=pt video=DP-1:alices-tv'; }
case_3_isolated_cores() { expect_redacted alices-cores isolcpus=1-3, append_line etc/kernel/cmdline isolcpus=1-3,alices-cores; }
case_3_number_in_parameter() {
  expect_redacted 4C53000199ABCD i915.force_probe=46a6, append_line proc/cmdline i915.force_probe=46a6,4C53000199ABCD
}
case_3_module_option() {
  expect_redacted alices-id ids=10de:1b81, append_line etc/modprobe.d/a.conf 'options vfio-pci ids=10de:1b81,alices-id'
}
case_3_password_in_log() {
  expect_redacted hunter2 'DMAR: IOMMU enabled' logs 'DMAR: IOMMU enabled' 'DMAR: Password is hunter2'
}
case_3_key_in_log() {
  expect_redacted alices99 'AMD-Vi: Virtual APIC enabled' logs 'AMD-Vi: Virtual APIC enabled' 'AMD-Vi: key: alices99'
}
case_3_serial_in_log() {
  expect_redacted 5C4D30001AB9FE 'DMAR: Host address width 39' \
    logs 'DMAR: Host address width 39' 'DMAR: disk 5C4D30001AB9FE'
}
case_3_text_about_a_function() {
  expect_redacted alice 'vgaarb: deactivate vga console' \
    logs 'pci 0000:01:00.0: vgaarb: deactivate vga console' 'pci 0000:01:00.0: vgaarb: of alice'
}
case_3_driver_in_log() { expect_redacted alices_driver '0000:02:00.0: ' logs 'alices_driver 0000:02:00.0: ready'; }
case_3_distribution_name() { expect_redacted Alices Debian append_line etc/os-release 'PRETTY_NAME="Alices Debian 12"'; }
case_3_mdev_type() {
  expect_redacted Alices P40-1Q append_line "$card/mdev_supported_types/nvidia-22/name" 'Alices P40-1Q'
}
case_3_driver_override() {
  expect_redacted alices_driver vfio-pci append_line "${card%/*}/driver_override" alices_driver
}
change_release() { sed -i s/6.12.0/6.12.0-alices/ proc/sys/kernel/osrelease run/vfio-early/record.json; }
case_3_kernel_release() { expect_redacted alices 6.12.0- change_release; }
set_names_with_zq() {
  append_line proc/sys/kernel/hostname zq
  append_line sys/class/dmi/id/board_name X1-zq-board
}
case_3_short_host_name() { expect_redacted -zq- X1- set_names_with_zq; }
edit_record() { sed -i "$1" run/vfio-early/record.json; }  # SED-COMMAND
case_3_reason_in_record() {
  expect_redacted waltz99 'the ' edit_record 's/"why": ""/"why": "the password is waltz99"/'
}
case_3_driver_in_record() {
  expect_redacted alices-driver '"found"' edit_record '0,/"found": ""/s//"found": "alices-driver"/'
}
case_3_reset_method_in_record() {
  expect_redacted alices-reset reset_method edit_record 's/"reset_method": ""/"reset_method": "alices-reset"/'
}
case_3_version_in_record() {
  expect_redacted 1.0.0-alice '"version"' edit_record 's/"version": "[0-9.]*"/"version": "1.0.0-alice"/'
}
case_3_path_in_record() {
  expect_redacted /srv/alice 'see ' edit_record 's,"remedy": "","remedy": "see /srv/alice/keys",'
}
firmware() {
  append_line usr/share/qemu/firmware/a.json '{"interface-types": ["uefi"],
    "mapping": {"filename": "/usr/share/OVMF/a.fd"},
    "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*", "pc-alices"]}]}'
}
case_3_machine_of_firmware_descriptor() { expect_redacted pc-alices 'pc-q35-*' firmware; }

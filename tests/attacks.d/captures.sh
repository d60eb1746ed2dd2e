# shellcheck shell=bash disable=SC2154  # tests/attacks sets them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Faults 1 and 7: a capture that is taken for this machine, or whose data is saved on it.

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
# Only list, which reads: the top of this archive may be taken for this machine.
top_link() {  # TARGET [TAR-OPTION…]
  good_capture
  mv vfio-capture capture
  ln -s "$1" vfio-capture
  pack bad.tgz "${@:2}"
  refused_capture
}
refused_capture() {
  run "$verify" --root bad.tgz list
  expect_status 64
  expect_empty tmp
}
case_1_top_link_to_root() { top_link /; }
case_1_top_link_above() { top_link ../../../../../../../../../..; }
case_1_top_link_spelled_otherwise() { top_link / '--transform=s,^vfio-capture$,vfio-capture/./,'; }

case_1_top_link_after_directory() {
  good_capture
  tar -cf bad.tar --no-recursion vfio-capture
  mv vfio-capture capture
  ln -s / vfio-capture
  tar -rf bad.tar vfio-capture
  gzip -c bad.tar >bad.tgz
  refused_capture
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
  [[ ! -e passport.json ]] || wrong "it writes the passport"
}
# Without FILE, save writes to /var/lib: an empty file system is mounted there, in a mount namespace.
hidden_var_lib() {  # ARGUMENT…
  needs unshare mount
  [[ $EUID -eq 0 ]] || not_run "mounting over /var/lib takes root"
  # shellcheck disable=SC2016  # the inner shell's
  run unshare -m sh -c 'mount -t tmpfs none /var/lib || exit 99
    before=$(ls -A /var/lib); "$@"; status=$?
    [ "$before" = "$(ls -A /var/lib)" ] || exit 98; exit $status' sh "$@"
  [[ $status -ne 99 ]] || not_run "nothing can be mounted here"
  [[ $status -ne 98 ]] || wrong "it writes into /var/lib of this machine"
}
case_7_save_with_root_into_var_lib() {
  machine tree
  hidden_var_lib true
  hidden_var_lib "$verify" --root tree save
  expect_status 64
}
case_7_after_update_with_root() {
  machine tree
  hidden_var_lib true
  hidden_var_lib "$verify" --root tree after-update
  expect_status 64
}

# modules.dep's paths become files below -o DIR.
written_modules() {  # DIRECTORY
  needs perl
  machine tree
  modules tree/lib/modules/6.12.0 6.12.0
  mkdir -p "$1"
  run "$early" --root tree modules --generic -o "$1" 6.12.0
  expect_status 0
  [[ -s $1/kernel/vfio-pci.ko ]] || wrong "the good modules are not written"
  rm -r "$1/kernel"
}
# A link in DIR, which an image's maker may have put there, is followed as if DIR were "/".
modules_through_link() {  # TARGET-OF-KERNEL TARGET-INSIDE
  written_modules into/a/b
  mkdir -p outside "into/a/b$2"
  echo theirs >outside/vfio-pci.ko
  echo theirs >outside/vfio-pci.ko.xz
  find outside -printf '%p %s %T@\n' >before
  ln -s "$1" into/a/b/kernel
  run "$early" --root tree modules --generic -o into/a/b 6.12.0
  find outside -printf '%p %s %T@\n' >after
  ! grep -vxF -f before after >changes || wrong "it changes $(head -n 1 changes)"
  [[ $(find outside | wc -l) -eq 3 ]] || wrong "it removes a file of outside"
  [[ -s into/a/b$2/vfio-pci.ko ]] || wrong "the modules are not where the link leads below into/a/b"
}
case_7_modules_through_absolute_link() { modules_through_link "$PWD/outside" "$PWD/outside"; }
case_7_modules_through_relative_link() { modules_through_link ../../../outside /outside; }
# One directory deeper, and a link in the place of the file.
case_7_modules_through_deeper_link() {
  written_modules into
  mkdir -p outside into/kernel
  echo theirs >victim
  ln -s "$PWD/victim" into/kernel/vfio-pci.ko
  ln -s "$PWD/outside" into/kernel/drivers
  sed -i 's,kernel/vfio.ko,kernel/drivers/new/vfio.ko,g' tree/lib/modules/6.12.0/modules.dep
  mkdir -p tree/lib/modules/6.12.0/kernel/drivers/new
  mv tree/lib/modules/6.12.0/kernel/{,drivers/new/}vfio.ko
  run "$early" --root tree modules --generic -o into 6.12.0
  expect_empty outside
  [[ $(<victim) == theirs ]] || wrong "it writes through a link"
}
case_7_modules_lead_out() {
  written_modules into/a/b
  sed -i 's,kernel/vfio.ko,../../escaped/vfio.ko,g' tree/lib/modules/6.12.0/modules.dep
  mkdir tree/lib/escaped
  mv tree/lib/modules/6.12.0/kernel/vfio.ko tree/lib/escaped/
  run "$early" --root tree modules --generic -o into/a/b 6.12.0
  [[ ! -e into/escaped ]] || wrong "it makes into/escaped, which is not below into/a/b"
}

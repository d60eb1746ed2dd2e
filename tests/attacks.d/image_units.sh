# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154,SC2317,SC2329  # expanded, set and called elsewhere
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 2, continued: images with which init would not start gate and bind as in this version. The good
# image of images.sh is the control of each case.

units=usr/lib/systemd/system
gate=$units/vfio-early-gate.service
bind=$units/vfio-early-bind.service
wants=etc/systemd/system/sysinit.target.wants
dracut_hooks=usr/lib/dracut/hooks
top=scripts/init-top

# Control: COMMAND makes a harmless change, and the image still passes.
harmless() {  # KIND COMMAND…
  local kind=$1
  shift
  needs cpio perl
  machine tree
  mkdir image
  (cd image && image_files "$kind" && "$@") || exit
  write_image image >good.img
  judge_image good.img
  [[ $status -eq 0 ]] || wrong "exit status $status: $(finding image.started), $(finding image.modules)"
}
put() {  # FILE TEXT
  mkdir -p "$(dirname "$1")" && printf '%b' "$2" >"$1"
}
link() {  # TARGET FILE
  mkdir -p "$(dirname "$2")" && ln -sfn "$1" "$2"
}
here() { put "../tree$1" "$2"; }  # a file of this machine
no_exec() { chmod 644 "$1"; }

# Units that differ from ours.
setting() { sed -i "s,^\[$1\],&\n$2," "$3"; }
case_2_unit_root_directory() { started setting Service RootDirectory=/sysroot $gate; }
case_2_unit_user() { started setting Service User=nobody $bind; }
case_2_unit_exec_start_pre() { started setting Service ExecStartPre=/bin/false $gate; }
case_2_unit_exec_condition() { started setting Service ExecCondition=/bin/false $gate; }
case_2_unit_conflicts() { started setting Unit Conflicts=systemd-udevd.service $gate; }
case_2_unit_refuses_start() { started setting Unit RefuseManualStart=yes $bind; }
case_2_unit_requires_missing() { started setting Unit Requires=none.service $gate; }
case_2_unit_after_late() { started setting Unit After=initrd.target $bind; }
case_2_unit_started_by_dbus() { started sed -i s/^Type=.*/Type=dbus/ $gate; }
case_2_unit_without_dependencies_line() { started sed -i /^DefaultDependencies/d $gate; }
case_2_unit_ignores_failure_of_nothing() { started sed -i 's,^ExecStart=.*,&\nExecStart=/bin/sleep inf,' $gate; }
case_2_unit_is_directory() { started replace_by_directory $gate; }
case_2_unit_of_another_version() { started sed -i '$a # a later comment' $bind; }

# Drop-ins, in each directory that systemd reads.
drop() { put "$1/x.conf" '[Service]\nUser=nobody\n'; }
case_2_drop_in_etc() { started drop etc/systemd/system/vfio-early-gate.service.d; }
case_2_drop_in_usr() { started drop $gate.d; }
case_2_drop_in_of_prefix() { started drop $units/vfio-early-.service.d; }
case_2_drop_in_of_short_prefix() { started drop etc/systemd/system/vfio-.service.d; }
case_2_drop_in_of_type() { started drop etc/systemd/system/service.d; }
case_2_drop_in_usr_local() { started drop usr/local/lib/systemd/system/vfio-early-bind.service.d; }
case_2_drop_in_control() { started drop etc/systemd/system.control/vfio-early-gate.service.d; }
case_2_drop_in_run() { started drop run/systemd/system/vfio-early-gate.service.d; }
case_2_drop_in_type_condition() { started put $units/service.d/x.conf '[Unit]\nConditionPathExists=/none\n'; }
case_2_drop_in_link_elsewhere() {
  drop_link() { put opt/x.conf '[Service]\nUser=nobody\n' && link /opt/x.conf "$gate.d/x.conf"; }
  started drop_link
}
case_2_drop_in_that_only_describes() { harmless systemd put $gate.d/x.conf '[Unit]\nDescription=gate\n'; }
case_2_drop_in_of_a_vendor() {
  harmless systemd put $units/service.d/x.conf \
    '[Service]\nNice=-5\nStandardOutput=journal\nStandardError=kmsg\nEnvironment="SYSTEMD_SLEEP_FREEZE_USER_SESSIONS=false"\n'
}
case_2_drop_in_with_environment() {
  started put $gate.d/x.conf '[Service]\nEnvironment=SYSTEMD_SLEEP_X=1 LD_PRELOAD=/x.so\n'
}
case_2_drop_in_with_output_file() { started put $gate.d/x.conf '[Service]\nStandardOutput=file:/none/x\n'; }
case_2_drop_in_continued_to_the_end() { started put $gate.d/x.conf '[Service]\nUser=nobody\134'; }
case_2_drop_in_continued_by_nothing() {
  started put $gate.d/x.conf '[Service]\nSyslogIdentifier=x \\\n\nUser=nobody\n'
}
case_2_drop_in_masked() {
  masked() { drop "$gate.d" && link /dev/null etc/systemd/system/vfio-early-gate.service.d/x.conf; }
  harmless systemd masked
}
case_2_drop_in_of_another_section() {
  harmless systemd put $gate.d/x.conf '[X-Other]\nConditionPathExists=/none\n'
}

# Masks.
case_2_mask_control() { started link /dev/null etc/systemd/system.control/vfio-early-gate.service; }
case_2_mask_usr_local() { started link /dev/null usr/local/lib/systemd/system/vfio-early-bind.service; }
case_2_mask_relative() { started link ../../../dev/null etc/systemd/system/vfio-early-gate.service; }
case_2_mask_by_two_links() {
  two() { link /dev/null etc/nothing && link /etc/nothing etc/systemd/system/vfio-early-gate.service; }
  started two
}
case_2_mask_by_link_to_empty() {
  empty() { put etc/empty '' && link /etc/empty etc/systemd/system/vfio-early-bind.service; }
  started empty
}
case_2_mask_run() { started link /dev/null run/systemd/generator.early/vfio-early-gate.service; }
case_2_unit_is_alias() {
  alias_of() { cp "$gate" "$units/other.service" && link other.service etc/systemd/system/vfio-early-gate.service; }
  started alias_of
}
case_2_target_masked() { started link /dev/null etc/systemd/system/sysinit.target; }
case_2_target_missing() { started rm $units/sysinit.target; }
case_2_basic_target_masked() { started link /dev/null etc/systemd/system/basic.target; }
case_2_no_default_target() { started rm $units/initrd.target; }
case_2_default_target_alone() {
  old() { mv "$units/initrd.target" "$units/default.target"; }
  harmless systemd old
}
case_2_target_starts_nothing() { started put etc/systemd/system/initrd.target '[Unit]\n'; }
case_2_basic_target_starts_nothing() { started put etc/systemd/system/basic.target '[Unit]\nWants=timers.target\n'; }
case_2_target_conflicts_with_gate() { started setting Unit Conflicts=vfio-early-gate.service $units/sysinit.target; }
case_2_target_is_alias() {
  alias_of() { cp "$units/initrd.target" "$units/other.target" && link other.target etc/systemd/system/initrd.target; }
  started alias_of
}
case_2_basic_target_is_alias() { started link /usr/lib/systemd/system/initrd.target etc/systemd/system/basic.target; }
case_2_target_wants_by_link() {
  by_link() {
    put etc/systemd/system/initrd.target '[Unit]\n' &&
      link ../basic.target etc/systemd/system/initrd.target.wants/basic.target &&
      link ../sysinit.target "$units/basic.target.requires/sysinit.target" &&
      sed -i /Requires/d "$units/basic.target"
  }
  harmless systemd by_link
}
case_2_init_missing() { started rm usr/lib/systemd/systemd; }

case_2_drop_in_of_the_target() { started put $units/sysinit.target.d/x.conf '[Unit]\nConflicts=vfio-early-gate.service\n'; }
case_2_drop_ins_behind_link() {
  behind() { drop opt/x && link /opt/x "$gate.d"; }
  started behind
}
units_behind_link() {
  mkdir -p opt && mv etc/systemd/system opt/units && ln -s /opt/units etc/systemd/system &&
    ln -s /dev/null opt/units/vfio-early-gate.service && cp -r opt/units/sysinit.target.wants $units/
}
case_2_units_behind_link() { started units_behind_link; }
split_usr() { rm lib && mkdir -p lib/systemd/system && cp "$gate" "lib/systemd/system/" && sed -i 's,^ExecStart=.*,ExecStart=/bin/true,' "$gate"; }
case_2_unit_beside_merged_usr() { started split_usr; }

# Configurations behind links, which dracut copies as links.
linked_configuration() {
  mkdir -p opt && mv etc/vfio-early.conf opt/cards && ln -s ../opt/cards etc/vfio-early.conf &&
    here /etc/vfio-early.conf.d/x.conf '# no card\n' && put opt/drop-ins/x.conf '# no card\n' &&
    link /opt/drop-ins etc/vfio-early.conf.d
}
case_2_linked_configuration() { harmless systemd linked_configuration; }
case_2_linked_configuration_that_differs() {
  differs() { linked_configuration && put opt/cards '[gaming]\naddress = 0000:02:00\n'; }
  broken systemd image.plan differs
}
case_2_linked_configuration_missing() {
  dangling() { linked_configuration && rm opt/cards; }
  broken systemd image.plan dangling
}

# Wants.
want_file() { rm $wants/vfio-early-gate.service && put $wants/vfio-early-gate.service 'x'; }
case_2_want_is_file() { started want_file; }
case_2_want_masked() { started link /dev/null $wants/vfio-early-gate.service; }
case_2_want_masked_above() {
  started link /dev/null etc/systemd/system.control/sysinit.target.wants/vfio-early-bind.service
}
case_2_want_of_another() { started link ../none.service $wants/vfio-early-bind.service; }
want_in_run() { mkdir -p run/systemd/system && mv $wants run/systemd/system/; }
case_2_want_in_run() { started want_in_run; }

# The program is not at the path that units, hooks and scripts start.
elsewhere() { rm -f bin && mkdir -p "$1" && mv "$program" "$1/"; }
case_2_program_in_sbin() { started elsewhere usr/sbin; }
case_2_program_in_bin() { started elsewhere bin; }
program_beside() { rm bin && mkdir bin && cp "$program" bin/ && : >"$program"; }
case_2_program_in_bin_and_empty() { started program_beside; }

# initramfs-tools.
top_started() { broken initramfs-tools image.started "$@"; }
case_2_script_not_executable() { top_started no_exec $top/00-vfio-early; }
case_2_script_without_shell() { top_started rm usr/bin/sh; }
case_2_script_of_another_version() { top_started sed -i '$a # later' $top/00-vfio-early; }
case_2_script_ends_before() { top_started sed -i '2i exit 0' $top/00-vfio-early; }
case_2_script_behind_condition() { top_started sed -i 's,^\[ -x.*,[ -x /none ] || exit 0,' $top/00-vfio-early; }
case_2_order_ends_before() { top_started sed -i '1i return 0' $top/ORDER; }
case_2_order_exits_before() { top_started sed -i '1i exit' $top/ORDER; }
case_2_order_comments_out() { top_started sed -i '1s/^/#/' $top/ORDER; }
case_2_order_conditional() { top_started sed -i '1s/^/false \&\& /' $top/ORDER; }
case_2_order_prerequisites() { top_started sed -i '1s/"$@"/prereqs/' $top/ORDER; }
case_2_order_with_carriage_return() { top_started sed -i '1s/early/&\r/' $top/ORDER; }
case_2_init_without_init_top() { top_started sed -i /run_scripts/d init; }
case_2_init_not_executable() { top_started no_exec init; }
case_2_init_configuration_exits() { top_started put conf/conf.d/x 'exit 0\n'; }
case_2_initramfs_conf_exits() { top_started put conf/initramfs.conf 'exit 0\n'; }
case_2_init_configuration_restarts() { top_started put conf/conf.d/x 'reboot -f\n'; }
first() { broken "$1" image.first "${@:2}"; }
case_2_init_configuration_loads_driver() { first initramfs-tools put conf/conf.d/x 'modprobe nouveau\n'; }
case_2_init_configuration_sets() { harmless initramfs-tools put conf/conf.d/x 'MODULES=most\n# modprobe reboot\n'; }
case_2_script_to_complete_missing() { top_started rm scripts/init-bottom/00-vfio-early; }
case_2_other_script_that_exits() {  # scripts have a process each
  before() { sed -i '1i /scripts/init-top/00-a "$@"' "$top/ORDER" && put "$top/00-a" '#!/bin/sh\nexit 1\n'; }
  harmless initramfs-tools before
}

# dracut without systemd.
hook_started() { broken dracut image.started "$@"; }
case_2_hook_of_another_version() { hook_started sed -i '$a # later' $dracut_hooks/cmdline/00-vfio-early-gate.sh; }
case_2_hook_returns_before() { hook_started sed -i '2i return 0' $dracut_hooks/cmdline/00-vfio-early-gate.sh; }
case_2_hook_of_another_name() {
  hook_started mv $dracut_hooks/cmdline/00-vfio-early-gate.{sh,txt}
}
case_2_hook_before_exits() { hook_started put $dracut_hooks/cmdline/00-a.sh 'exit 1\n'; }
case_2_hook_replaced_above() { hook_started put etc/dracut/hooks/cmdline/00-vfio-early-gate.sh ':\n'; }
case_2_configuration_of_dracut_loads_driver() { first dracut put etc/conf.d/x.conf 'x=$(modprobe nouveau)\n'; }
case_2_configuration_of_dracut_powers_off() { hook_started put etc/conf.d/x.conf '/sbin/poweroff\n'; }
case_2_configuration_of_dracut_sets() { harmless dracut put etc/conf.d/x.conf 'systemdutildir="/usr/lib/systemd"\n'; }
case_2_hook_to_join_missing() { hook_started rm $dracut_hooks/pre-pivot/99-vfio-early-join.sh; }
hooks_behind_link() { put opt/x/00-vfio-early-gate.sh ':\n' && link /opt/x etc/dracut/hooks/cmdline; }
case_2_hooks_behind_link() { hook_started hooks_behind_link; }
hooks_of_newer_dracut() { mkdir -p var/lib/dracut && mv "$dracut_hooks" var/lib/dracut/; }
case_2_hooks_where_none_are_read() { hook_started hooks_of_newer_dracut; }
case_2_hooks_by_link_of_dracut() {
  moved() { mkdir -p var/lib/dracut && mv "$dracut_hooks" var/lib/dracut/ && ln -s ../../../var/lib/dracut/hooks "$dracut_hooks"; }
  harmless dracut moved
}
case_2_dracut_without_shell() { hook_started rm usr/bin/sh; }
case_2_hook_not_executable() { harmless dracut no_exec $dracut_hooks/cmdline/00-vfio-early-gate.sh; }

# mkinitcpio with busybox.
early_started() { broken mkinitcpio image.started "$@"; }
case_2_early_hook_not_executable() { early_started no_exec hooks/vfio-early; }
case_2_early_hook_of_another_version() { early_started sed -i '$a # later' hooks/vfio-early; }
case_2_early_hook_returns_before() { early_started sed -i 's,^run_earlyhook.*,&\n    return 0,' hooks/vfio-early; }
case_2_early_hooks_replaced() { early_started sed -i '$a EARLYHOOKS="udev"' config; }
case_2_early_hooks_with_carriage_return() { early_started sed -i 's/early udev/early\r udev/' config; }
case_2_late_hook_missing() { early_started sed -i 's/^LATEHOOKS=.*/LATEHOOKS=""/' config; }
case_2_configuration_of_mkinitcpio_loads_driver() { first mkinitcpio sed -i '1i insmod /x.ko' config; }
case_2_hook_before_ends_shell() { early_started put hooks/other 'run_earlyhook() {\n    exec sh\n}\n'; }

# modprobe.d of the image: libkmod runs install commands, and loads the module that an alias names.
install_line() { put "${2:-etc/modprobe.d}/x.conf" "$1\n"; }
case_2_install_command() { packed install_line 'install vfio-pci /bin/false'; }
case_2_install_command_in_usr() { packed install_line 'install vfio_pci /bin/true' usr/lib/modprobe.d; }
case_2_install_command_for_a_pattern() { packed install_line 'install vfio* /bin/false'; }
case_2_install_command_for_a_set() { packed install_line 'install vfi[no]-pci /bin/false'; }
case_2_install_command_for_another_pattern() { harmless systemd install_line 'install vfio_ap* /bin/false'; }
case_2_install_command_unknown() { packed install_line 'install vfio-pci modprobe -i vfio-pci'; }
case_2_alias_of_another() { packed install_line 'alias vfio-pci nouveau'; }
case_2_install_command_of_type1() { packed install_line 'install vfio_iommu_type1 /bin/false'; }
case_2_install_command_of_type1_with_dashes() { packed install_line 'install vfio-iommu-type1 /bin/true'; }
case_2_install_command_of_dependency() { packed install_line 'install vfio /bin/false'; }
case_2_install_command_of_type1_by_set() { packed install_line 'install vfio[-_]iommu[-_]type1 /bin/false'; }
case_2_install_command_beside_blacklist() {
  packed install_line 'blacklist vfio-iommu-type1\ninstall vfio-iommu_type1 /bin/false'
}
case_2_alias_of_type1() { packed install_line 'alias vfio-iommu-type1 nouveau'; }
case_2_blacklist_of_type1() { harmless systemd install_line 'blacklist vfio_iommu_type1'; }
case_2_alias_of_the_same_module() { harmless systemd install_line 'alias vfio-pci vfio_pci'; }
for_rescue() { printf 'healthy-when = display\n' | tee -a ../tree/etc/vfio-early.conf >>etc/vfio-early.conf; }
module_of_rescue() {
  module_for efivarfs 6.12.0 >usr/lib/modules/6.12.0/kernel/efivarfs.ko &&
    echo kernel/efivarfs.ko: >>usr/lib/modules/6.12.0/modules.dep && module_index usr/lib/modules/6.12.0
}
case_2_install_command_of_rescue_module() {
  with_rescue() { for_rescue && module_of_rescue && install_line 'install efivarfs /bin/false'; }
  packed with_rescue
}
case_2_module_of_rescue() {
  with_module() { for_rescue && module_of_rescue; }
  harmless systemd with_module
}
case_2_install_command_without_rescue() { harmless systemd install_line 'install efivarfs /bin/false'; }

# Images with the file system of dracut's module squash.
squashed() { rm -r usr/bin/vfio-early $units && put "$1" hsqs; }
in_file_system() {  # FILE
  started squashed "$1"
  expect_finding image.readable unknown
  expect_finding image.started unknown
  expect_text out "$1"
}
case_2_squashed_squashfs_root() { in_file_system squashfs-root.img; }
case_2_squashed_squash_root() { in_file_system squash-root.img; }
case_2_squashed_erofs_root() { in_file_system erofs-root.img; }
case_2_squash_of_another_name() { harmless systemd put other-root.img hsqs; }

case_2_blacklist_in_image() { harmless systemd install_line 'blacklist vfio-pci'; }
case_2_install_command_of_another() { harmless systemd install_line 'install nouveau /bin/false'; }

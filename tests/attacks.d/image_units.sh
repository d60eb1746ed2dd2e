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
keeps_passing() {  # KIND COMMAND…
  local kind=$1
  shift
  needs cpio perl
  machine tree
  mkdir image
  (cd image && image_files "$kind" && "$@") || exit
  write_image image >good.img
  verify_image good.img
  [[ $status -eq 0 ]] || fail "exit status $status: $(finding image.started), $(finding image.modules)"
}
put() {  # FILE TEXT
  mkdir -p "$(dirname "$1")" && printf '%b' "$2" >"$1"
}
link() {  # TARGET FILE
  mkdir -p "$(dirname "$2")" && ln -sfn "$1" "$2"
}
put_on_machine() { put "../tree$1" "$2"; }  # a file of this machine
no_exec() { chmod 644 "$1"; }

# Units that differ from ours.
setting() { sed -i "s,^\[$1\],&\n$2," "$3"; }
case_2_unit_root_directory() { breaks_start setting Service RootDirectory=/sysroot $gate; }
case_2_unit_user() { breaks_start setting Service User=nobody $bind; }
case_2_unit_exec_start_pre() { breaks_start setting Service ExecStartPre=/bin/false $gate; }
case_2_unit_exec_condition() { breaks_start setting Service ExecCondition=/bin/false $gate; }
case_2_unit_conflicts() { breaks_start setting Unit Conflicts=systemd-udevd.service $gate; }
case_2_unit_refuses_start() { breaks_start setting Unit RefuseManualStart=yes $bind; }
case_2_unit_requires_missing() { breaks_start setting Unit Requires=none.service $gate; }
case_2_unit_after_initrd_target() { breaks_start setting Unit After=initrd.target $bind; }
case_2_unit_started_by_dbus() { breaks_start sed -i s/^Type=.*/Type=dbus/ $gate; }
case_2_unit_with_default_dependencies() { breaks_start sed -i /^DefaultDependencies/d $gate; }
case_2_unit_with_second_exec_start() { breaks_start sed -i 's,^ExecStart=.*,&\nExecStart=/bin/sleep inf,' $gate; }
case_2_unit_is_directory() { breaks_start replace_by_directory $gate; }
case_2_unit_of_another_version() { breaks_start sed -i '$a # a later comment' $bind; }

# Drop-ins, in each directory that systemd reads.
drop() { put "$1/x.conf" '[Service]\nUser=nobody\n'; }
case_2_drop_in_etc() { breaks_start drop etc/systemd/system/vfio-early-gate.service.d; }
case_2_drop_in_usr() { breaks_start drop $gate.d; }
case_2_drop_in_of_prefix() { breaks_start drop $units/vfio-early-.service.d; }
case_2_drop_in_of_short_prefix() { breaks_start drop etc/systemd/system/vfio-.service.d; }
case_2_drop_in_of_type() { breaks_start drop etc/systemd/system/service.d; }
case_2_drop_in_usr_local() { breaks_start drop usr/local/lib/systemd/system/vfio-early-bind.service.d; }
case_2_drop_in_control() { breaks_start drop etc/systemd/system.control/vfio-early-gate.service.d; }
case_2_drop_in_run() { breaks_start drop run/systemd/system/vfio-early-gate.service.d; }
case_2_drop_in_type_condition() { breaks_start put $units/service.d/x.conf '[Unit]\nConditionPathExists=/none\n'; }
case_2_drop_in_is_link() {
  drop_link() { put opt/x.conf '[Service]\nUser=nobody\n' && link /opt/x.conf "$gate.d/x.conf"; }
  breaks_start drop_link
}
case_2_drop_in_with_description() { keeps_passing systemd put $gate.d/x.conf '[Unit]\nDescription=gate\n'; }
case_2_drop_in_of_a_vendor() {
  keeps_passing systemd put $units/service.d/x.conf \
    '[Service]\nNice=-5\nStandardOutput=journal\nStandardError=kmsg\nEnvironment="SYSTEMD_SLEEP_FREEZE_USER_SESSIONS=false"\n'
}
case_2_drop_in_with_environment() {
  breaks_start put $gate.d/x.conf '[Service]\nEnvironment=SYSTEMD_SLEEP_X=1 LD_PRELOAD=/x.so\n'
}
case_2_drop_in_with_output_file() { breaks_start put $gate.d/x.conf '[Service]\nStandardOutput=file:/none/x\n'; }
case_2_drop_in_ends_with_backslash() { breaks_start put $gate.d/x.conf '[Service]\nUser=nobody\134'; }
case_2_drop_in_continued_by_empty_line() {
  breaks_start put $gate.d/x.conf '[Service]\nSyslogIdentifier=x \\\n\nUser=nobody\n'
}
case_2_drop_in_masked() {
  masked() { drop "$gate.d" && link /dev/null etc/systemd/system/vfio-early-gate.service.d/x.conf; }
  keeps_passing systemd masked
}
case_2_drop_in_of_another_section() {
  keeps_passing systemd put $gate.d/x.conf '[X-Other]\nConditionPathExists=/none\n'
}

# Masks.
case_2_mask_control() { breaks_start link /dev/null etc/systemd/system.control/vfio-early-gate.service; }
case_2_mask_usr_local() { breaks_start link /dev/null usr/local/lib/systemd/system/vfio-early-bind.service; }
case_2_mask_relative() { breaks_start link ../../../dev/null etc/systemd/system/vfio-early-gate.service; }
case_2_mask_by_two_links() {
  two() { link /dev/null etc/nothing && link /etc/nothing etc/systemd/system/vfio-early-gate.service; }
  breaks_start two
}
case_2_mask_by_link_to_empty() {
  empty() { put etc/empty '' && link /etc/empty etc/systemd/system/vfio-early-bind.service; }
  breaks_start empty
}
case_2_mask_run() { breaks_start link /dev/null run/systemd/generator.early/vfio-early-gate.service; }
case_2_unit_is_alias() {
  alias_of() { cp "$gate" "$units/other.service" && link other.service etc/systemd/system/vfio-early-gate.service; }
  breaks_start alias_of
}
case_2_target_masked() { breaks_start link /dev/null etc/systemd/system/sysinit.target; }
case_2_target_missing() { breaks_start rm $units/sysinit.target; }
case_2_basic_target_masked() { breaks_start link /dev/null etc/systemd/system/basic.target; }
case_2_no_default_target() { breaks_start rm $units/initrd.target; }
case_2_only_default_target() {
  old() { mv "$units/initrd.target" "$units/default.target"; }
  keeps_passing systemd old
}
case_2_target_starts_nothing() { breaks_start put etc/systemd/system/initrd.target '[Unit]\n'; }
case_2_basic_target_starts_nothing() { breaks_start put etc/systemd/system/basic.target '[Unit]\nWants=timers.target\n'; }
case_2_target_conflicts_with_gate() { breaks_start setting Unit Conflicts=vfio-early-gate.service $units/sysinit.target; }
case_2_target_is_alias() {
  alias_of() { cp "$units/initrd.target" "$units/other.target" && link other.target etc/systemd/system/initrd.target; }
  breaks_start alias_of
}
case_2_basic_target_is_alias() { breaks_start link /usr/lib/systemd/system/initrd.target etc/systemd/system/basic.target; }
case_2_target_wants_by_link() {
  by_link() {
    put etc/systemd/system/initrd.target '[Unit]\n' &&
      link ../basic.target etc/systemd/system/initrd.target.wants/basic.target &&
      link ../sysinit.target "$units/basic.target.requires/sysinit.target" &&
      sed -i /Requires/d "$units/basic.target"
  }
  keeps_passing systemd by_link
}
case_2_init_missing() { breaks_start rm usr/lib/systemd/systemd; }

case_2_drop_in_of_the_target() { breaks_start put $units/sysinit.target.d/x.conf '[Unit]\nConflicts=vfio-early-gate.service\n'; }
case_2_drop_ins_through_link() {
  behind() { drop opt/x && link /opt/x "$gate.d"; }
  breaks_start behind
}
units_behind_link() {
  mkdir -p opt && mv etc/systemd/system opt/units && ln -s /opt/units etc/systemd/system &&
    ln -s /dev/null opt/units/vfio-early-gate.service && cp -r opt/units/sysinit.target.wants $units/
}
case_2_units_through_link() { breaks_start units_behind_link; }
split_usr() { rm lib && mkdir -p lib/systemd/system && cp "$gate" "lib/systemd/system/" && sed -i 's,^ExecStart=.*,ExecStart=/bin/true,' "$gate"; }
case_2_unit_in_split_usr() { breaks_start split_usr; }

# Configurations behind links, which dracut copies as links.
linked_configuration() {
  mkdir -p opt && mv etc/vfio-early.conf opt/cards && ln -s ../opt/cards etc/vfio-early.conf &&
    put_on_machine /etc/vfio-early.conf.d/x.conf '# no card\n' && put opt/drop-ins/x.conf '# no card\n' &&
    link /opt/drop-ins etc/vfio-early.conf.d
}
case_2_linked_configuration() { keeps_passing systemd linked_configuration; }
case_2_linked_configuration_that_differs() {
  differs() { linked_configuration && put opt/cards '[gaming]\naddress = 0000:02:00\n'; }
  breaks systemd image.plan differs
}
case_2_linked_configuration_missing() {
  dangling() { linked_configuration && rm opt/cards; }
  breaks systemd image.plan dangling
}

# Wants.
want_file() { rm $wants/vfio-early-gate.service && put $wants/vfio-early-gate.service 'x'; }
case_2_want_is_file() { breaks_start want_file; }
case_2_want_masked() { breaks_start link /dev/null $wants/vfio-early-gate.service; }
case_2_want_masked_in_control_directory() {
  breaks_start link /dev/null etc/systemd/system.control/sysinit.target.wants/vfio-early-bind.service
}
case_2_want_links_to_other_unit() { breaks_start link ../none.service $wants/vfio-early-bind.service; }
want_in_run() { mkdir -p run/systemd/system && mv $wants run/systemd/system/; }
case_2_want_in_run() { breaks_start want_in_run; }

# The program is not at the path that units, hooks and scripts start.
move_program() { rm -f bin && mkdir -p "$1" && mv "$program" "$1/"; }
case_2_program_in_sbin() { breaks_start move_program usr/sbin; }
case_2_program_in_bin() { breaks_start move_program bin; }
program_beside() { rm bin && mkdir bin && cp "$program" bin/ && : >"$program"; }
case_2_program_in_bin_and_empty() { breaks_start program_beside; }

# initramfs-tools.
breaks_initramfs_tools_start() { breaks initramfs-tools image.started "$@"; }
case_2_script_not_executable() { breaks_initramfs_tools_start no_exec $top/00-vfio-early; }
case_2_script_without_shell() { breaks_initramfs_tools_start rm usr/bin/sh; }
case_2_script_of_another_version() { breaks_initramfs_tools_start sed -i '$a # later' $top/00-vfio-early; }
case_2_script_exits_before_call() { breaks_initramfs_tools_start sed -i '2i exit 0' $top/00-vfio-early; }
case_2_script_with_false_condition() { breaks_initramfs_tools_start sed -i 's,^\[ -x.*,[ -x /none ] || exit 0,' $top/00-vfio-early; }
case_2_order_returns_before_call() { breaks_initramfs_tools_start sed -i '1i return 0' $top/ORDER; }
case_2_order_exits_before_call() { breaks_initramfs_tools_start sed -i '1i exit' $top/ORDER; }
case_2_order_has_call_in_comment() { breaks_initramfs_tools_start sed -i '1s/^/#/' $top/ORDER; }
case_2_order_conditional() { breaks_initramfs_tools_start sed -i '1s/^/false \&\& /' $top/ORDER; }
case_2_order_prerequisites() { breaks_initramfs_tools_start sed -i '1s/"$@"/prereqs/' $top/ORDER; }
case_2_order_with_carriage_return() { breaks_initramfs_tools_start sed -i '1s/early/&\r/' $top/ORDER; }
case_2_init_without_init_top() { breaks_initramfs_tools_start sed -i /run_scripts/d init; }
case_2_init_not_executable() { breaks_initramfs_tools_start no_exec init; }
case_2_init_configuration_exits() { breaks_initramfs_tools_start put conf/conf.d/x 'exit 0\n'; }
case_2_initramfs_conf_exits() { breaks_initramfs_tools_start put conf/initramfs.conf 'exit 0\n'; }
case_2_init_configuration_restarts() { breaks_initramfs_tools_start put conf/conf.d/x 'reboot -f\n'; }
breaks_order() { breaks "$1" image.first "${@:2}"; }
case_2_init_configuration_loads_driver() { breaks_order initramfs-tools put conf/conf.d/x 'modprobe nouveau\n'; }
case_2_init_configuration_with_settings() { keeps_passing initramfs-tools put conf/conf.d/x 'MODULES=most\n# modprobe reboot\n'; }
case_2_init_bottom_script_missing() { breaks_initramfs_tools_start rm scripts/init-bottom/00-vfio-early; }
case_2_other_script_that_exits() {  # scripts have a process each
  before() { sed -i '1i /scripts/init-top/00-a "$@"' "$top/ORDER" && put "$top/00-a" '#!/bin/sh\nexit 1\n'; }
  keeps_passing initramfs-tools before
}

# dracut without systemd.
breaks_dracut_start() { breaks dracut image.started "$@"; }
case_2_hook_of_another_version() { breaks_dracut_start sed -i '$a # later' $dracut_hooks/cmdline/00-vfio-early-gate.sh; }
case_2_hook_returns_before_call() { breaks_dracut_start sed -i '2i return 0' $dracut_hooks/cmdline/00-vfio-early-gate.sh; }
case_2_hook_of_another_name() {
  breaks_dracut_start mv $dracut_hooks/cmdline/00-vfio-early-gate.{sh,txt}
}
case_2_earlier_hook_exits() { breaks_dracut_start put $dracut_hooks/cmdline/00-a.sh 'exit 1\n'; }
case_2_hook_overridden_in_etc() { breaks_dracut_start put etc/dracut/hooks/cmdline/00-vfio-early-gate.sh ':\n'; }
case_2_configuration_of_dracut_loads_driver() { breaks_order dracut put etc/conf.d/x.conf 'x=$(modprobe nouveau)\n'; }
case_2_configuration_of_dracut_powers_off() { breaks_dracut_start put etc/conf.d/x.conf '/sbin/poweroff\n'; }
case_2_configuration_of_dracut_with_settings() { keeps_passing dracut put etc/conf.d/x.conf 'systemdutildir="/usr/lib/systemd"\n'; }
case_2_join_hook_missing() { breaks_dracut_start rm $dracut_hooks/pre-pivot/99-vfio-early-join.sh; }
hooks_behind_link() { put opt/x/00-vfio-early-gate.sh ':\n' && link /opt/x etc/dracut/hooks/cmdline; }
case_2_hooks_through_link() { breaks_dracut_start hooks_behind_link; }
hooks_of_newer_dracut() { mkdir -p var/lib/dracut && mv "$dracut_hooks" var/lib/dracut/; }
case_2_hooks_in_unread_directory() { breaks_dracut_start hooks_of_newer_dracut; }
case_2_hooks_by_link_of_dracut() {
  moved() { mkdir -p var/lib/dracut && mv "$dracut_hooks" var/lib/dracut/ && ln -s ../../../var/lib/dracut/hooks "$dracut_hooks"; }
  keeps_passing dracut moved
}
case_2_dracut_without_shell() { breaks_dracut_start rm usr/bin/sh; }
case_2_hook_not_executable() { keeps_passing dracut no_exec $dracut_hooks/cmdline/00-vfio-early-gate.sh; }

# mkinitcpio with busybox.
breaks_mkinitcpio_start() { breaks mkinitcpio image.started "$@"; }
case_2_early_hook_not_executable() { breaks_mkinitcpio_start no_exec hooks/vfio-early; }
case_2_early_hook_of_another_version() { breaks_mkinitcpio_start sed -i '$a # later' hooks/vfio-early; }
case_2_early_hook_returns_before_call() { breaks_mkinitcpio_start sed -i 's,^run_earlyhook.*,&\n    return 0,' hooks/vfio-early; }
case_2_early_hooks_replaced() { breaks_mkinitcpio_start sed -i '$a EARLYHOOKS="udev"' config; }
case_2_early_hooks_with_carriage_return() { breaks_mkinitcpio_start sed -i 's/early udev/early\r udev/' config; }
case_2_late_hook_missing() { breaks_mkinitcpio_start sed -i 's/^LATEHOOKS=.*/LATEHOOKS=""/' config; }
case_2_configuration_of_mkinitcpio_loads_driver() { breaks_order mkinitcpio sed -i '1i insmod /x.ko' config; }
case_2_earlier_hook_ends_shell() { breaks_mkinitcpio_start put hooks/other 'run_earlyhook() {\n    exec sh\n}\n'; }

# modprobe.d of the image: vfio-early loads the module that an alias names, and runs no command of an
# install line. Such a line is reported.
install_line() { put "${2:-etc/modprobe.d}/x.conf" "$1\n"; }
warns_about_modules() { keeps_passing systemd "$@" && expect_finding image.modules warn; }
case_2_install_command() { warns_about_modules install_line 'install vfio-pci /bin/false'; }
case_2_install_command_in_usr() { warns_about_modules install_line 'install vfio_pci /bin/true' usr/lib/modprobe.d; }
case_2_install_command_for_a_pattern() { warns_about_modules install_line 'install vfio* /bin/false'; }
case_2_install_command_for_a_character_set() { warns_about_modules install_line 'install vfi[no]-pci /bin/false'; }
case_2_install_command_for_another_pattern() { keeps_passing systemd install_line 'install vfio_ap* /bin/false'; }
case_2_install_command_with_script() { warns_about_modules install_line 'install vfio-pci /sbin/vfio-pci-override.sh'; }
case_2_alias_for_other_module() { breaks_modules install_line 'alias vfio-pci nouveau'; }
case_2_install_command_of_dependency() { warns_about_modules install_line 'install vfio-iommu-type1 /bin/false'; }
case_2_alias_of_type1() { breaks_modules install_line 'alias vfio-iommu-type1 nouveau'; }
case_2_blacklist_of_type1() { keeps_passing systemd install_line 'blacklist vfio_iommu_type1'; }
case_2_alias_of_the_same_module() { keeps_passing systemd install_line 'alias vfio-pci vfio_pci'; }
set_healthy_when() { printf 'healthy-when = display\n' | tee -a ../tree/etc/vfio-early.conf >>etc/vfio-early.conf; }
add_efivarfs() {
  module_for efivarfs 6.12.0 >usr/lib/modules/6.12.0/kernel/efivarfs.ko &&
    echo kernel/efivarfs.ko: >>usr/lib/modules/6.12.0/modules.dep && module_index usr/lib/modules/6.12.0
}
case_2_install_command_of_rescue_module() {
  with_rescue() { set_healthy_when && add_efivarfs && install_line 'install efivarfs /bin/false'; }
  warns_about_modules with_rescue
}
case_2_module_of_rescue() {
  with_module() { set_healthy_when && add_efivarfs; }
  keeps_passing systemd with_module
}
case_2_install_command_without_rescue() { keeps_passing systemd install_line 'install efivarfs /bin/false'; }

# Images with the file system of dracut's module squash.
replace_by_squash_image() { rm -r usr/bin/vfio-early $units && put "$1" hsqs; }
expect_squash_is_unknown() {  # FILE
  breaks_start replace_by_squash_image "$1"
  expect_finding image.readable unknown
  expect_finding image.started unknown
  expect_text out "$1"
}
case_2_squashed_squashfs_root() { expect_squash_is_unknown squashfs-root.img; }
case_2_squashed_squash_root() { expect_squash_is_unknown squash-root.img; }
case_2_squashed_erofs_root() { expect_squash_is_unknown erofs-root.img; }
case_2_squash_image_with_other_name() { keeps_passing systemd put other-root.img hsqs; }

case_2_blacklist_in_image() { keeps_passing systemd install_line 'blacklist vfio-pci'; }
case_2_install_command_of_another() { keeps_passing systemd install_line 'install nouveau /bin/false'; }

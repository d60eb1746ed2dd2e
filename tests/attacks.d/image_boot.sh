# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154,SC2317,SC2329  # expanded, set and called elsewhere
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 2, continued: other units, and the configuration of systemd itself, with which our units do not
# run first. `units` and `gate` are those of image_units.sh.

# Other units.
add_unit() {  # NAME TEXT [TARGET, which wants it]
  put "$units/$1" "$2" && { [[ ! ${3:-} ]] || link "../$1" "$units/$3.wants/$1"; }
}
no_default='[Unit]\nDefaultDependencies=no\n'
case_2_other_unit_conflicts_with_gate() { breaks_start add_unit x.service '[Unit]\nConflicts=a.service vfio-early-gate.service\n'; }
case_2_other_unit_conflicts_with_target() { breaks_start add_unit x.target '[Unit]\nConflicts=sysinit.target\n'; }
case_2_other_unit_conflicts_by_drop_in() {
  by_drop_in() { add_unit x.service '[Unit]\n' && put etc/systemd/system/x.service.d/y.conf '[Unit]\nConflicts=vfio-early-bind.service\n'; }
  breaks_start by_drop_in
}
case_2_other_unit_starts_shutdown() {
  shutdown() { add_unit shutdown.target '[Unit]\n' && add_unit x.service '[Unit]\nWants=shutdown.target\n' initrd.target; }
  breaks_start shutdown
}
case_2_other_unit_conflicts_with_another() { keeps_passing systemd add_unit x.service '[Unit]\nConflicts=shutdown.target initrd-switch-root.target\n' sysinit.target; }
case_2_target_drop_in_requires_missing_unit() { breaks_start put "$units/sysinit.target.d/x.conf" '[Unit]\nRequires=none.service\n'; }
case_2_basic_target_requires_missing_unit() { breaks_start sed -i '/^Requires/s/$/ none.service/' "$units/basic.target"; }
case_2_target_wants_missing_unit() { keeps_passing systemd sed -i '/^Wants/s/$/ none.service/' "$units/sysinit.target"; }
case_2_other_unit_loads_driver_before() {
  breaks systemd image.first add_unit x.service "${no_default}Before=vfio-early-gate.service\n[Service]\nExecStart=/sbin/modprobe nouveau\n" sysinit.target
}
case_2_other_unit_loads_driver_before_by_dependency() {
  chain_of_units() {
    add_unit x.service "${no_default}Before=y.service\n[Service]\nExecStart=-/sbin/modprobe -b amdgpu\n" sysinit.target &&
      add_unit y.service "${no_default}Before=vfio-early-gate.service\n[Service]\nExecStart=/bin/true\n" sysinit.target
  }
  breaks systemd image.first chain_of_units
}
case_2_other_unit_loads_driver_by_shell() {
  breaks systemd image.first add_unit x.service "${no_default}Before=vfio-early-gate.service\n[Service]\nExecStartPre=/bin/sh -c 'modprobe i915'\n" sysinit.target
}
case_2_other_unit_loads_driver_by_script() {
  by_script() {
    put usr/bin/x '#!/bin/sh\ninsmod /nvidia.ko\n' && chmod 755 usr/bin/x &&
      add_unit x.service "${no_default}Before=vfio-early-gate.service\n[Service]\nExecStart=/usr/bin/x\n" sysinit.target
  }
  breaks systemd image.first by_script
}
case_2_other_unit_loads_driver_in_parallel() {
  breaks_start add_unit x.service "${no_default}[Service]\nExecStart=/sbin/modprobe nouveau\n" sysinit.target
}
case_2_other_unit_loads_driver_by_template() {
  by_template() {
    add_unit modprobe@.service "${no_default}[Service]\nExecStart=-/sbin/modprobe -abq %i\n" &&
      add_unit x.service "${no_default}Wants=modprobe@nouveau.service\n[Service]\nExecStart=/bin/true\n" sysinit.target
  }
  breaks_start by_template
}
case_2_other_unit_loads_driver_by_timer() {
  by_timer() {
    add_unit x.timer "${no_default}[Timer]\nOnBootSec=0\nUnit=y.service\n" sysinit.target &&
      add_unit y.service "${no_default}[Service]\nExecStart=/sbin/modprobe nouveau\n"
  }
  breaks_start by_timer
}
case_2_other_unit_loads_driver_in_drop_in() {
  in_drop_in() {
    add_unit x.service "${no_default}[Service]\nExecStart=/bin/true\n" sysinit.target &&
      put "$units/x.service.d/y.conf" '[Service]\nExecStartPost=/sbin/modprobe nouveau\n'
  }
  breaks_start in_drop_in
}
case_2_other_unit_before_gate() {
  breaks_start add_unit x.service "${no_default}Before=vfio-early-gate.service\n[Service]\nExecStart=/bin/other\n" sysinit.target
}
case_2_other_unit_mounts_over_vfio_early() {
  breaks_start add_unit usr-bin.mount "${no_default}Before=vfio-early-gate.service\n[Mount]\nWhat=tmpfs\nWhere=/usr/bin\n" sysinit.target
}
case_2_other_unit_in_a_cycle() {
  breaks_start add_unit x.service "${no_default}Before=vfio-early-gate.service\nAfter=sysinit.target\n" sysinit.target
}
case_2_other_unit_loads_driver_later() {
  later() {
    add_unit systemd-udevd.service "${no_default}Before=sysinit.target\n[Service]\nExecStart=/lib/systemd/systemd-udevd\n" sysinit.target &&
      add_unit x.service "${no_default}After=systemd-udevd.service\n[Service]\nExecStart=/sbin/modprobe nouveau\n" sysinit.target &&
      add_unit y.service '[Service]\nExecStart=/sbin/modprobe nouveau\n' initrd.target
  }
  keeps_passing systemd later
}
case_2_other_unit_loads_no_driver() {
  keeps_passing systemd add_unit x.service "${no_default}[Service]\nExecStart=-/sbin/modprobe -abq dm_mod loop\n" sysinit.target
}
case_2_other_unit_is_never_started() {
  keeps_passing systemd add_unit x.service "${no_default}[Service]\nExecStart=/sbin/modprobe nouveau\n"
}
case_2_installed_units() {
  [[ -e /usr/lib/systemd/system/initrd.target ]] || not_run "systemd is not installed"
  use_installed_units() { cp -r --no-preserve=ownership /usr/lib/systemd/system/. "$units/"; }
  keeps_passing systemd use_installed_units
}

# The configuration of systemd itself.
manager() { put "etc/systemd/$1" "[Manager]\n$2\n"; }
case_2_manager_unit_path() { breaks_start manager system.conf ManagerEnvironment=SYSTEMD_UNIT_PATH=/none; }
case_2_manager_unit_path_quoted() { breaks_start manager system.conf 'ManagerEnvironment="A=b" "SYSTEMD_UNIT_PATH=/none:"'; }
case_2_manager_unit_path_in_drop_in() { breaks_start manager system.conf.d/x.conf ManagerEnvironment=SYSTEMD_UNIT_PATH=/none; }
case_2_manager_unit_path_in_usr() {
  breaks_start put usr/lib/systemd/system.conf.d/x.conf '[Manager]\nManagerEnvironment=SYSTEMD_UNIT_PATH=/none\n'
}
case_2_manager_default_environment() { breaks_start manager system.conf DefaultEnvironment=LD_PRELOAD=/x.so; }
case_2_manager_capabilities() { breaks_start manager system.conf CapabilityBoundingSet=CAP_NET_ADMIN; }
case_2_manager_too_large() {
  large() { manager system.conf "$(perl -e 'print "# ", "x" x 70000')"; }
  breaks_start large
}
case_2_manager_logs() {
  keeps_passing systemd manager system.conf '#ManagerEnvironment=SYSTEMD_UNIT_PATH=/none\nManagerEnvironment=SYSTEMD_LOG_LEVEL=debug\nCrashAction=reboot\nDefaultEnvironment='
}
case_2_manager_of_another_section() { keeps_passing systemd put etc/systemd/system.conf '[X]\nManagerEnvironment=SYSTEMD_UNIT_PATH=/none\n'; }

# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154,SC2317,SC2329  # expanded, set and called elsewhere
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 2, continued: kernel command lines with which vfio-early is not started, or claims nothing.

# vfio_early=off, in other spellings and files.
grub() { put_on_machine /etc/default/grub "GRUB_CMDLINE_LINUX=$1\n"; }
case_2_off_with_dash() { breaks_start grub '"quiet vfio-early=off"'; }
case_2_off_value_in_quotes() { breaks_start grub "'quiet vfio_early=\"off\"'"; }
case_2_off_escaped_quotes() { breaks_start grub '"quiet \\"vfio_early=off\\""'; }
case_2_off_by_variable() { breaks_start put_on_machine /etc/default/grub 'x=off\nGRUB_CMDLINE_LINUX="vfio_early=${x}"\n'; }
case_2_off_in_grub_directory() {
  breaks_start put_on_machine /etc/default/grub.d/x.cfg 'GRUB_CMDLINE_LINUX_DEFAULT+=" vfio_early="off""\n'
}
case_2_off_then_on() { keeps_passing systemd grub '"vfio_early=off vfio_early=on"'; }
case_2_off_overwritten_by_later_file() {
  later() { grub '"vfio_early=off"' && put_on_machine /etc/default/grub.d/x.cfg 'GRUB_CMDLINE_LINUX=quiet\n'; }
  keeps_passing systemd later
}
case_2_off_in_other_parameter() { keeps_passing systemd grub '"x=vfio_early=off"'; }
case_2_off_in_usr_kernel() { breaks_start put_on_machine /usr/lib/kernel/cmdline 'vfio-early=off\n'; }
case_2_off_in_usr_overridden_by_etc() {
  etc() { put_on_machine /usr/lib/kernel/cmdline 'vfio_early=off\n' && put_on_machine /etc/kernel/cmdline 'quiet\n'; }
  keeps_passing systemd etc
}
case_2_off_in_dracut_configuration() {
  breaks_start put_on_machine /etc/dracut.conf.d/x.conf 'kernel_cmdline+=" vfio_early=off "\n'
}
case_2_off_in_limine_default() {
  breaks_start put_on_machine /etc/default/limine 'KERNEL_CMDLINE[default]+="quiet vfio_early=off"\n'
}
case_2_off_in_limine() { breaks_start put_on_machine /boot/limine.conf '/Linux\n    cmdline: quiet vfio_early=off\n'; }
case_2_off_in_refind() { breaks_start put_on_machine /boot/refind_linux.conf '"Boot" "ro vfio_early=off"\n'; }
case_2_off_in_extlinux() {
  breaks_start put_on_machine /boot/extlinux/extlinux.conf 'LABEL l0\n\tLINUX /vmlinuz\n\tAPPEND ro vfio_early=off\n'
}
case_2_off_in_grub_environment() {
  environment() {
    put_on_machine /boot/grub2/grubenv '# GRUB Environment Block\nkernelopts=ro vfio_early=off\n' &&
      put_on_machine /boot/loader/entries/a.conf 'linux /vmlinuz\noptions $kernelopts\n'
  }
  breaks_start environment
}
case_2_off_in_efi_grub() {
  breaks_start put_on_machine /boot/efi/EFI/fedora/grub.cfg 'menuentry x {\n\tlinuxefi /vmlinuz vfio_early="off"\n}\n'
}
case_2_off_in_efi_entries() { breaks_start put_on_machine /efi/loader/entries/a.conf 'linux /vmlinuz\noptions "vfio_early=off"\n'; }
case_2_off_in_first_entry() {
  breaks_start put_on_machine /boot/grub/grub.cfg '\tlinux /vmlinuz vfio_early=off\n\tlinux /vmlinuz quiet\n'
}
case_2_off_for_another_image() {
  other() {
    put_on_machine /boot/grub/grub.cfg \
      'linux /a vfio_early=off\ninitrd /other.img\nlinux /b quiet\ninitrd /bad.img /good.img\n'
  }
  keeps_passing systemd other
}

# Other parameters that prevent the start of vfio-early, or the loading of vfio-pci.
cmdline() { put_on_machine /etc/kernel/cmdline "quiet $1\n"; }
case_2_gate_masked_by_parameter() { breaks_start cmdline rd.systemd.mask=vfio-early-gate.service; }
case_2_bind_masked_by_short_name() { breaks_start cmdline rd.systemd.mask=vfio-early-bind; }
case_2_target_masked_by_parameter() { breaks_start cmdline rd.systemd.mask=sysinit.target; }
case_2_masked_after_the_initramfs() { keeps_passing systemd cmdline systemd.mask=vfio-early-gate.service; }
case_2_masked_for_another_init() { keeps_passing initramfs-tools cmdline rd.systemd.mask=vfio-early-gate; }
case_2_emergency_by_parameter() { breaks_start cmdline rd.systemd.unit=emergency.target; }
case_2_rd_emergency() { breaks_start cmdline rd.emergency; }
case_2_another_unit_by_parameter() { breaks_start cmdline rd.systemd.unit=none.target; }
case_2_rescue_by_parameter() { keeps_passing systemd cmdline rd.systemd.unit=rescue.target; }
case_2_module_blacklist() { breaks_start cmdline module_blacklist=nouveau,vfio_pci; }
case_2_module_blacklist_with_dash() { breaks_start cmdline '"module-blacklist=vfio_pci"'; }
case_2_module_blacklist_of_unknown_module() { keeps_passing systemd cmdline module_blacklist=vfio-pci; }
case_2_modprobe_blacklist() { keeps_passing systemd cmdline modprobe.blacklist=vfio-pci; }
case_2_dracut_blacklist() { keeps_passing systemd cmdline rd.driver.blacklist=vfio-pci; }
case_2_initcall_blacklist() { breaks_start cmdline initcall_blacklist=vfio_pci_init; }
case_2_no_modules() { breaks_start cmdline nomodule; }
case_2_rdinit() { breaks_start cmdline rdinit=/bin/sh; }
case_2_rdinit_of_a_supplement() { breaks_start cmdline rdinit=/vfio-early; }
case_2_rdinit_is_init() { keeps_passing systemd cmdline rdinit=/usr/lib/systemd/systemd; }
case_2_init_of_the_system() { keeps_passing systemd cmdline init=/bin/sh; }
case_2_noinitrd() { breaks_start cmdline noinitrd; }
case_2_unit_path_by_parameter() { breaks_start cmdline SYSTEMD_UNIT_PATH=/none; }
case_2_iommu_off() { breaks_start cmdline iommu=off; }
case_2_disabled_hook() { breaks_mkinitcpio_start cmdline disablehooks=udev,vfio-early; }
case_2_break() { keeps_passing dracut cmdline rd.break=cmdline; }

# Addons, which are appended to the command line of a unified image.
addon_off() {  # DIRECTORY
  needs cpio perl
  machine tree
  mkdir -p image EFI/Linux "$1"
  (cd image && image_files systemd) || exit
  write_image image >initrd
  unified_image quiet initrd >EFI/Linux/x.efi
  unified_image quiet /dev/null >"$1/good.addon.efi"
  verify_image EFI/Linux/x.efi
  expect_status 0
  unified_image 'vfio_early=off' /dev/null >"$1/x.addon.efi"
  verify_image EFI/Linux/x.efi
  expect_status 1 2
  expect_finding_not image.started pass
}
case_2_off_in_addon() { addon_off EFI/Linux/x.efi.extra.d; }
case_2_off_in_addon_of_partition() { addon_off loader/addons; }

# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154,SC2317,SC2329  # expanded, set and called elsewhere
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 2, continued: kernel command lines with which vfio-early is not started, or claims nothing.

# vfio_early=off, in other spellings and files.
grub() { here /etc/default/grub "GRUB_CMDLINE_LINUX=$1\n"; }
case_2_off_with_dash() { started grub '"quiet vfio-early=off"'; }
case_2_off_value_in_quotes() { started grub "'quiet vfio_early=\"off\"'"; }
case_2_off_escaped_quotes() { started grub '"quiet \\"vfio_early=off\\""'; }
case_2_off_by_variable() { started here /etc/default/grub 'x=off\nGRUB_CMDLINE_LINUX="vfio_early=${x}"\n'; }
case_2_off_in_grub_directory() {
  started here /etc/default/grub.d/x.cfg 'GRUB_CMDLINE_LINUX_DEFAULT+=" vfio_early="off""\n'
}
case_2_off_taken_back() { harmless systemd grub '"vfio_early=off vfio_early=on"'; }
case_2_off_replaced_later() {
  later() { grub '"vfio_early=off"' && here /etc/default/grub.d/x.cfg 'GRUB_CMDLINE_LINUX=quiet\n'; }
  harmless systemd later
}
case_2_off_in_value_of_another() { harmless systemd grub '"x=vfio_early=off"'; }
case_2_off_in_usr_kernel() { started here /usr/lib/kernel/cmdline 'vfio-early=off\n'; }
case_2_off_in_usr_replaced() {
  etc() { here /usr/lib/kernel/cmdline 'vfio_early=off\n' && here /etc/kernel/cmdline 'quiet\n'; }
  harmless systemd etc
}
case_2_off_in_dracut_configuration() {
  started here /etc/dracut.conf.d/x.conf 'kernel_cmdline+=" vfio_early=off "\n'
}
case_2_off_in_limine_default() {
  started here /etc/default/limine 'KERNEL_CMDLINE[default]+="quiet vfio_early=off"\n'
}
case_2_off_in_limine() { started here /boot/limine.conf '/Linux\n    cmdline: quiet vfio_early=off\n'; }
case_2_off_in_refind() { started here /boot/refind_linux.conf '"Boot" "ro vfio_early=off"\n'; }
case_2_off_in_extlinux() {
  started here /boot/extlinux/extlinux.conf 'LABEL l0\n\tLINUX /vmlinuz\n\tAPPEND ro vfio_early=off\n'
}
case_2_off_in_grub_environment() {
  environment() {
    here /boot/grub2/grubenv '# GRUB Environment Block\nkernelopts=ro vfio_early=off\n' &&
      here /boot/loader/entries/a.conf 'linux /vmlinuz\noptions $kernelopts\n'
  }
  started environment
}
case_2_off_in_efi_grub() {
  started here /boot/efi/EFI/fedora/grub.cfg 'menuentry x {\n\tlinuxefi /vmlinuz vfio_early="off"\n}\n'
}
case_2_off_in_efi_entries() { started here /efi/loader/entries/a.conf 'linux /vmlinuz\noptions "vfio_early=off"\n'; }
case_2_off_in_first_entry() {
  started here /boot/grub/grub.cfg '\tlinux /vmlinuz vfio_early=off\n\tlinux /vmlinuz quiet\n'
}
case_2_off_for_another_image() {
  other() {
    here /boot/grub/grub.cfg \
      'linux /a vfio_early=off\ninitrd /other.img\nlinux /b quiet\ninitrd /bad.img /good.img\n'
  }
  harmless systemd other
}

# Other parameters that prevent the start of vfio-early, or the loading of vfio-pci.
cmdline() { here /etc/kernel/cmdline "quiet $1\n"; }
case_2_gate_masked_by_parameter() { started cmdline rd.systemd.mask=vfio-early-gate.service; }
case_2_bind_masked_by_short_name() { started cmdline rd.systemd.mask=vfio-early-bind; }
case_2_target_masked_by_parameter() { started cmdline rd.systemd.mask=sysinit.target; }
case_2_masked_after_the_initramfs() { harmless systemd cmdline systemd.mask=vfio-early-gate.service; }
case_2_masked_for_another_init() { harmless initramfs-tools cmdline rd.systemd.mask=vfio-early-gate; }
case_2_emergency_by_parameter() { started cmdline rd.systemd.unit=emergency.target; }
case_2_emergency_by_word() { started cmdline rd.emergency; }
case_2_another_unit_by_parameter() { started cmdline rd.systemd.unit=none.target; }
case_2_rescue_by_parameter() { harmless systemd cmdline rd.systemd.unit=rescue.target; }
case_2_module_blacklist() { started cmdline module_blacklist=nouveau,vfio_pci; }
case_2_module_blacklist_spelled_otherwise() { started cmdline '"module-blacklist=vfio_pci"'; }
case_2_module_blacklist_of_no_module() { harmless systemd cmdline module_blacklist=vfio-pci; }
case_2_modprobe_blacklist() { harmless systemd cmdline modprobe.blacklist=vfio-pci; }
case_2_dracut_blacklist() { harmless systemd cmdline rd.driver.blacklist=vfio-pci; }
case_2_initcall_blacklist() { started cmdline initcall_blacklist=vfio_pci_init; }
case_2_no_modules() { started cmdline nomodule; }
case_2_rdinit() { started cmdline rdinit=/bin/sh; }
case_2_rdinit_of_a_supplement() { started cmdline rdinit=/vfio-early; }
case_2_rdinit_is_init() { harmless systemd cmdline rdinit=/usr/lib/systemd/systemd; }
case_2_init_of_the_system() { harmless systemd cmdline init=/bin/sh; }
case_2_noinitrd() { started cmdline noinitrd; }
case_2_unit_path_by_parameter() { started cmdline SYSTEMD_UNIT_PATH=/none; }
case_2_iommu_off() { started cmdline iommu=off; }
case_2_disabled_hook() { early_started cmdline disablehooks=udev,vfio-early; }
case_2_break() { harmless dracut cmdline rd.break=cmdline; }

# Addons, which are appended to the command line of a unified image.
addon_off() {  # DIRECTORY
  needs cpio perl
  machine tree
  mkdir -p image EFI/Linux "$1"
  (cd image && image_files systemd) || exit
  write_image image >initrd
  unified_image quiet initrd >EFI/Linux/x.efi
  unified_image quiet /dev/null >"$1/good.addon.efi"
  judge_image EFI/Linux/x.efi
  expect_status 0
  unified_image 'vfio_early=off' /dev/null >"$1/x.addon.efi"
  judge_image EFI/Linux/x.efi
  expect_status 1 2
  refuse_finding image.started pass
}
case_2_off_in_addon() { addon_off EFI/Linux/x.efi.extra.d; }
case_2_off_in_addon_of_partition() { addon_off loader/addons; }

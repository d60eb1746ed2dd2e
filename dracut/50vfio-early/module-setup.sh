#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# dracut module: vfio-early, its configuration, vfio-pci, and what starts them first.

check() {
    require_binaries vfio-early || return 1
    # Without a configured card there is nothing to do in this image, unless somebody asks for it.
    [[ -e ${dracutsysrootdir-}/etc/vfio-early.conf || -e ${dracutsysrootdir-}/etc/vfio-early.conf.d ]] || return 255
    return 0
}

depends() {
    return 0
}

# With 'driver = auto': the variant drivers, whose aliases begin with vfio_pci:. In hostonly mode
# those for a function of this host. The kernel's own file is read, which libkmod will read, too.
variant_drivers() {
    local pattern module kind kinds
    grep -qsE '^[[:space:]]*driver[[:space:]]*=[[:space:]]*auto' \
        "${dracutsysrootdir-}"/etc/vfio-early.conf "${dracutsysrootdir-}"/etc/vfio-early.conf.d/*.conf || return 0
    mapfile -t kinds < <(cat /sys/bus/pci/devices/*/modalias)
    while read -r _ pattern module; do
        [[ $hostonly ]] || echo "$module"
        for kind in "${kinds[@]}"; do
            # shellcheck disable=SC2053  # it is a pattern
            [[ vfio_pci:${kind#pci:} != $pattern ]] || echo "$module"
        done
    done < <(grep '^alias vfio_pci:' "${srcmods:?}/modules.alias")
}

installkernel() {
    # Needed for the guest's card, which no driver of this host tells hostonly mode about.
    # shellcheck disable=SC2046  # words
    hostonly='' instmods vfio_pci vfio_iommu_type1 $(variant_drivers)
    # The dead-man rescue's flag is an EFI variable; loaded only where a card asks for that.
    hostonly='' instmods efivarfs
    # Its probe is what releases the boot framebuffer there (early/framebuffer.h).
    if grep -qs '^[[:space:]]*framebuffer[[:space:]]*=[[:space:]]*force' \
        "${dracutsysrootdir-}"/etc/vfio-early.conf{,.d/*.conf}; then
        hostonly='' instmods vmwgfx
    fi
}

install() {
    local unit
    inst_binary vfio-early /usr/bin/vfio-early
    inst_multiple -o /etc/vfio-early.conf /etc/vfio-early.conf.d/*.conf
    inst_rules 60-vfio-early.rules

    if dracut_module_included systemd; then
        for unit in vfio-early-gate.service vfio-early-bind.service; do
            inst_simple "${systemdsystemunitdir:?}/$unit"
            $SYSTEMCTL -q --root "${initdir:?}" add-wants sysinit.target "$unit"
        done
    else
        # 00: before cmdline hook 01, which loads rd.driver.pre=.
        inst_hook cmdline 00 "${moddir:?}/vfio-early-gate.sh"
        # 99: last before the real root; /run moves there with it.
        inst_hook pre-pivot 99 "$moddir/vfio-early-join.sh"
    fi
}

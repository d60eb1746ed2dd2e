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

installkernel() {
    local image=${initdir:?}/lib/modules/${kernel:?} source=${srcmods:?} modules ask
    ask=(vfio-early --modules "${source#"${dracutsysrootdir-}"}")
    [[ -z ${dracutsysrootdir-} ]] || ask+=(--root "$dracutsysrootdir")
    [[ $hostonly ]] || ask+=(--generic)
    mapfile -t modules < <("${ask[@]}" modules "$kernel")
    # None: vfio-early has said why. They are needed for the guest's card, which no driver of this
    # host tells hostonly mode about.
    [[ ${#modules[@]} -eq 0 ]] || hostonly='' instmods "${modules[@]}"
    # The image is compressed as a whole: what is in it twice compressed is unpacked twice.
    if compgen -G "$image/kernel/drivers/vfio/pci/vfio-pci.ko.*" > /dev/null; then
        "${ask[@]}" -o "$image" modules "$kernel" 2>&1 > /dev/null | grep 'stay packed' >&2
    fi
    return 0
}

install() {
    local unit file
    inst_binary vfio-early /usr/bin/vfio-early
    # The pattern is expanded below the root that dracut works on; dracut wants names without it.
    for file in "${dracutsysrootdir-}"/etc/vfio-early.conf{,.d/*.conf}; do
        [[ ! -e $file ]] || inst_multiple "${file#"${dracutsysrootdir-}"}"
    done
    inst_rules 60-vfio-early.rules

    if dracut_module_included systemd; then
        for unit in vfio-early-gate.service vfio-early-bind.service; do
            inst_simple "${systemdsystemunitdir:?}/$unit"
            $SYSTEMCTL -q --root "${initdir:?}" add-wants sysinit.target "$unit"
        done
        inst_simple "$systemdsystemunitdir/systemd-hibernate-resume@.service.d/vfio-early.conf"
    else
        # 00: before cmdline hook 01, which loads rd.driver.pre=.
        inst_hook cmdline 00 "${moddir:?}/vfio-early-gate.sh"
        inst_hook pre-trigger 00 "$moddir/vfio-early-resume.sh"
        # 99: last before the real root; /run moves there with it.
        inst_hook pre-pivot 99 "$moddir/vfio-early-join.sh"
    fi
}

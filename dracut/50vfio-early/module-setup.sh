#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# dracut module: installs vfio-early, its configuration, the modules that it loads, and the
# units or hooks that start it first.

check() {
    require_binaries vfio-early || return 1
    # Without a configuration there is nothing to do in this image: include this module only on
    # request.
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
    # If there are none, vfio-early has printed the reason. They are for the guest's card and
    # not used by a driver of this host, so hostonly mode would omit them.
    [[ ${#modules[@]} -eq 0 ]] || hostonly='' instmods "${modules[@]}"
    # The image is compressed as a whole: modules that are also compressed themselves are
    # decompressed twice.
    if compgen -G "$image/kernel/drivers/vfio/pci/vfio-pci.ko.*" > /dev/null; then
        "${ask[@]}" -o "$image" modules "$kernel" 2>&1 > /dev/null | grep 'not decompressed' >&2
    fi
    return 0
}

install() {
    local unit file
    inst_binary vfio-early /usr/bin/vfio-early
    # Expands the pattern below dracut's root directory. dracut expects the names without it.
    for file in "${dracutsysrootdir-}"/etc/vfio-early.conf{,.d/*.conf}; do
        [[ ! -e $file ]] || inst_multiple "${file#"${dracutsysrootdir-}"}"
    done
    inst_rules 60-vfio-early.rules

    if dracut_module_included systemd; then
        for unit in vfio-early-gate.service vfio-early-bind.service; do
            inst_simple "${systemdsystemunitdir:?}/$unit"
            ${SYSTEMCTL:-systemctl} -q --root "${initdir:?}" add-wants sysinit.target "$unit"
        done
        inst_simple "$systemdsystemunitdir/systemd-hibernate-resume@.service.d/vfio-early.conf"
    else
        # 00: before cmdline hook 01, which loads the modules of rd.driver.pre=.
        inst_hook cmdline 00 "${moddir:?}/vfio-early-gate.sh"
        inst_hook pre-trigger 00 "$moddir/vfio-early-resume.sh"
        # 99: the last hook before the switch to the real root; /run moves there, too.
        inst_hook pre-pivot 99 "$moddir/vfio-early-join.sh"
    fi
}

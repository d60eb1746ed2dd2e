# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by build-initramfs, build-initramfs-tools and build-mkinitcpio: a generator finds us where
# `cmake --install` puts us, and a configuration where an owner puts it, in a mount namespace that
# has these on top. Nothing of it reaches this machine.

# What a generator copies into an image with us, and what "setting:KEY=VALUE" among the OPTIONS adds
# to it: see `configuration` and `setting` in lab.h.
configuration_of() {  # OPTIONS
  local option
  printf '[gaming]\naddress = 0000:01:00\n'
  for option in $1; do
    [[ $option != setting:* ]] || echo "${option#setting:}"
  done
}

# Our installation and the configuration in TREE, a directory that is laid over /.
install_us() {  # TREE BUILD OPTIONS
  DESTDIR=$1 cmake --install "$2" --component early --prefix /usr >/dev/null
  mkdir -p "$1/etc"
  configuration_of "$3" >"$1/etc/vfio-early.conf"
}

# Whatever of ours is installed on this machine and not in TREE is not there in laid_over: a device
# 0:0 hides what a layer below has (Documentation/filesystems/overlayfs.rst, whiteouts).
hide_ours_of_this_machine() {  # TREE
  local path
  # Some of these directories are missing: not every generator is installed.
  { find /usr/bin /usr/lib/{dracut,initcpio,systemd,udev} /usr/share/initramfs-tools /etc \
    -name '*vfio-early*' -prune -print 2>/dev/null || true; } | while read -r path; do
    [[ ! -e $1$path && ! -c $1$path ]] || continue
    mkdir -p "$(dirname "$1$path")"
    mknod "$1$path" c 0 0
  done
}

# Runs a command where TREE/usr and TREE/etc lie over ours, TREE/boot stands for /boot, and the
# modules of KERNEL, a directory that ci/setup made, in /lib/modules.
laid_over() {  # TREE KERNEL COMMAND…
  local namespace=(unshare --mount) version
  version=$(<"$2/version")
  [[ $EUID -eq 0 ]] || namespace+=(--map-root-user)
  mkdir -p "$1"/{etc,boot,"usr/lib/modules/$version"}
  hide_ours_of_this_machine "$1"
  # shellcheck disable=SC2016  # the dollars are the inner shell's
  "${namespace[@]}" bash -euc 'for over in usr etc; do
      mount -t overlay overlay -o "lowerdir=$0/$over:/$over" "/$over"
    done
    mount --bind "$1/lib/modules/$2" "/usr/lib/modules/$2"
    mount --bind "$0/boot" /boot
    exec "${@:3}"' "$1" "$(realpath "$2")" "$version" "${@:3}"
}

# Makes the units of TREE start when systemd-modules-load has done its work, which is too late.
misplace_units() {  # TREE
  sed -i -e '/^Before=/d' -e 's/^DefaultDependencies=no$/&\nAfter=systemd-modules-load.service/' \
    "$1/usr/lib/systemd/system/vfio-early-gate.service"
}

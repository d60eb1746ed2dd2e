# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by build-initramfs, build-initramfs-tools and build-mkinitcpio. A generator finds
# vfio-early where `cmake --install` puts it, and the configuration in /etc, in a mount namespace
# with these files on top. Nothing is written to this machine's root.

# The configuration that a generator copies into an image with vfio-early. A "setting:KEY=VALUE"
# among the OPTIONS is added to it: see `configuration` and `setting` in lab.h.
configuration_of() {  # OPTIONS
  local option
  printf '[gaming]\naddress = 0000:01:00\n'
  for option in $1; do
    [[ $option != setting:* ]] || echo "${option#setting:}"
  done
}

# Installs vfio-early and the configuration in TREE, a directory that is laid over /.
install_vfio_early() {  # TREE BUILD OPTIONS
  DESTDIR=$1 cmake --install "$2" --component early --prefix /usr >/dev/null
  mkdir -p "$1/etc"
  configuration_of "$3" >"$1/etc/vfio-early.conf"
}

# A "files:DIRECTORY" among the OPTIONS: what another program has installed. The directory; nothing if
# there is none.
directory_of() {  # OPTIONS
  local option
  for option in $1; do
    [[ $option != files:* ]] || echo "${option#files:}"
  done
}

# Describes the contents of a directory, for the name of what is built from it.
contents_of() {  # DIRECTORY
  [[ ! $1 ]] || (cd "$1" && find . -printf '%p %m %l\n' -type f -exec sha256sum {} + | LC_ALL=C sort)
}

# The OPTIONS as part of a file's name.
name_of() {  # OPTIONS
  local option
  for option in $1; do printf '.%s' "${option##*/}"; done
}

# Hides vfio-early's files that are installed on this machine but not in TREE: a device 0:0 hides
# the file of a lower layer (Documentation/filesystems/overlayfs.rst, whiteouts).
hide_installed_files() {  # TREE
  local path
  # Some of these directories are missing: not every generator is installed.
  { find /usr/bin /usr/lib/{dracut,initcpio,systemd,udev} /usr/share/initramfs-tools /etc \
    -name '*vfio-early*' -prune -print 2>/dev/null || true; } | while read -r path; do
    [[ ! -e $1$path && ! -c $1$path ]] || continue
    mkdir -p "$(dirname "$1$path")"
    mknod "$1$path" c 0 0
  done
}

# Runs a command with TREE/usr and TREE/etc laid over those of this machine, TREE/boot as /boot, and
# the modules of KERNEL, a directory made by ci/setup, in /lib/modules.
with_overlay() {  # TREE KERNEL COMMAND…
  local namespace=(unshare --mount) version
  version=$(<"$2/version")
  [[ $EUID -eq 0 ]] || namespace+=(--map-root-user)
  mkdir -p "$1"/{etc,boot,"usr/lib/modules/$version"}
  hide_installed_files "$1"
  # shellcheck disable=SC2016  # the dollars are the inner shell's
  "${namespace[@]}" bash -euc 'for over in usr etc; do
      mount -t overlay overlay -o "lowerdir=$0/$over:/$over" "/$over"
    done
    mount --bind "$1/lib/modules/$2" "/usr/lib/modules/$2"
    mount --bind "$0/boot" /boot
    exec "${@:3}"' "$1" "$(realpath "$2")" "$version" "${@:3}"
}

# Makes the units of TREE start after systemd-modules-load, which is too late.
delay_units() {  # TREE
  sed -i -e '/^Before=/d' -e 's/^DefaultDependencies=no$/&\nAfter=systemd-modules-load.service/' \
    "$1/usr/lib/systemd/system/vfio-early-gate.service"
}

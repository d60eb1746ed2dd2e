# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first process of ci/in's namespaces: mounts what a root needs, makes it /, and runs the
# command there until it ends or reaches a limit.
#
#   bash in.sh ROOT DIRECTORY BYTES SECONDS CCACHE COMMAND…     CCACHE: a directory, or empty
set -euo pipefail
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
root=$1 directory=$2 bytes=$3 seconds=$4 ccache=$5
shift 5

mount_devices() {
  local device
  mount -t tmpfs -o mode=755,size=1M devices "$root/dev"
  for device in null zero full random urandom tty kvm; do
    [[ -e /dev/$device ]] || continue
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root"/dev/{pts,shm}
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
  mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s fd/0 "$root/dev/stdin"
  ln -s fd/1 "$root/dev/stdout"
  ln -s fd/2 "$root/dev/stderr"
}

# Mounts this machine's /sys read-only, with all mounts below it: the control groups, and the
# variables of its EFI firmware.
mount_sys() {
  local point
  mount --rbind /sys "$root/sys"
  while read -r _ _ _ _ point _; do
    printf -v point %b "$point"  # a space is \040 there
    [[ $point != "$root/sys" && $point != "$root/sys/"* ]] || mount -o remount,bind,ro "$point"
  done </proc/self/mountinfo
}

mount_ccache() {
  mkdir -p "$ccache" "$root/var/cache/ccache"
  mount --bind "$ccache" "$root/var/cache/ccache"
}

# With pivot_root, since a chroot would forbid user namespaces.
enter_root() {
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount_sys
  mount_devices
  [[ ! $ccache ]] || mount_ccache
  rm -f "$root/etc/resolv.conf"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  cd "$root"
  pivot_root . .
  umount -l .
  cd "$directory"
}

# The memory of all processes here that is not backed by a file. Memory that forked processes
# share counts for each.
memory_in_use() {
  cat /proc/[0-9]*/status 2>/dev/null |
    awk '/^Rss(Anon|Shmem):/ { sum += $2 } END { printf "%d", sum * 1024 }'
}

stop() {  # REASON
  echo "ci/in: stopped the command: $1" >&2
  kill -KILL -1  # all but the first process and this one
  exit
}

watch_limits() {
  while sleep 1; do
    [[ $SECONDS -lt $seconds ]] || stop "it ran for $seconds seconds (see --time)"
    [[ $(memory_in_use) -le $bytes ]] ||
      stop "it used more than $bytes bytes of memory (see --memory)"
  done
}

enter_root
environment=(HOME=/root PATH="$PATH" LANG=C.UTF-8 TERM="${TERM:-dumb}")
[[ ! $ccache ]] || environment+=(CCACHE_DIR=/var/cache/ccache CCACHE_BASEDIR="$directory" CCACHE_NOHASHDIR=1
  CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache)
for name in http_proxy https_proxy no_proxy; do
  [[ -z ${!name-} ]] || environment+=("$name=${!name}")
done
env -i "${environment[@]}" "$@" <&0 &
command=$!
watch_limits &
wait "$command" 2>/dev/null  # without bash's own "Killed"

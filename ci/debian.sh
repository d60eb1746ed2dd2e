# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the scripts here: Debian's packages, and the cache of what is used without being
# installed. What stands in the cache is complete: made aside, then renamed.
PATH=$PATH:/usr/sbin:/sbin
cache=${VFIO_EARLY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-early}

say() { echo "ci/${0##*/}: $*"; }
die() { say "$*" >&2; exit 1; }

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "'$*' needs root: run ci/${0##*/} as root, or install sudo"
  fi
}

# A fresh container has no package lists, an old machine stale ones: try, refresh once, try again.
fresh=
with_fresh_lists() {
  "$@" && return
  [[ -z $fresh ]] || return 1
  say "refreshing the package lists" >&2
  as_root apt-get -qq update >&2 || say "apt-get update complains; going on" >&2
  fresh=yes
  "$@"
}

install_packages() {  # PACKAGE…
  local packages=("$@") missing
  mapfile -t missing < <(comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "${packages[@]}" 2>/dev/null |
      sed -n 's/^ii *//p' | sort -u))
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "installing ${missing[*]}"
  with_fresh_lists as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
    -o Dpkg::Use-Pty=0 --no-install-recommends install "${missing[@]}" >/dev/null ||
    die "could not install ${missing[*]}: see what 'apt-get install' says, and whether" \
      "/etc/apt names bookworm, bookworm-updates and bookworm-security"
}

# A command that makes something in $work, a directory aside, and moves it into $cache whole. Under a
# lock: two runs at once take turns.
make_in_cache() {  # COMMAND…
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  work=$(mktemp -d "$cache/tmp.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  "$@"
  rm -rf "$work"
  exec 9>&-
}

fetch_package() {  # PACKAGE
  say "fetching $1 (it is not installed)"
  cd "$work" || exit
  with_fresh_lists apt-get -qq -o APT::Sandbox::User=root download "$1" ||
    die "could not download $1: is the Debian archive reachable?"
  dpkg-deb -x "$1"_*.deb package
  mv -T package "$cache/$1"
}

# Once, even where another run made it meanwhile.
fetch() {  # RESULT COMMAND…
  [[ -d $cache/$1 ]] || make_in_cache unless_there "$@"
}

unless_there() { [[ -d $cache/$1 ]] || "${@:2}"; }

[[ -r /etc/debian_version ]] || die "this is written for Debian 12, and here is no Debian"

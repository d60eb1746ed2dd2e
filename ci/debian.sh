# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the scripts in this directory and by packaging/build-deb: installs packages of Debian and
# Ubuntu, and keeps the cache of what is used without installation. All entries of the cache are
# complete: each is made in a temporary directory, then renamed.
PATH=$PATH:/usr/sbin:/sbin
cache=${VFIO_EARLY_CACHE:-${XDG_CACHE_HOME:-~/.cache}/vfio-early}

say() { echo "${script:-ci/${0##*/}}: $*"; }
die() { say "$*" >&2; exit 1; }

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "'$*' needs root: run ${script:-ci/${0##*/}} as root, or install sudo"
  fi
}

# A new container has no package lists, an old machine outdated ones: try, refresh once, try
# again.
fresh=
with_fresh_lists() {
  [[ $fresh ]] || ! ("$@") 2>/dev/null || return 0  # in a subshell, without its messages
  [[ $fresh ]] || refresh_lists
  "$@"
}

refresh_lists() {
  say "refreshing the package lists" >&2
  as_root apt-get -qq update >&2 || say "apt-get update failed; continuing" >&2
  fresh=yes
}

missing_packages() {  # PACKAGE…
  comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null |
      sed -n 's/^ii *//p' | sort -u)
}

apt_install() {  # PACKAGE…
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 --no-install-recommends install "$@" >/dev/null
}

install_packages() {  # PACKAGE…
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  command -v apt-get >/dev/null || die "apt not found: install these packages (Debian's" \
    "names): ${missing[*]}"
  say "installing ${missing[*]}"
  with_fresh_lists apt_install "${missing[@]}" ||
    die "could not install ${missing[*]}: see the messages of apt-get"
}

# The first mirror of DISTRIBUTION in this machine's own apt lists, not a disc; with "security", of its
# security archive.
machine_mirror() {  # DISTRIBUTION [security]
  # shellcheck disable=SC2016  # the dollar signs are for apt
  env -u APT_CONFIG apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' \
    'Created-By: Packages' 2>/dev/null |
    awk -v origin="$1" -v security="${2:+yes}" '
      $3 !~ /^cdrom:/ && $1 == origin && ($2 ~ /-security$/ ? "yes" : "") == security { sub(/\/$/, "", $3); print $3; exit }' |
    grep .
}

# The mirror to fetch other suites of DISTRIBUTION from. If the machine names no security
# archive (sid has none), it is assumed beside its mirror, as on Debian's own mirrors.
mirror_of() {  # DISTRIBUTION [security]
  local mirror=${VFIO_EARLY_MIRROR-}
  if [[ ! $mirror ]]; then
    ! machine_mirror "$@" || return 0
    mirror=$(with_fresh_lists machine_mirror "$1") ||
      die "no archive of $1 found in the apt sources: set VFIO_EARLY_MIRROR to the URL of a mirror of $1"
    ! machine_mirror "$@" || return 0
  fi
  echo "$mirror${2:+-security}"
}

# The archive of a SUITE of Debian, for apt: MIRROR SUITE COMPONENT.
debian_archive() {  # SUITE
  local mirror security=
  [[ $1 != *-security ]] || security=security
  mirror=$(mirror_of Debian $security) || return
  echo "$mirror $1 main"
}

# The keyring that verifies the archive of DISTRIBUTION.
archive_keyring() {  # DISTRIBUTION
  local keyring
  for keyring in "/usr/share/keyrings/$1-archive-keyring".{gpg,pgp}; do
    [[ ! -r $keyring ]] || { echo "$keyring"; return; }
  done
  die "the keys of $1's archive are missing: install the package ${1/debian/debian-archive}-keyring"
}

# Makes apt-get and apt-cache use only SOURCES, and keep their state in $work. Of the machine's
# configuration only the settings for HTTP count.
use_private_apt() {  # SOURCES
  local acquire
  mkdir -p "$work"/apt/{lists,archives}/partial
  echo "$1" >"$work/apt/sources.list"
  : >"$work/apt/status"
  acquire=$(apt-config dump | grep '^Acquire::http' || true)
  cat >"$work/apt/apt.conf" <<END
$acquire
Acquire { Languages "none"; Retries "3"; AllowInsecureRepositories "false"; };
Acquire::Check-Valid-Until "false";  # a mirror may be older than that; signatures still count
APT { Architecture "amd64"; Architectures { "amd64"; }; Sandbox::User "root"; };
APT::Get::AllowUnauthenticated "false";
Dir { State "$work/apt"; State::status "$work/apt/status"; Cache "$work/apt"; Etc "$work/apt"; };
Dir::Etc { parts "/dev/null"; sourceparts "/dev/null"; preferencesparts "/dev/null"; };
Dir::Etc::trustedparts "/dev/null";
END
  export APT_CONFIG=$work/apt/apt.conf
  apt-get -qq update
}

# Runs COMMAND, which makes something in $work, a temporary directory, and moves it into $cache
# as a whole. It holds a lock: two runs at the same time take turns.
make_in_cache() {  # COMMAND…
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  work=$(mktemp -d "$cache/tmp.XXXXXX")
  # debootstrap may have left /sys mounted in there.
  trap 'rm -rf --one-file-system "$work"' EXIT
  "$@"
  rm -rf --one-file-system "$work"
  exec 9>&-
}

# The machine's archives as source entries. apt itself reads its source lists, which have two
# forms.
source_entries() {
  local origin archive keyring found=
  # shellcheck disable=SC2016  # the dollar signs are for apt
  local format='$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)'
  while read -r origin archive; do
    keyring=$(archive_keyring "${origin,,}") || return
    echo "deb-src [signed-by=$keyring] $archive"
    found=yes
  done < <(apt-get indextargets --format "$format" 'Created-By: Packages' 2>/dev/null |
    grep -E '^(Debian|Ubuntu) .* main$' | sort -u)
  [[ $found ]]
}

# Fetches the distribution's source of kmod: $cache/kmod-archive/kmod_VERSION.orig.tar.*. Only the
# tarball: a mirror may lack the .dsc, and apt verifies each file by the archive's index. The version
# is that of the installed libkmod, else the newest.
fetch_kmod_archive() (  # in a subshell: use_private_apt changes the environment
  say "fetching the source of kmod"
  # shellcheck disable=SC2016  # the dollar sign is for dpkg-query
  version=$(dpkg-query -W -f '${source:Version}\n' libkmod-dev libkmod2 2>/dev/null | head -n 1) || true
  entries=$(with_fresh_lists source_entries) || die "no archive of Debian or Ubuntu found in /etc/apt"
  mkdir "$work/archive"
  cd "$work/archive"
  use_private_apt "$entries" || true  # one archive may be unreachable, and another have kmod
  { [[ $version ]] && apt-get -qq source --tar-only "kmod=$version"; } || apt-get -qq source --tar-only kmod ||
    die "no source of kmod found: is the archive reachable?"
  mv -T "$work/archive" "$cache/kmod-archive"
)

# In a subshell, since the caller must stay in its directory: $work is deleted soon.
fetch_package() (  # PACKAGE
  say "fetching $1 (it is not installed)"
  cd "$work" || exit
  with_fresh_lists apt-get -qq -o APT::Sandbox::User=root download "$1" ||
    die "could not download $1: is the Debian archive reachable?"
  dpkg-deb -x "$1"_*.deb package
  mv -T package "$cache/$1"
)

# Makes RESULT only once, even if another run makes it at the same time.
fetch() {  # RESULT COMMAND…
  [[ -d $cache/$1 ]] || make_in_cache unless_cached "$@"
}

unless_cached() { [[ -d $cache/$1 ]] || "${@:2}"; }

# Runs COMMAND in a subshell: an error ends the subshell only. Sets `status`.
# shellcheck disable=SC2034  # used by the scripts that source this
attempt() {  # COMMAND…
  set +e
  (set -e; "$@")
  status=$?
  set -e
}

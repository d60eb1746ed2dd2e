# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs in a clean root of SUITE (ci/release.d/debian-suite): builds the packages from the archive at standard
# input, checks them, and writes a tar archive with the packages and checks.txt to standard output.
#
#   bash debian.sh NAME-OF-ARCHIVE SUITE
set -euo pipefail
exec 3>&1 1>&2  # standard output has only the archive; messages go to standard error
archive=/var/tmp/$1 suite=$2 results=/var/tmp/results base=/var/tmp/base.tar.gz
export DEBIAN_FRONTEND=noninteractive
mkdir -p "$results"
cat >"$archive"

# Runs a check, and goes on if it fails.
failed=
check() {  # NAME COMMAND…
  local result=passed began=$SECONDS
  echo "==== $1"
  # In a shell of its own, so that set -e has an effect.
  set +e
  (set -e; "${@:2}")
  local status=$?
  set -e
  [[ $status -eq 0 ]] || { result="FAILED (exit status $status)"; failed=yes; }
  echo "$1: $result, $((SECONDS - began)) s" | tee -a "$results/checks.txt"
  return "$status"
}

# What is in the root before anything is installed, for piuparts.
save_root() {
  local devices=/var/tmp/devices
  mkdir -p $devices/dev
  mknod -m 666 $devices/dev/null c 1 3
  mknod -m 666 $devices/dev/zero c 1 5
  mknod -m 666 $devices/dev/urandom c 1 9
  tar --one-file-system -C / --exclude="./var/cache/ccache" --exclude="./var/tmp/*" --exclude="./tmp/*" --exclude=".$PWD" -cf "${base%.gz}" .
  tar -rf "${base%.gz}" -C $devices ./dev
  gzip -1 "${base%.gz}"
}

build() { bash packaging/build-deb -a "$archive" -o "$results" 2>&1 | tee /var/tmp/build.txt; }

# Debian's hardening flags cause warnings that our other builds do not have.
find_compiler_warnings() { ! grep 'warning: .*\[-W' /var/tmp/build.txt; }

install() { apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends install "$@"; }

run_lintian() {
  local suppress=()
  # It does not know dpkg's field Static-Built-Using, and packages with debug symbols have no overrides.
  [[ $suite != bookworm ]] || suppress=(--suppress-tags unknown-field)
  install lintian
  lintian --allow-root --info --fail-on error,warning "${suppress[@]}" "$results"/*.changes
}

# Installs, upgrades, removes and purges, and looks at what is printed and left.
scripts() {
  install "$results"/vfio-early_*.deb
  apt-get -qq -y purge vfio-early
  bash tests/package-deb "$results"/vfio-early_*.deb
}

# An archive with the same packages and a lower version, inside the root for piuparts: it upgrades from them.
add_older_packages() {
  local older=/var/tmp/older package tree=/var/tmp/tree
  mkdir -p $older/var/older $older/etc/apt/sources.list.d
  for package in "$results"/vfio-{early,bench}_*.deb; do
    rm -rf $tree
    dpkg-deb -R "$package" $tree
    sed -i 's/^\(Version: .*\)/\1~~older/' $tree/DEBIAN/control
    dpkg-deb -Zgzip -b $tree $older/var/older
  done
  (cd $older/var/older && dpkg-scanpackages . >Packages)
  echo 'deb [trusted=yes] file:/var/older ./' >$older/etc/apt/sources.list.d/older.list
  gzip -d "$base"
  tar -rf "${base%.gz}" -C $older --owner=0 --group=0 ./var/older ./etc/apt/sources.list.d
  gzip -1 "${base%.gz}"
}

run_piuparts() {
  install piuparts
  add_older_packages
  piuparts --basetgz="$base" --keep-sources-list --distribution="$suite" --no-eatmydata \
    --warn-on-debsums-errors "$results"/vfio-{early,bench}_*.deb
}

run_autopkgtest() {
  install autopkgtest
  autopkgtest --no-built-binaries "$results"/vfio-{early,bench}_*.deb "$results"/*.dsc -- null
}

save_root
if check build build; then
  check "no compiler warnings" find_compiler_warnings || true
  check lintian run_lintian || true
  check "install, upgrade, remove, purge" scripts || true
  check piuparts run_piuparts || true
  check autopkgtest run_autopkgtest || true
fi
tar -C "$results" -cf - . >&3
[[ ! $failed ]]

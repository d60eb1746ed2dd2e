# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by package-rpm and package-arch, which set `scratch`, a temporary directory, and `build`, a
# release build of this tree, and `source`: compares the files of a package with those of `cmake --install`.

fail() { echo "FAILED: $*"; exit 1; }

# MODE PATH CONTENT of each file and link below DIRECTORY. CONTENT is a checksum, the target of a link, or
# "-" for a program and for a compressed file: strip and gzip change their bytes.
list_files() {  # DIRECTORY
  local mode path target content
  (cd "$1" && find . -mindepth 1 ! -type d -printf '%M\t%P\t%l\n') | LC_ALL=C sort -t $'\t' -k 2 |
    while IFS=$'\t' read -r mode path target; do
      content=$target
      if [[ ! $target ]]; then
        content=$(sha256sum <"$1/$path")
        content=${content%% *}
        [[ $path != *.gz && $(head -c 4 "$1/$path" | tr -d '\0') != $'\x7fELF' ]] || content=-
      fi
      printf '%s %s %s\n' "$mode" "$path" "$content"
    done
}

# What `cmake --install` installs: vfio-early, or the component bench.
installed_by_cmake() {  # DIRECTORY [OPTION…]
  DESTDIR=$1 cmake --install "$build" "${@:2}" >/dev/null
}

# As the packages have them: zsh's directory is Debian's in this build, and gzip compresses the man pages.
# Of these, only the names are compared.
as_packaged() {
  sed -E -e 's,zsh/vendor-completions,zsh/site-functions,' \
    -e 's,^(.* usr/share/man/[^ ]*) .*,\1.gz -,'
}

# The packages must have the files of the list EXPECTED, with these modes and contents, each once. Only
# root may write them, and everybody may read the directories.
expect_files() {  # EXPECTED DIRECTORY…
  local directory expected=$1 wrong
  shift
  for directory in "$@"; do list_files "$directory"; done | LC_ALL=C sort -k 2 >"$scratch/found"
  LC_ALL=C sort -k 2 "$expected" | diff - "$scratch/found" >"$scratch/difference" || return
  wrong=$(find "$@" -mindepth 1 \( -type d ! -perm 755 -o -type f -perm /022 \) -printf '%M %P\n')
  [[ ! $wrong ]] || { echo "$wrong" >"$scratch/difference"; return 1; }
}

# The comparison finds a file that is missing, one with another mode, and one with other text.
expect_findings() {  # EXPECTED DIRECTORY
  local copy=$scratch/control
  cp -a "$2" "$copy"
  rm "$copy/usr/lib/udev/rules.d/60-vfio-early.rules"
  chmod -x "$copy/usr/bin/vfio-early"
  sed -i '1s,/bin/sh,/usr/bin/sh,' "$copy/usr/lib/dracut/modules.d/50vfio-early/vfio-early-gate.sh"
  ! expect_files "$1" "$copy" "${@:3}" || fail "a wrong package is not found"
  [[ $(grep -c '^<' "$scratch/difference") -eq 3 && $(grep -c '^>' "$scratch/difference") -eq 2 ]] ||
    fail "a wrong package has these findings: $(cat "$scratch/difference")"
}

# A line of the list for FILE, a copy of SOURCE.
list_copy() {  # FILE SOURCE
  local sum
  sum=$(sha256sum <"$2")
  echo "-rw-r--r-- $1 ${sum%% *}"
}

# The names of the files that the programs write, and that are deleted with the package.
state_files() {
  sed -n 's/.*kVariable = "\(.*\)";.*/\1/p' "$source/early/rescue.cc" | grep .
  sed -n 's|.*"/var/lib/vfio-early/\([a-z-]*\.json\)".*|\1|p' "$source"/verify/*.h "$source"/verify/passport/*.h | grep .
}

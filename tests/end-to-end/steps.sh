# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced: named steps, one line of output each. The first that fails ends the script, and the ends
# of its output and of the console are printed.
#
#   step NAME COMMAND…            COMMAND must succeed
#   says PATTERN COMMAND…         COMMAND must succeed and print PATTERN (grep -E)
#   exits STATUS COMMAND…         COMMAND must end with STATUS
#   not COMMAND…                  COMMAND must fail, but not for lack of an answer
# Use: set -eE, $directory a directory for logs; `keep_table FILE` first.
current='' began=0

keep_table() {  # FILE
  table=$1
  : >"$table"
  exec 3>&1
  trap finish EXIT
}

line() { printf '%-4s %4d s  %s\n' "$1" $((SECONDS - began)) "$current" | tee -a "$table" >&3; }

step() {  # NAME COMMAND…
  current=$1 began=$SECONDS
  # shellcheck disable=SC2154
  "${@:2}" >"$directory/step.log" 2>&1
  { echo "--- $current"; cat "$directory/step.log"; } >>"$directory/steps.log"
  line ok
  current=
}

finish() {
  [[ $current ]] || return 0
  line FAIL
  {
    echo "--- the end of the output"
    tail -n 40 "$directory/step.log"
    echo "--- the end of the console"
    tail -n 25 "$directory/console.log" | tr -d '\r'
  } >&3 2>&1
}

says() {  # PATTERN COMMAND…
  local output
  output=$("${@:2}") || { echo "$output"; return 1; }
  echo "$output"
  grep -qE -e "$1" <<<"$output" || { echo "missing: $1"; return 1; }
}

exits() {  # STATUS COMMAND…
  local status=0
  "${@:2}" || status=$?
  [[ $status == "$1" ]] || { echo "status $status instead of $1"; return 1; }
}

not() {  # COMMAND…
  local status=0
  "$@" || status=$?
  ((status > 0 && status < 124)) || { echo "status $status, but the command must fail"; return 1; }
}

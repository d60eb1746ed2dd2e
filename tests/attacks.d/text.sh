# shellcheck shell=bash disable=SC2154  # tests/attacks sets them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 10: control sequences and invalid characters, in inspected files and in arguments, that would
# reach a terminal, a CI report or metrics.

clear_screen=$'\033[2J' c1_clear_screen=$'\302\2332J' right_to_left=$'\342\200\256' not_a_character=$'\357\277\276'
# Invisible characters: a soft hyphen, zero-width spaces, fillers, selectors and tags.
invisible=(
  $'\302\255' $'\315\217' $'\341\205\237' $'\341\205\240' $'\341\240\216' $'\342\200\213' $'\342\200\215'
  $'\342\200\217' $'\342\201\240' $'\342\201\244' $'\343\205\244' $'\357\270\217' $'\357\273\277'
  $'\357\276\240' $'\363\240\200\201' $'\363\240\201\201' $'\363\240\204\200'
)
all_invisible=$(printf %s "${invisible[@]}")

# The output, which goes to a file here, has none of these characters.
expect_clean() {
  local hidden
  for hidden in $'\033' $'\302\233' "$right_to_left" "$not_a_character" $'\a' $'\r' "${invisible[@]}"; do
    ! grep -qF -- "$hidden" out err || fail "it prints $(printf %s "$hidden" | od -An -tx1)"
  done
}
# A machine with these names.
named_machine() {  # KERNEL DISTRIBUTION CARD
  needs perl
  rm -rf tree
  machine tree
  echo "$1" >tree/proc/sys/kernel/osrelease
  mkdir -p tree/usr/lib
  printf 'PRETTY_NAME="%s"\n' "$2" >tree/etc/os-release
  printf '[%s]\naddress = 0000:07:00\n' "$3" >tree/etc/vfio-early.conf
}
heading() {  # WORDS
  named_machine "6.12.0 kern$1el" "Distri$1bution" "ca$1rd"
  run "$verify" --root tree
}
clean_heading() {
  heading ''
  expect_text out Distribution
  expect_text out '[card]'
  heading "$1"
  expect_text out Distri
  expect_clean
}
case_10_escape_in_heading() { clean_heading "$clear_screen"; }
case_10_c1_in_heading() { clean_heading "$c1_clear_screen"; }
case_10_bidi_in_heading() { clean_heading "$right_to_left"; }
case_10_invisible_in_heading() { clean_heading "$all_invisible"; }
invisible_in_report() {  # FORMAT
  named_machine 6.12.0 "" card
  run "$verify" --root tree --format "$1"
  expect_text out bind.
  named_machine "6.12.0${all_invisible}kernel" "" "ca${all_invisible}rd"
  run "$verify" --root tree --format "$1"
  expect_text out 'ca????'
  expect_clean
}
case_10_invisible_in_json() { invisible_in_report json; }
case_10_invisible_in_html() { invisible_in_report html; }
case_10_invisible_in_tap() { invisible_in_report tap; }
case_10_invisible_in_arguments() {
  run "$verify" "--no-such$all_invisible"
  expect_status 64
  expect_text err no-such
  expect_clean
  run "$early" "plan$all_invisible"
  expect_status 2
  expect_text err plan
  expect_clean
}
case_10_escape_in_usage() {
  for argument in --no-such --format= "" "-"; do
    run "$verify" "${argument}x${clear_screen}x$c1_clear_screen$right_to_left"
    expect_status 64 2
    expect_text err x
    expect_clean
  done
}
case_10_escape_in_file_name() {
  local command
  for command in image firmware diff; do
    run "$verify" $command "missing${clear_screen}x$c1_clear_screen"
    expect_status 2 64
    expect_text err missing
    expect_clean
  done
  run "$verify" --root "missing${clear_screen}x$c1_clear_screen" list
  expect_status 2 64
  expect_clean
}
report() {  # FORMAT
  # A C0 control character makes the configuration unreadable: its names would not be printed.
  named_machine 6.12.0 "" "ca${c1_clear_screen}r${right_to_left}d$not_a_character"
  run "$verify" --root tree --format "$1"
  expect_text out bind.plan
  expect_clean
}
case_10_junit() {
  needs xmllint
  named_machine 6.12.0 "" card
  run "$verify" --root tree --format junit
  xmllint --noout out || fail "xmllint rejects the usual report"
  report junit
  xmllint --noout out 2>complaint || fail "xmllint rejects the report: $(head -n 1 complaint)"
}
case_10_html() {
  needs xmllint
  report html
  xmllint --noout out 2>complaint || fail "xmllint rejects the page: $(head -n 1 complaint)"
}
case_10_tap() { report tap; }
case_10_prometheus() {
  named_machine "6.12.0$c1_clear_screen$right_to_left$clear_screen" "" card
  run "$verify" --root tree --format prometheus
  expect_text out 'kernel="6.12.0'
  expect_clean
}
case_10_list() {
  named_machine 6.12.0 "" "ca${c1_clear_screen}rd$right_to_left"
  printf '[card%s]\naddress = 0000:01:00\n' "$c1_clear_screen$right_to_left" >tree/etc/vfio-early.conf
  run "$verify" --root tree list
  expect_text out card
  expect_clean
}

# Messages of vfio-early, which the console shows as well.
run_early_with_name() {  # NAME
  machine tree
  printf '[%s]\naddress = 0000:07:00\n' "$1" >tree/etc/vfio-early.conf
  run "$early" --root tree
  expect_text out ca
}
case_10_early_messages() {
  run_early_with_name card
  expect_text out '[card]'
  run_early_with_name "ca${c1_clear_screen}r${right_to_left}d$not_a_character"
  expect_clean
  run_early_with_name "ca${all_invisible}rd"
  expect_clean
  run "$early" "plan$clear_screen$c1_clear_screen"
  expect_status 2
  expect_clean
}

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by ci/long: the record of test results. A result is a line "Passed 1234567 2026-11-28 TEST"
# (or Failed, Skipped: result, commit, date, test) and what the test measured, or why it did not run,
# in indented lines after it. Each test has its last result.
declare -A results=()  # by test: its lines

read_record() {  # FILE
  local line test=
  results=()
  while IFS= read -r line; do
    case $line in
      '  '*) results[$test]+=$'\n'$line ;;
      'Passed '* | 'Failed '* | 'Skipped '*) test=${line##* } results[$test]=$line ;;
    esac
  done <"$1"
}

# Through a rename: an interruption leaves the old record or the new one.
write_record() {  # FILE
  local test
  {
    echo "The last result of each test of ci/long: result, commit, date, test, what it measured."
    printf '%s\n' "${!results[@]}" | LC_ALL=C sort |
      while IFS= read -r test; do printf '%s\n' "${results[$test]}"; done
  } >"$1.new"
  mv "$1.new" "$1"
}

result_at() {  # TEST COMMIT: prints Passed, Failed, Skipped or nothing
  [[ ${results[$1]-} != *" $2 "* ]] || echo "${results[$1]%% *}"
}

# 'boot.Long/Claim.First/6_1  # GetParam() = "6.1"' is Claim.First/6_1.
test_name() {  # NAME-IN-CTEST
  local name=${1%%  #*}
  name=${name#boot.}
  name=${name#long.}
  name=${name#Linux/}
  echo "${name#Long/}"
}

keep_result() {  # FILE RESULT COMMIT TEST DETAILS
  results[$4]="$2 $3 $(date +%F) $4$5"
  write_record "$1"
}

# Reads the output of `ctest -V`, where each line begins with the number of its test since
# tests run in parallel, and records each result as soon as its test ends. A test reports what
# it measured in lines "measured: …", and why it did not run in a line "not run: …".
record_results() {  # FILE COMMIT LOG
  local line number progress test outcome result
  local ended='^ *([0-9]+/[0-9]+) Test +#([0-9]+): ([^ ]+)( +#.*)? \.+(\*\*\*| +)([A-Z][A-Za-z ]*[a-z])'
  declare -A details=()
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$3"
    if [[ $line =~ ^([0-9]+):\ measured:\ (.*) ]]; then
      details[${BASH_REMATCH[1]}]+=$'\n'"  ${BASH_REMATCH[2]}"
    elif [[ $line =~ ^([0-9]+):\ not\ run:\ (.*) ]]; then
      details[${BASH_REMATCH[1]}]+=$'\n'"  not run: ${BASH_REMATCH[2]}"
    elif [[ $line =~ $ended ]]; then
      number=${BASH_REMATCH[2]} progress=${BASH_REMATCH[1]} outcome=${BASH_REMATCH[6]} result=Failed
      test=$(test_name "${BASH_REMATCH[3]}")
      case $outcome in
        Passed | Skipped) result=$outcome ;;
        *) details[$number]+=$'\n'"  failed: $outcome" ;;
      esac
      echo "$progress $result $test"
      [[ $result != Failed ]] || echo "  its output: grep ^$number: $3"
      keep_result "$1" "$result" "$2" "$test" "${details[$number]-}"
    fi
  done
}

# SPDX-License-Identifier: GPL-2.0-or-later
#
#   awk -v commit=1234567 -f ci/outcome.awk STORIES tests/long.txt LOG | sort -k3 | tr '\1' '\n'
#
# What is known of each long story: what stands in tests/long.txt, but for the stories that are told
# anew in LOG, ctest's own. A story is a line "Passed 1234567 Long/Claim.First/6_12", and what it
# measured follows in indented lines. Newlines are written as \1, so that stories can be sorted.
#   STORIES  the list that `ctest -N` prints: others there were once, and they are forgotten
FILENAME == ARGV[1] { if (sub(/.* long\./, "")) there[$1]; next }

FILENAME == ARGV[2] && /^(Passed|Failed|Untold) / { story = $3; known[story] = $0 }
FILENAME == ARGV[2] && /^  / { known[story] = known[story] "\1" $0 }
FILENAME == ARGV[2] { next }

/ Testing: long\./ { story = $3; sub(/^long\./, "", story); details = "" }
/^measured: / { sub(/^measured: /, ""); details = details "\1  " $0 }
/NOT TOLD: / { sub(/.*NOT TOLD: /, ""); details = "\1  NOT TOLD: " $0 }
/^Test [A-Z][A-Za-z ]*\.$/ {
  outcome = $2 == "Failed." ? "Failed" : details ~ /NOT TOLD/ ? "Untold" : $2 == "Passed." ? "Passed" : "Failed"
  known[story] = outcome " " commit " " story details
}

END { for (story in known) if (story in there) print known[story] }

// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is taken back of a file that the user edited since.
#include "early/enable/edited_text.h"

#include <gtest/gtest.h>

namespace early::enable {
namespace {

using Text = std::optional<std::string>;

struct EditedCase {
  const char* name;
  Text before, after, edited;
  Found found;
  Text undone = {};
};

const Text kNoFile;
const char* const kDropIn = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX x=on\"\n";
const std::string kSet = "GRUB_CMDLINE_LINUX=\"quiet\"\n";
const std::string kLonger = "GRUB_CMDLINE_LINUX=\"quiet x=on\"\n";

const EditedCase kCases[] = {
    {"a line after ours", "a\n", "a\nours\n", "a\nours\nmore\n", Found::kLines, "a\nmore\n"},
    {"a line before ours", "a\n", "a\nours\n", "b\na\nours\n", Found::kLines, "b\na\n"},
    {"the line before ours was edited", "a\n", "a\nours\n", "b\nours\n", Found::kLines, "b\n"},
    {"our line was moved", "a\nb\n", "a\nb\nours\n", "a\nours\nb\n", Found::kLines, "a\nb\n"},
    {"the last line had no end", "a", "a\nours\n", "a\nours\nmore\n", Found::kLines, "a\nmore\n"},
    {"an editor added the end", "root=a", "root=a x=on", "root=a x=on\n", Found::kLines,
     "root=a\n"},
    {"our line was removed", "a\n", "a\nours\n", "a\nmore\n", Found::kNothing, "a\nmore\n"},
    {"our line is there twice", "a\n", "a\nours\n", "a\nours\nours\n", Found::kAmbiguous},
    {"the user had the same line", "ours\na\n", "ours\na\nours\n", "ours\nb\n", Found::kAmbiguous},
    {"one of two places", "a\nb\nc\n", "1\na\nb\nc\n2\n", "1\na\nB\nc\n", Found::kLines,
     "a\nB\nc\n"},

    {"another line was edited", kSet + "T=1\n", kLonger + "T=1\n", kLonger + "T=2\n", Found::kLines,
     kSet + "T=2\n"},
    {"our word was removed", kSet, kLonger, "GRUB_CMDLINE_LINUX=\"quiet splash\"\n",
     Found::kNothing, "GRUB_CMDLINE_LINUX=\"quiet splash\"\n"},
    {"the line has one more word", kSet, kLonger, "GRUB_CMDLINE_LINUX=\"quiet splash x=on\"\n",
     Found::kAmbiguous},
    {"the quotes were removed", "V=\"\"\n", "V=\"x=on\"\n", "V=x=on\n", Found::kAmbiguous},
    {"our line became a comment", kSet, kLonger, kSet + "# " + kLonger, Found::kNothing,
     kSet + "# " + kLonger},

    {"our word was removed from our file", kNoFile, kDropIn,
     "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX\"\n", Found::kNothing,
     "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX\"\n"},
    {"our file has another line", kNoFile, kDropIn, std::string(kDropIn) + "T=1\n", Found::kLines,
     "T=1\n"},
    {"our file has another text", kNoFile, kDropIn, "T=1\n", Found::kNothing, "T=1\n"},
    {"our file is empty", kNoFile, kDropIn, "", Found::kNothing, kNoFile},
    {"our file has only our comment", kNoFile, "# ours\n[card]\n", "# ours\n\n", Found::kNothing,
     kNoFile},
    {"our file has another comment", kNoFile, "# ours\n[card]\n", "# ours\n# mine\n",
     Found::kNothing, "# ours\n# mine\n"},
    {"a part of our file", kNoFile, "[card]\naddress = 1\n", "[card]\naddress = 2\n",
     Found::kAmbiguous},

    {"the file was removed", "a\n", "a\nours\n", kNoFile, Found::kNothing, kNoFile},
    {"the change removed the file", "a\n", kNoFile, "b\n", Found::kAmbiguous},
    {"a line that the change removed", "a\nb\nc\n", "a\nc\n", "a\nc\nd\n", Found::kAmbiguous},
};

TEST(EditedText, LosesOnlyTheLinesOfTheChange) {
  for (const EditedCase& each : kCases) {
    const UndoneEdit undone = undo_in_edited(each.before, each.after, each.edited);
    EXPECT_EQ(undone.found, each.found) << each.name;
    EXPECT_EQ(undone.text, each.undone) << each.name;
  }
}

// After a crash, undo is repeated: what was undone once counts as undone.
TEST(EditedText, IsUndoneOnce) {
  for (const EditedCase& each : kCases) {
    if (each.found == Found::kAmbiguous) continue;
    const UndoneEdit again = undo_in_edited(each.before, each.after, each.undone);
    EXPECT_EQ(again.found, Found::kNothing) << each.name;
    EXPECT_EQ(again.text, each.undone) << each.name;
  }
}

}  // namespace
}  // namespace early::enable

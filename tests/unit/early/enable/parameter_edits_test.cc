// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/parameter_edits.h"

#include <gtest/gtest.h>

namespace early::enable {
namespace {

constexpr const char* kGrub = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX PARAMETERS\"";
constexpr const char* kAppended = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX intel_iommu=on\"\n";

std::string extend(const std::string& text, const char* extension = kGrub) {
  return extend_variable(text, extension, "intel_iommu=on").value_or("refused");
}

TEST(ExtendVariable, ChangesTheValueWhereItIs) {
  // Debian's file, cut
  EXPECT_EQ(extend("# If you change this file, run 'update-grub' afterwards to update\n"
                   "GRUB_DEFAULT=0\n"
                   "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
                   "GRUB_CMDLINE_LINUX=\"\"\n"
                   "\n"
                   "#GRUB_TERMINAL=console\n"),
            "# If you change this file, run 'update-grub' afterwards to update\n"
            "GRUB_DEFAULT=0\n"
            "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
            "GRUB_CMDLINE_LINUX=\"intel_iommu=on\"\n"
            "\n"
            "#GRUB_TERMINAL=console\n");
  EXPECT_EQ(extend("GRUB_CMDLINE_LINUX='root=/dev/a \"quiet\"'  # mine\n"),
            "GRUB_CMDLINE_LINUX='root=/dev/a \"quiet\" intel_iommu=on'  # mine\n");
  EXPECT_EQ(extend("GRUB_CMDLINE_LINUX=\"dyndbg=\\\"file x +p\\\" \"\n"),
            "GRUB_CMDLINE_LINUX=\"dyndbg=\\\"file x +p\\\" intel_iommu=on \"\n");
  EXPECT_EQ(extend("GRUB_CMDLINE_LINUX=\"quiet -- single\"\n"),
            "GRUB_CMDLINE_LINUX=\"quiet intel_iommu=on -- single\"\n");
  // no line break at the end: it stays so
  EXPECT_EQ(extend("GRUB_CMDLINE_LINUX=\"quiet\""), "GRUB_CMDLINE_LINUX=\"quiet intel_iommu=on\"");
  // a comment, and a name that only begins like it, are no settings
  EXPECT_EQ(extend("#GRUB_CMDLINE_LINUX=\"a\"\n  # GRUB_CMDLINE_LINUX=\"b\"\n"
                   "MY_GRUB_CMDLINE_LINUX=\"c\"\nGRUB_CMDLINE_LINUX=\"d\"\n"),
            "#GRUB_CMDLINE_LINUX=\"a\"\n  # GRUB_CMDLINE_LINUX=\"b\"\n"
            "MY_GRUB_CMDLINE_LINUX=\"c\"\nGRUB_CMDLINE_LINUX=\"d intel_iommu=on\"\n");
}

TEST(ExtendVariable, AppendsALineIfTheValueIsNotOneWordInQuotes) {
  for (const std::string text : {
           "",
           "GRUB_DEFAULT=0\n",
           "GRUB_CMDLINE_LINUX=\n",
           "GRUB_CMDLINE_LINUX=quiet\n",
           "GRUB_CMDLINE_LINUX=\"a\"\nGRUB_CMDLINE_LINUX=\"b\"\n",
           "GRUB_CMDLINE_LINUX=\"a\"\nGRUB_CMDLINE_LINUX+=\" b\"\n",
           "GRUB_CMDLINE_LINUX=\"a\"\nGRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX b\"\n",
           "if [ -e /x ]; then\n  GRUB_CMDLINE_LINUX=\"a\"\nfi\n",
           "export GRUB_CMDLINE_LINUX=\"a\"\n",
           "GRUB_CMDLINE_LINUX=\"a\"; x=1\n",
           "GRUB_CMDLINE_LINUX=\"a\"b\n",
           "GRUB_CMDLINE_LINUX=\"a\"#b\n",
           "GRUB_CMDLINE_LINUX=\"a\"\r\n",
           "GRUB_CMDLINE_LINUX=\"$(cat \"/x y\")\"\n",
           "GRUB_CMDLINE_LINUX=\"a \\\n b\"\n",
           "GRUB_CMDLINE_LINUX=\"a\n b\"\n",
           "x=\\\nGRUB_CMDLINE_LINUX=\"a\"\n",
       })
    EXPECT_EQ(extend(text), text + kAppended);
  EXPECT_EQ(extend("GRUB_DEFAULT=0"), std::string("GRUB_DEFAULT=0\n") + kAppended);
  EXPECT_EQ(extend("x=\"it's\"  # don't\n"), std::string("x=\"it's\"  # don't\n") + kAppended);
}

TEST(ExtendVariable, RefusesATextThatEndsWithinALine) {
  for (const char* text : {"GRUB_CMDLINE_LINUX=\"a\"\\\n", "x=\\", "x=\"a\n", "x='a\n"})
    EXPECT_FALSE(extend_variable(text, kGrub, "x=1")) << text;
}

TEST(ExtendVariable, KnowsOtherFiles) {
  constexpr const char* kLimine = "KERNEL_CMDLINE[default]+=\" PARAMETERS\"";
  EXPECT_EQ(extend("KERNEL_CMDLINE[default]+=\"quiet root=UUID=1\"\n", kLimine),
            "KERNEL_CMDLINE[default]+=\"quiet root=UUID=1 intel_iommu=on\"\n");
  EXPECT_EQ(extend("KERNEL_CMDLINE[default]=\"a\"\nKERNEL_CMDLINE[default]+=\" b\"\n", kLimine),
            "KERNEL_CMDLINE[default]=\"a\"\nKERNEL_CMDLINE[default]+=\" b\"\n"
            "KERNEL_CMDLINE[default]+=\" intel_iommu=on\"\n");
  EXPECT_TRUE(settings_in("KERNEL_CMDLINE[\"default\"]=\"a\"\n", kLimine).empty());
}

TEST(ExtendCommandLine, AddsToTheLastLine) {
  const auto extended = [](const char* text) { return extend_command_line(text, "a=1 b"); };
  EXPECT_EQ(extended("root=/dev/x quiet\n"), "root=/dev/x quiet a=1 b\n");
  EXPECT_EQ(extended("root=/dev/x quiet"), "root=/dev/x quiet a=1 b");
  EXPECT_EQ(extended("root=/dev/x \n\n"), "root=/dev/x a=1 b \n\n");
  EXPECT_EQ(extended("# mine\nroot=/dev/x\n# quiet\n"), "# mine\nroot=/dev/x a=1 b\n# quiet\n");
  EXPECT_EQ(extended("root=/dev/x\nquiet\n"), "root=/dev/x\nquiet a=1 b\n");
  EXPECT_EQ(extended("quiet -- 1\n"), "quiet a=1 b -- 1\n");
  EXPECT_EQ(extended(""), "a=1 b\n");
  EXPECT_EQ(extended("# none"), "# none\na=1 b\n");
}

TEST(PermanentParameters, LackWhatTheBootLoaderAdds) {
  EXPECT_EQ(permanent_parameters("BOOT_IMAGE=/vmlinuz root=/dev/x ro initrd=\\a.img quiet\n"),
            "root=/dev/x ro quiet");
  EXPECT_EQ(permanent_parameters("root=/dev/x vfio_early=off\n"), "root=/dev/x");
  EXPECT_EQ(permanent_parameters(""), "");
}

TEST(HasWord, ComparesWholeWords) {
  for (const char* line : {"a x=1 b", "V=\"x=1\"", "V='a x=1'", "V=x=1", "x=1\n"})
    EXPECT_TRUE(has_word(line, "x=1")) << line;
  for (const char* line : {"", "x=10", "ax=1", "V=\"x=1,y\"", "x"})
    EXPECT_FALSE(has_word(line, "x=1")) << line;
}

TEST(ValueSetBy, LeavesOutQuotesAndComments) {
  for (const auto& [line, value] :
       {std::pair("A=b", "b"), std::pair("A=\"b c\" # d", "b c"), std::pair("A+='b 'c; B=d", "b c"),
        std::pair("A=\"b \\\n", "b \\\n"), std::pair("A=", ""), std::pair("A", ""),
        std::pair("", "")})
    EXPECT_EQ(value_set_by(line), value) << line;
}

}  // namespace
}  // namespace early::enable

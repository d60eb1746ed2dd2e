// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "host/text.h"
#include "verify/inspect/shell/script.h"

namespace verify {
namespace {

// "[function] ?command"; '?': the command is conditional.
std::vector<std::string> commands_of(std::string_view text) {
  std::vector<std::string> found;
  const ShellScript script = parse_shell_script(text);
  for (const ShellCommand& command : script.commands)
    found.push_back((command.function.empty() ? "" : "[" + command.function + "] ") +
                    (command.conditional ? "?" : "") +
                    (command.defines.empty() ? "" : "define " + command.defines) +
                    host::join(command.words, " "));
  if (!script.complete) found.emplace_back("incomplete");
  return found;
}

using Lines = std::vector<std::string>;

TEST(ShellScript, SimpleCommandsAreUnconditional) {
  EXPECT_EQ(commands_of("a b; c 'd e' \"f g\"h\\ i # comment\n  j \\\n k\n"),
            (Lines{"a b", "c d e f gh i", "j k"}));
  EXPECT_EQ(commands_of("x=1 y+=$(a; b) c\nz=\"d e\"\n"), (Lines{"c", "z=d e"}));
  EXPECT_EQ(commands_of("a >b 2>&1 <c 3<>d >>e &>f g\n"), (Lines{"a g"}));
  EXPECT_EQ(commands_of("exec 0<>/dev/console 1<>/dev/console\n"), (Lines{"exec"}));
  EXPECT_EQ(commands_of("a $(b \")\" `c`) ${d:-'}'} e\n"), (Lines{"a $(b \")\" `c`) ${d:-'}'} e"}));
}

TEST(ShellScript, ConditionalCommandsAreMarked) {
  EXPECT_EQ(commands_of("a && b || c\nd\n"), (Lines{"a", "?b", "?c", "d"}));
  EXPECT_EQ(commands_of("a ||\n\n b; c\n"), (Lines{"a", "?b", "c"}));
  EXPECT_EQ(commands_of("a | b; c & d\n"), (Lines{"?a", "?b", "?c", "d"}));
  EXPECT_EQ(commands_of("if ! a; then b; elif c; then d; else e; fi; f\n"),
            (Lines{"?a", "?b", "?c", "?d", "?e", "f"}));
  EXPECT_EQ(commands_of("if a; then if b; then c; fi fi\nd\n"), (Lines{"?a", "?b", "?c", "d"}));
  EXPECT_EQ(commands_of("while a; do b; done <c; for d in e f; do g; done\nh\n"),
            (Lines{"?a", "?b", "?for d in e f", "?g", "h"}));
  EXPECT_EQ(commands_of("case $a in\n(b|'c d') e;;\n*) f\nesac\ng\n"), (Lines{"?e", "?f", "g"}));
  EXPECT_EQ(commands_of("{ a; b; } | c\n(d; e)\nf\n"), (Lines{"?a", "?b", "?c", "?d", "?e", "f"}));
  EXPECT_EQ(commands_of("[[ a && ( b || c ) ]] && d\n"), (Lines{"[[", "?d"}));
  const ShellScript script = parse_shell_script("if ! a b; then if c; then d; fi; e; fi");
  EXPECT_EQ(script.commands[2].guard, "c");
  EXPECT_EQ(script.commands[3].guard, "! a b");
}

TEST(ShellScript, FunctionsHaveBodies) {
  EXPECT_EQ(commands_of("f() { a && b; c; }\nd\n"),
            (Lines{"define f", "[f] a", "[f] ?b", "[f] c", "d"}));
  EXPECT_EQ(
      commands_of("f ()\n{\n  if a; then b; fi\n}\nfunction g {\n c; }\nfunction h() { d; }\n"),
      (Lines{"define f", "[f] ?a", "[f] ?b", "define g", "[g] c", "define h", "[h] d"}));
  EXPECT_EQ(commands_of("f() (\n a\n)\nb\n"), (Lines{"define f", "[f] a", "b"}));
  EXPECT_EQ(commands_of("if a; then f() { b; }; fi\n"), (Lines{"?a", "?define f", "[f] b"}));
}

TEST(ShellScript, HereDocumentsAreNotCommands) {
  EXPECT_EQ(commands_of("cat <<END >x\na\nEND\nb\n"), (Lines{"cat", "b"}));
  EXPECT_EQ(commands_of("cat <<-'E N'; c\n\ta\n\tE N\nb\n"), (Lines{"cat", "c", "b"}));
}

TEST(ShellScript, InvalidScriptIsIncomplete) {
  for (const char* text : {"if a; then b\n", "a; fi\n", "a 'b\n", "a $(b\n", "f() a\n", "{ a\n",
                           "a )\n", "case a in b) c\n", "done\n", "a;; b\n", "a >\n", "x=(a b)\n"})
    EXPECT_FALSE(parse_shell_script(text).complete) << text;
  EXPECT_TRUE(parse_shell_script("").complete);
}

}  // namespace
}  // namespace verify

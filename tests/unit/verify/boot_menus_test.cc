// SPDX-License-Identifier: GPL-2.0-or-later
//
// The menus of boot loaders: their entries, and which of them may be the default.
#include "host/budget.h"
#include "host/text.h"
#include "tests/unit/fake_tree.h"
#include "verify/inspect/boot/configuration.h"
#include "verify/inspect/boot/entries.h"
#include "verify/inspect/boot/kernel_file.h"
#include "verify/inspect/boot/loader_entries.h"
#include "verify/inspect/boot/version_order.h"

namespace verify {
namespace {

using Words = std::vector<std::string>;

Words lines_of(const BootMenu& menu) {
  Words lines;
  for (const BootEntry& entry : menu.entries) lines.push_back(entry.command_line);
  return lines;
}

// The command lines of the possible defaults: "a|b".
std::string defaults_of(const BootMenu& menu) {
  std::string text;
  for (const size_t i : menu.defaults)
    text += (text.empty() ? "" : "|") + menu.entries.at(i).command_line;
  return text;
}

std::vector<BootMenu> menus_in(const FakeTree& tree) {
  const host::Root root = tree.root();
  BootFiles files(root);
  return boot_menus(files);
}

TEST(BootMenus, AreReadOnceOnFirstUse) {
  FakeTree tree;
  const host::Root root = tree.root();
  const BootConfiguration boot(root);
  tree.file("/boot/grub/grub.cfg", "menuentry a {\n linux /v one\n}\n")
      .file("/etc/kernel/cmdline", "quiet\n");
  ASSERT_EQ(boot.menus().size(), 1u);
  EXPECT_EQ(lines_of(boot.menus()[0]), Words{"one"});
  tree.file("/boot/grub/grub.cfg", "menuentry a {\n linux /v two\n}\n")
      .file("/etc/kernel/cmdline", "debug\n");
  EXPECT_EQ(lines_of(boot.menus()[0]), Words{"one"});
  ASSERT_EQ(boot.written().size(), 1u);
  EXPECT_EQ(boot.written()[0].texts, Words{"quiet "});
  EXPECT_FALSE(boot.unread());
  EXPECT_FALSE(boot.exceeded_limit());
  tree.file("/etc/kernel/cmdline", std::string(host::kBootBudget.kept + 1, 'x'));
  const BootConfiguration large(root);
  EXPECT_TRUE(large.unread());
  EXPECT_TRUE(large.exceeded_limit());
}

TEST(BootMenus, GrubVariablesAreExpanded) {
  const ShellSettings known = {{"kernelopts", "root=/dev/a vfio_early=off"}};
  const BootMenu menu = parse_grub(
      "f",
      "set a=quiet\nset kernelopts=ro\nmenuentry 'x' --class y {\n  linux /vmlinuz $kernelopts\n"
      "  initrd /early.img /boot/initrd.img\n}\nmenuentry z { linuxefi /b $a 'c d' "
      "\"e=\\\"f\\\"\"\n}\n"
      "# linux /c commented\n",
      known);
  EXPECT_EQ(lines_of(menu), (Words{"root=/dev/a vfio_early=off", "quiet \"c d\" e=\\\"f\\\""}));
  EXPECT_EQ(menu.entries[0].images, (Words{"early.img", "initrd.img"}));
  EXPECT_EQ(menu.entries[0].title, "x");
  EXPECT_EQ(menu.entries[1].kernel, "/b");
}

TEST(BootMenus, GrubDefaultIsNumberTitleOrId) {
  const auto chosen = [](const std::string& path) {
    return defaults_of(
        parse_grub("f",
                   "set default=\"" + path +
                       "\"\nfunction f {\n  linux_none\n}\n"
                       "menuentry 'A > B' --id a {\n linux /v one\n}\n"
                       "submenu 'More' --class x --id more {\n"
                       "  menuentry 'C' { linux /v two\n }\n"
                       "  menuentry 'D' --id d {\n linux /v three\n }\n}\n"
                       "menuentry 'W' {\n chainloader /w\n}\n"
                       "menuentry 'E' $menuentry_id_option 'e' {\n linux /v four\n}\n",
                   {}));
  };
  const std::pair<const char*, const char*> kExpected[] = {{"", "one"},
                                                           {"0", "one"},
                                                           {"1", "two"},
                                                           {"1>1", "three"},
                                                           {"more>d", "three"},
                                                           {"More>D", "three"},
                                                           {"more>C", "two"},
                                                           {"more>none", "two"},
                                                           {"1>9", "two"},
                                                           {"A >> B", "one"},
                                                           {"A > B", "one"},
                                                           {"e", "four"},
                                                           {"E", "four"},
                                                           {"3", "four"},
                                                           {"2", ""},
                                                           {"W", ""},
                                                           {"none", "one"},
                                                           {"99", "one"},
                                                           {"0x1>0x1", "three"},
                                                           {"3 of them", "four"},
                                                           {"-1", "one"},
                                                           {">", "one"},
                                                           {"d", "one"}};
  for (const auto& [path, expected] : kExpected) EXPECT_EQ(chosen(path), expected) << path;
}

TEST(BootMenus, GrubDefaultMayDependOnConditions) {
  const auto chosen = [](const std::string& commands, const ShellSettings& known) {
    return defaults_of(parse_grub("f",
                                  commands + "\nmenuentry a {\n linux /v a\n}\nmenuentry b {\n"
                                             " linux /v b\n}\nmenuentry c {\n linux /v c\n}\n",
                                  known));
  };
  const std::string usual =
      "if [ \"${next_entry}\" ] ; then\n set default=\"${next_entry}\"\n set next_entry=\nelse\n"
      " set default=\"${saved_entry}\"\nfi";
  EXPECT_EQ(chosen(usual, {}), "a");
  EXPECT_EQ(chosen(usual, {{"saved_entry", "b"}}), "b");
  EXPECT_EQ(chosen(usual, {{"saved_entry", "b"}, {"next_entry", "2"}}), "c");
  EXPECT_EQ(chosen("if [ $x = y ]; then set default=b; fi", {}), "a|b");
  EXPECT_EQ(chosen("if x; then set default=b; else set default=c; fi", {}), "a|b|c");
  EXPECT_EQ(chosen("if x; then set default=b; fi\nset default=c", {}), "c");
  EXPECT_EQ(chosen("if [ \"\" ]; then set default=b\nelif [ \"x\" ]; then\nset default=c; fi", {}),
            "c");
  EXPECT_EQ(chosen("function f {\n set default=b\n}", {}), "a");
  const auto tested = [&](const std::string& operands) {
    return chosen("if [ " + operands + " ]; then set default=b; fi", {{"set", "x"}});
  };
  for (const char* holds : {"-n $set", "-z \"$unset\"", "! \"$unset\"", "! -n \"$unset\"", "x -a x",
                            "\"\" -a x -o x", "-f /a -o x", "-n"})
    EXPECT_EQ(tested(holds), "b") << holds;
  for (const char* fails : {"-n \"$unset\"", "-z x", "! x", "x -a \"\"", "-n \"\" -a $a = b",
                            "-f /a -a \"\"", "\"\" -o \"\""})
    EXPECT_EQ(tested(fails), "a") << fails;
  for (const char* unknown : {"-f /a", "! -f /a", "x = x", "x -a 1 -lt 2", "( x )", "-n != x",
                              "x -a -f /a", "x -o $a = b", "\"\" -o a == b", "x -nt y"})
    EXPECT_EQ(tested(unknown), "a|b") << unknown;
  EXPECT_EQ(chosen("fi\n}\nelse\nelif [ x ]; then set default=b", {}), "b");
}

TEST(BootMenus, InvalidGrubMenuIsTolerated) {
  for (const char* text : {"menuentry a\nlinux /v x\n", "menuentry\nlinux /v x\n",
                           "submenu a --id\nmenuentry b --class {\nlinux /v x\n",
                           "} fi else elif { function\nlinux /v x\n"})
    EXPECT_EQ(lines_of(parse_grub("f", text, {})), Words{"x"}) << text;
}

TEST(BootMenus, GrubEntryMayHaveSeveralCommandLines) {
  EXPECT_EQ(defaults_of(parse_grub("f",
                                   "menuentry a {\n if x; then\n linux /v a\n else\n linux /v b\n"
                                   " fi\n}\nmenuentry c {\n linux /v c\n}\n",
                                   {})),
            "a|b");
}

TEST(BootMenus, BlscfgAddsLoaderEntries) {
  FakeTree tree;
  tree.file("/boot/loader/entries/m-6.9.conf", "title Nine\nlinux /v\noptions nine\n");
  tree.file("/boot/loader/entries/m-6.12.conf", "linux /v\noptions twelve\n");
  tree.file("/boot/loader/entries/m-6.13.conf", "options none\n");
  const std::string before = "set default=\"${saved_entry}\"\nmenuentry a {\n linux /v a\n}\n";
  tree.file("/boot/grub2/grub.cfg", before + "blscfg\n");
  EXPECT_EQ(menus_in(tree).size(), 1u);
  EXPECT_EQ(lines_of(menus_in(tree)[0]), (Words{"a", "twelve", "nine"}));
  EXPECT_EQ(defaults_of(menus_in(tree)[0]), "a");
  for (const char* saved : {"m-6.9", "2", "Nine"}) {
    tree.file("/boot/grub2/grubenv", std::string("saved_entry=") + saved + "\n");
    EXPECT_EQ(defaults_of(menus_in(tree)[0]), "nine") << saved;
  }
  tree.file("/boot/grub2/grub.cfg", before);
  EXPECT_EQ(menus_in(tree).size(), 2u) << "systemd-boot's";
}

// systemd-boot passes them on as they are: this entry is for GRUB.
TEST(BootMenus, VariableInLoaderEntryIsUnknownToSystemdBoot) {
  FakeTree tree;
  tree.file("/boot/grub/grubenv", "kernelopts=ro\n");
  tree.file("/boot/loader/entries/a.conf", "linux /v\noptions x ${kernelopts} $y\n");
  ASSERT_EQ(menus_in(tree).size(), 1u);
  EXPECT_EQ(lines_of(menus_in(tree)[0]), Words{"x ${kernelopts} $y"});
  EXPECT_EQ(menus_in(tree)[0].entries[0].unknown_variable, "kernelopts");
  tree.file("/boot/loader/entries/a.conf", "linux /v\noptions x cost=5$ $\n");
  EXPECT_EQ(menus_in(tree)[0].entries[0].unknown_variable, "");
}

TEST(BootMenus, BlscfgReplacesVariables) {
  FakeTree tree;
  const auto entry = [&](const std::string& commands, const std::string& environment = "") {
    tree.file("/boot/grub2/grubenv", environment);
    tree.file("/boot/grub2/grub.cfg", commands + "blscfg\nset late=x\n");
    const BootEntry found = menus_in(tree).at(0).entries.at(0);
    return found.command_line + "|" + host::join(found.images, " ") + "|" + found.unknown_variable;
  };
  tree.file("/boot/loader/entries/a.conf",
            "linux /v\noptions ro $opts\ninitrd /i.img $more /early.img\n");
  EXPECT_EQ(entry("set opts=\"a b\"\nset more=\n"), "ro a b|i.img early.img|");
  EXPECT_EQ(entry("set opts=a\nset more=/x/m.img\n", "opts=saved\n"),
            "ro saved|i.img m.img early.img|");
  EXPECT_EQ(entry(""), "ro |i.img early.img|opts");
  tree.file("/boot/loader/entries/a.conf", "linux /v\noptions $late\n");
  EXPECT_EQ(entry(""), "||late") << "not yet set";
  tree.file("/boot/loader/entries/a.conf", "linux /v\n");
  EXPECT_EQ(entry("", "default_kernelopts=ro quiet\n"), "ro quiet||");
  EXPECT_EQ(entry(""), "||");
}

TEST(BootMenus, VersionsAreOrderedLikeSystemd) {
  // The examples of the version format specification, and of src/test/test-string-util.c.
  const char* const kAscending[][2] = {{"0.11.0", "11"},
                                       {"systemd-122", "systemd-123"},
                                       {"123~rc1", "123"},
                                       {"123", "123-a"},
                                       {"123", "123-a.1"},
                                       {"123-a", "123-a.1"},
                                       {"123-a-1", "123-a.1"},
                                       {"123-a.1", "123-a1"},
                                       {"123-a.1", "123-3"},
                                       {"124-1", "124.1"},
                                       {"6.9", "6.12"},
                                       {"", "1"},
                                       {"~", ""},
                                       {"a", "1"},
                                       {"1^2", "1.2"},
                                       {"124", "124-1"},
                                       {"1-1", "1^1"},
                                       {"6.12~rc1-x", "6.12-x"}};
  for (const auto& [older, newer] : kAscending) {
    EXPECT_TRUE(compare_versions(older, newer) < 0) << older << " " << newer;
    EXPECT_TRUE(compare_versions(newer, older) > 0) << older << " " << newer;
  }
  EXPECT_TRUE(compare_versions("11", "11\u03b1") == 0);
  EXPECT_TRUE(compare_versions("00123", "123") == 0);
  EXPECT_TRUE(compare_versions("123_a", "123a") == 0);
}

LoaderEntry entry_of(const std::string& name, const std::string& keys = "") {
  return *parse_loader_entry("/e/" + name, "linux /v\noptions " + name + "\n" + keys);
}

TEST(BootMenus, LoaderEntriesAreRead) {
  const auto entry = parse_loader_entry(
      "f.conf",
      "title x\nlinux /v\noptions a b\nOptions c\ninitrd /x/initrd\nuki /EFI/Linux/y.efi\n");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->boot.command_line, "a b c");
  EXPECT_EQ(entry->boot.unknown_variable, "");
  EXPECT_EQ(entry->boot.images, (Words{"initrd", "y.efi"}));
  EXPECT_EQ(entry->boot.title, "x");
  EXPECT_EQ(entry_of("i.conf", "initrd /0a1b/6.12.0/initrd\n").boot.images, Words{"6.12.0/initrd"});
  EXPECT_FALSE(parse_loader_entry("a.conf", "title x\noptions quiet\n"));
  EXPECT_FALSE(parse_loader_entry("auto-x.conf", "linux /v\n"));
  for (const auto& [name, id] : {std::pair{"A+3.conf", "a.conf"},
                                 {"a+2-1.conf", "a.conf"},
                                 {"a+x.conf", "a+x.conf"},
                                 {"a+1-.conf", "a+1-.conf"}})
    EXPECT_EQ(entry_of(name).id, id);
  const LoaderEntry unified = unified_loader_entry(
      "/efi/EFI/Linux/x+3.efi", "ID=debian\nPRETTY_NAME=\"Debian 13\"\nVERSION_ID=13\n");
  EXPECT_EQ(unified.id, "x.efi");
  EXPECT_EQ(unified.sort_key, "debian");
  EXPECT_EQ(unified.version, "13");
  EXPECT_EQ(unified.boot.images, Words{"x+3.efi"});
}

TEST(BootMenus, LoaderEntriesAreOrderedLikeSystemdBoot) {
  std::vector<LoaderEntry> entries = {
      entry_of("m.conf"),
      entry_of("n.conf"),
      entry_of("z+0-3.conf", "sort-key a\n"),
      entry_of("o.conf", "sort-key b\nversion 6.9\n"),
      entry_of("p.conf", "sort-key b\nversion 6.12\n"),
      entry_of("q.conf", "sort-key a\nmachine-id 2\nversion 9\n"),
      entry_of("r.conf", "sort-key a\nmachine-id 1\nversion 1\n"),
      entry_of("s+1-1.conf", "sort-key c\n"),
      entry_of("s+2.conf", "sort-key c\n"),
  };
  EXPECT_EQ(lines_of(loader_menu(entries, {})),
            (Words{"r.conf", "q.conf", "p.conf", "o.conf", "s+2.conf", "s+1-1.conf", "n.conf",
                   "m.conf", "z+0-3.conf"}));
}

TEST(BootMenus, SystemdBootDefaultIsAPattern) {
  const std::vector<LoaderEntry> entries = {entry_of("a+3.conf"), entry_of("b.conf"),
                                            entry_of("c.conf")};
  const auto chosen = [&](const LoaderDefaults& defaults) {
    return defaults_of(loader_menu(entries, defaults));
  };
  EXPECT_EQ(chosen({}), "c.conf");
  EXPECT_EQ(chosen({.configured = "a.conf"}), "a+3.conf");
  EXPECT_EQ(chosen({.configured = "A*"}), "a+3.conf");
  EXPECT_EQ(chosen({.configured = "[ab].conf"}), "b.conf");
  EXPECT_EQ(chosen({.configured = "b"}), "c.conf|b.conf") << "of versions before 248";
  EXPECT_EQ(chosen({.configured = "none"}), "c.conf");
  EXPECT_EQ(chosen({.configured = "auto-windows"}), "");
  EXPECT_EQ(chosen({.variable = "b.conf", .configured = "a.conf"}), "b.conf");
  EXPECT_EQ(chosen({.one_shot = "a.conf", .variable = "b.conf"}), "a+3.conf");
  EXPECT_EQ(chosen({.last_booted = "b.conf", .configured = "@saved"}), "b.conf");
  EXPECT_EQ(chosen({.variable = "@saved", .last_booted = "b.conf", .configured = "a.conf"}),
            "b.conf");
  EXPECT_EQ(chosen({.last_booted = "b.conf"}), "c.conf");
  EXPECT_EQ(chosen({.configured = "b.conf", .preferred = "a.conf"}), "b.conf|a+3.conf");
  EXPECT_EQ(chosen({.configured = "@saved", .unknown = true}), "c.conf|b.conf|a+3.conf");
}

TEST(BootMenus, SystemdBootHasOneMenuOfBothPartitions) {
  FakeTree tree;
  tree.file("/boot/loader/entries/b.conf", "linux /v\noptions b\n");
  tree.file("/efi/loader/entries/a.conf", "linux /v\noptions a\n");
  tree.file("/efi/EFI/Linux/x.efi", "MZ");
  ASSERT_EQ(menus_in(tree).size(), 1u);
  EXPECT_EQ(menus_in(tree)[0].entries.size(), 3u);
  EXPECT_EQ(menus_in(tree)[0].entries[0].images, Words{"x.efi"});
  tree.file("/efi/loader/loader.conf", "default b*\n");
  EXPECT_EQ(defaults_of(menus_in(tree)[0]), "b");
  tree.file("/efi/loader/loader.conf", "default @saved\n");
  EXPECT_EQ(menus_in(tree)[0].defaults.size(), 3u);
  tree.file("/sys/firmware/efi/efivars/x", "");
  EXPECT_EQ(menus_in(tree)[0].defaults.size(), 1u);
}

TEST(BootMenus, SystemdBootIgnoresEntriesWithoutAKernel) {
  FakeTree tree;
  tree.file("/efi/loader/entries/a.conf", "linux /x/v\noptions a\n");
  tree.file("/efi/loader/entries/b.conf", "linux /x/w\noptions b\n");
  EXPECT_EQ(defaults_of(menus_in(tree)[0]), "b") << "of a partition that is not mounted";
  tree.file("/efi/x/v", "");
  EXPECT_EQ(defaults_of(menus_in(tree)[0]), "a");
  tree.file("/efi/x/w", "");
  EXPECT_EQ(defaults_of(menus_in(tree)[0]), "b");
}

TEST(BootMenus, APartitionAtTwoPathsIsReadOnce) {
  FakeTree tree;
  tree.file("/efi/loader/entries/a.conf", "linux /v\noptions a\n");
  tree.file("/efi/EFI/fedora/grub.cfg", "menuentry a {\n linux /v a\n}\n");
  tree.link("/boot", "efi");
  EXPECT_EQ(menus_in(tree).size(), 2u);
  EXPECT_EQ(menus_in(tree)[1].entries.size(), 1u);
}

TEST(BootMenus, RefindDefaultIsPartOfATitle) {
  const BootMenu lines = parse_refind_linux(
      "f",
      "# \"x\" \"y\"\n\"Boot\" \"ro a=\"\"b c\"\" initrd=\\boot\\i.img\"\n\"Second\" \"ro\"\n");
  EXPECT_EQ(lines_of(lines), (Words{"ro a=\"b c\" initrd=\\boot\\i.img", "ro"}));
  EXPECT_EQ(lines.entries[0].images, Words{"i.img"});
  EXPECT_EQ(lines.defaults, std::vector<size_t>{0});
  for (const char* listed : {"i-%v.img", "i.img", "%v"}) EXPECT_TRUE(matches_image(listed, listed));
  EXPECT_TRUE(matches_image("i-%v.img", "i-6.12.img"));
  for (const char* other : {"i-.im", "j-6.12.img", "i-6.12.img.old", "i.img", ""})
    EXPECT_FALSE(matches_image("i-%v.img", other)) << other;
  EXPECT_TRUE(matches_image("i.img", "/boot/i.img"));
  EXPECT_TRUE(matches_image("6.12.0/initrd", "/efi/0a1b/6.12.0/initrd"));
  for (const char* other : {"/efi/0a1b/6.1.0/initrd", "/efi/0a1b/16.12.0/initrd", "initrd"})
    EXPECT_FALSE(matches_image("6.12.0/initrd", other)) << other;
  const auto chosen = [](const std::string& selection) {
    return defaults_of(parse_refind(
        "f", selection + "\nmenuentry \"Arch Linux\" {\n  options \"a\"\n  submenuentry x {\n"
                         "    options \"s\"\n  }\n}\nmenuentry Other {\n  options \"o\"\n}\n"));
  };
  EXPECT_EQ(chosen("default_selection other"), "o");
  EXPECT_EQ(chosen("default_selection \"none,linux\""), "a");
  for (const char* unknown :
       {"", "default_selection +", "default_selection \"+,linux\"", "default_selection 1",
        "default_selection none", "default_selection other 8:00 17:00"})
    EXPECT_EQ(chosen(unknown), "a|s|o") << unknown;
}

TEST(BootMenus, SyslinuxHasThreeSettingsForTheDefault) {
  const BootMenu menu = parse_syslinux(
      "f", "APPEND top\nLABEL a\n  append own\n  INITRD /b/i.img\nLABEL b\nLABEL c\n  append -\n");
  EXPECT_EQ(lines_of(menu), (Words{"own", "top", ""}));
  EXPECT_EQ(menu.entries[0].images, Words{"i.img"});
  EXPECT_EQ(menu.defaults.size(), 3u);
  const auto chosen = [](const std::string& first, const std::string& last = "") {
    return defaults_of(parse_syslinux(
        "f", first + "\nLABEL a\n  append a\nLABEL b\n  append b\nLABEL c\n  append c\n" + last));
  };
  EXPECT_EQ(chosen("default B"), "b");
  EXPECT_EQ(chosen("DEFAULT menu.c32", "  MENU DEFAULT\n"), "c");
  EXPECT_EQ(chosen("DEFAULT a\nONTIMEOUT b"), "a|b");
}

TEST(BootMenus, LimineDefaultCountsShownEntries) {
  EXPECT_EQ(lines_of(parse_limine("f",
                                  "timeout: 5\n/+Arch\n//linux\ncmdline: a=b c\n"
                                  ":old\nCMDLINE=d\nMODULE_PATH=boot:///i.img#00\n")),
            (Words{"a=b c", "d"}));
  const auto chosen = [](const std::string& setting) {
    return defaults_of(parse_limine(
        "f", setting + "\n/+A\n//B\n///hidden\ncmdline: h\n//c\ncmdline: c\n/d\ncmdline: d\n"));
  };
  EXPECT_EQ(chosen("default_entry: 3"), "c");
  EXPECT_EQ(chosen("DEFAULT_ENTRY=4"), "d");
  EXPECT_EQ(chosen("default_entry: 2"), "") << "a directory";
  EXPECT_EQ(chosen(""), "");
  for (const char* unknown : {"default_entry: 9", "default_entry: A/c", "default_entry: -1",
                              "default_entry: 3\nremember_last_entry: yes"})
    EXPECT_EQ(chosen(unknown), "h|c|d") << unknown;
}

TEST(KernelFile, ReleaseIsInHeaderOrName) {
  std::string head(0x400, '\0');
  head.replace(0x202, 4, "HdrS");
  head.replace(0x20e, 2, std::string("\0\1", 2));
  head.replace(0x300, 14, "6.12.0-x (a@b)");
  EXPECT_EQ(kernel_release_of(head), "6.12.0-x");
  EXPECT_EQ(kernel_release_of(head.substr(0, 0x300)), "");
  EXPECT_EQ(kernel_release_of("MZ"), "");
  head[0x20f] = '\x7f';
  EXPECT_EQ(kernel_release_of(head), "");
  EXPECT_EQ(kernel_release_in("/boot/vmlinuz-6.12.0-x"), "6.12.0-x");
  EXPECT_EQ(kernel_release_in("/0a1b/6.12.0/linux"), "6.12.0");
  EXPECT_EQ(kernel_release_in("/0a1b/vmlinuz-linux-lts"), "");
}

}  // namespace
}  // namespace verify

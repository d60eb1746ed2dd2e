// SPDX-License-Identifier: GPL-2.0-or-later
//
// The menus of boot loaders, shell settings and modprobe.d: a command line is not longer than its
// source allows.
#include <algorithm>

#include "tests/fuzz/target.h"
#include "verify/inspect/boot/entries.h"
#include "verify/inspect/boot/kernel_file.h"
#include "verify/inspect/boot/loader_entries.h"
#include "verify/inspect/boot/version_order.h"
#include "verify/inspect/image/modprobe.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {
      "set a=quiet\nmenuentry 'x' { linux /vmlinuz $a 'b c' \"d=\\\"e\\\"\"\n initrd /i.img\n}\n",
      "set default=\"a>1\"\nsubmenu 'a' --id a {\nmenuentry b {\nlinux /x\n}\n}\nif [ \"$a\" ] ; "
      "then\n"
      "set default=2\nelse\nset default=a>>b\nfi\nblscfg\n",
      "title x\nsort-key y\nversion 6.12~rc1-2^3.a\nlinux /v\noptions a ${b}\ninitrd "
      "/x/initrd\nuki /EFI/Linux/y.efi\n",
      "\"Boot\" \"ro a=\"\"b c\"\" initrd=\\boot\\i.img\"\nmenuentry x {\noptions \"ro\"\n}\n",
      "DEFAULT a\nAPPEND top\nLABEL a\n  MENU DEFAULT\n  append own initrd=/a,/b\n  INITRD "
      "/b/i.img\n",
      "default_entry: 2\n/+Arch\n//linux\ncmdline: a=b "
      "c\n:old\nCMDLINE=d\nMODULE_PATH=boot:///i.img#00\n",
      "if a; then A=1; elif b\nthen\nA=2; fi; case $x in a|b) A=3;; esac; f() { A=4; }; a && A=5\n",
      "A=\"x\ny\"\nB='$A'; C=$A\nexport D=1\nA+=\" z\" # c\nF[default]+=\\\nq\n",
      "install vfio-pci /bin/false\nalias vfio-* x\nblacklist \\\n vfio\n"};
}

void check_menu(const verify::BootMenu& menu, size_t max_length) {
  for (const size_t index : menu.defaults) require(index < menu.entries.size());
  require(std::is_sorted(menu.defaults.begin(), menu.defaults.end()));
  for (const verify::BootEntry& entry : menu.entries) {
    require(entry.file == "f" && entry.command_line.size() <= max_length);
    // At most the name of its directory: "6.12.0/initrd".
    for (const std::string& image : entry.images) require(image.find('/') == image.rfind('/'));
  }
}

void parse(std::string_view bytes) {
  // An escape at most doubles a character, and quotes replace blanks.
  const size_t max_length = 2 * bytes.size() + 2;
  check_menu(verify::parse_grub("f", bytes, {}), size_t{1} << 30);
  std::vector<verify::LoaderEntry> entries = {verify::unified_loader_entry("f", bytes)};
  if (auto entry = verify::parse_loader_entry("f", bytes)) entries.push_back(*entry);
  verify::LoaderDefaults defaults;
  verify::parse_loader_conf(bytes, defaults);
  check_menu(verify::loader_menu(std::move(entries), defaults), max_length);
  check_menu(verify::parse_refind_linux("f", bytes), max_length);
  check_menu(verify::parse_refind("f", bytes), max_length);
  check_menu(verify::parse_syslinux("f", bytes), max_length);
  check_menu(verify::parse_limine("f", bytes), max_length);
  verify::ShellSettings settings;
  verify::read_shell_settings(bytes, settings);
  for (const auto& [name, value] : settings) require(!name.empty());
  const std::string_view half = bytes.substr(0, bytes.size() / 2);
  require((verify::compare_versions(bytes, half) < 0) ==
          (verify::compare_versions(half, bytes) > 0));
  require(verify::kernel_release_of(bytes).size() <= bytes.size());
  require(verify::kernel_release_in(bytes).size() <= bytes.size());
  initramfs::ImageContents image;
  image.files["etc/modprobe.d/x.conf"] = {
      .regular = true, .size = bytes.size(), .text = std::string(bytes)};
  for (const auto& rule : verify::modprobe_rules(image, {"vfio_pci"})) require(!rule.what.empty());
}

const Target kTarget("boot_entries", samples, parse);

}  // namespace
}  // namespace fuzz

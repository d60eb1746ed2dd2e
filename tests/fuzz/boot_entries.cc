// SPDX-License-Identifier: GPL-2.0-or-later
//
// The menus of boot loaders, shell settings and modprobe.d: a command line is not longer than its
// source allows.
#include "verify/boot_entries.h"

#include "tests/fuzz/target.h"
#include "verify/image_modprobe.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {
      "set a=quiet\nmenuentry 'x' { linux /vmlinuz $a 'b c' \"d=\\\"e\\\"\"\n initrd /i.img\n}\n",
      "title x\noptions a ${b}\ninitrd /x/initrd\nuki /EFI/Linux/y.efi\n",
      "\"Boot\" \"ro a=\"\"b c\"\" initrd=\\boot\\i.img\"\nmenuentry x {\noptions \"ro\"\n}\n",
      "APPEND top\nLABEL a\n  append own initrd=/a,/b\n  INITRD /b/i.img\n",
      "/+Arch\n//linux\ncmdline: a=b c\n:old\nCMDLINE=d\nMODULE_PATH=boot:///i.img#00\n",
      "A=\"x\ny\"\nB='$A'; C=$A\nexport D=1\nA+=\" z\" # c\nF[default]+=\\\nq\n",
      "install vfio-pci /bin/false\nalias vfio-* x\nblacklist \\\n vfio\n"};
}

void hold_menu(const verify::BootMenu& menu, size_t most) {
  for (const verify::BootEntry& entry : menu) {
    hold(entry.file == "f" && entry.command_line.size() <= most);
    for (const std::string& image : entry.images) hold(image.find('/') == image.npos);
  }
}

void parse(std::string_view bytes) {
  // An escape at most doubles a character, and quotes replace blanks.
  const size_t most = 2 * bytes.size() + 2;
  hold_menu(verify::parse_grub("f", bytes, {}), size_t{1} << 30);
  hold_menu({verify::parse_loader_entry("f", bytes, {})}, most);
  hold_menu(verify::parse_refind_linux("f", bytes), most);
  hold_menu(verify::parse_refind("f", bytes), most);
  hold_menu(verify::parse_syslinux("f", bytes), most);
  hold_menu(verify::parse_limine("f", bytes), most);
  verify::ShellSettings settings;
  verify::read_shell_settings(bytes, settings);
  for (const auto& [name, value] : settings) hold(!name.empty());
  verify::ImageContents image;
  image.files["etc/modprobe.d/x.conf"] = {
      .regular = true, .size = bytes.size(), .text = std::string(bytes)};
  for (const auto& obstacle : verify::modprobe_obstacles(image, {"vfio_pci"}))
    hold(!obstacle.what.empty());
}

const Target kTarget("boot_entries", samples, parse);

}  // namespace
}  // namespace fuzz

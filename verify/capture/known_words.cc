// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/known_words.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string>

#include "host/text.h"
#include "verify/capture/word_list.h"

namespace verify::capture {
namespace {

constexpr std::string_view kWords[] = {
    // drivers, modules and their options
    "acpi", "af", "ahci", "amd", "amdgpu", "amdgpupro", "ast", "audio", "bochs", "bus", "cxl",
    "dpm", "drm", "dummy", "hda", "hdmi", "i2c", "i915", "intel", "iommu", "iommufd", "kvm", "mei",
    "mlx5", "msi", "nouveau", "nova", "nvgpu", "nvidia", "nvidiafb", "nvme", "options",
    "passthrough", "pci", "pcie", "pcieport", "radeon", "rivafb", "sata", "snd", "stub", "type1",
    "ucsi", "usb", "vesafb", "vfio", "vga", "virtio", "virqfd", "xe", "xhci", "hcd", "core",
    "modeset", "peermem", "uvm", "typec", "stub", "ccg", "spec",
    // names that people give to cards, guests and their files
    "blacklist", "boot", "card", "cards", "conf", "default", "desktop", "display", "early", "first",
    "gaming", "gpu", "gpus", "graphics", "guest", "host", "linux", "local", "lts", "main", "off",
    "on", "primary", "root", "admin", "user", "nobody", "test", "second", "secondary", "server",
    "single", "vm", "win", "windows", "work", "arc", "geforce", "quadro", "tesla", "vega", "navi",
    "polaris", "fallback", "rescue", "zen", "modprobe", "kernel", "common", "blacklists", "grub",
    "dracut", "initramfs", "mkinitcpio", "proxmox", "qemu", "libvirt",
    // distributions, architectures and default host names
    "arch", "archlinux", "debian", "fedora", "gentoo", "nixos", "opensuse", "redhat", "suse",
    "ubuntu", "amd64", "x86", "generic", "localhost", "localdomain",
    // firmware images for guests
    "i386", "ia32", "arm", "armhf", "riscv64", "loongarch64", "virt", "snp", "hash", "keys",
    "aarch64", "code", "edk2", "efi", "enrolled", "fd", "json", "ms", "nvram", "ovmf", "pure", "sb",
    "secboot", "secure", "share", "uefi", "bios", "x86_64", "q35", "pc", "i440fx", "bin",
    "snakeoil", "sev", "tdx", "usr", "vars", "x64", "4m",
    // texts that boards have instead of a serial number
    "applicable", "available", "be", "by", "filled", "na", "none", "not", "null", "number", "o",
    "e", "m", "oem", "product", "serial", "chassis", "board", "base", "asset", "tag", "specified",
    "string", "system", "to", "unknown", "name", "undefined", "empty", "invalid", "n", "a",
    // vfio-early's keys, values and commands
    "address", "all", "allow", "auto", "bar", "bind", "claim", "class", "d3", "disable", "driver",
    "flr", "follow", "force", "framebuffer", "functions", "group", "healthy", "id", "identity",
    "idle", "index", "keep", "method", "moved", "no", "only", "path", "plan", "pm", "refuse",
    "release", "reset", "size", "count", "slot", "expect", "modules", "vendor", "pciex1", "pciex4",
    "pciex8", "pciex16", "unbind", "verify", "vfs", "warn", "when", "yes", "config",
    "configuration", "d", "etc", "key", "value", "section", "device", "specific", "function",
    "functions"};

// Words of distributions, their releases and kernels, and of virtual graphics cards.
const WordList kProducts(
    "alma almalinux alpine artix asahi bazzite buzz cachyos centos clear devuan elementary "
    "endeavouros enterprise garuda gnu guix kali kde kubuntu leap linuxmint lmde lubuntu "
    "mageia manjaro mint mx neon nobara ol oracle pop pve raspbian red hat rhel rocky "
    "silverblue slackware sled sles solus tumbleweed ublue unraid void xubuntu zorin buster "
    "bullseye bookworm trixie forky sid unstable testing stable rolling lts edition "
    "workstation server release cloud rt rc deb bpo ubuntu el fc pae hardened lowlatency oem "
    "hwe azure aws gcp liquorix xanmod tkg v dev git amd64 arm64 x86 64 focal jammy noble "
    "oracular plucky questing fossa jellyfish numbat oriole puffin quokka grid gvtg vgpu "
    "quadro mdev q c");

// "rtx3080", "a770", "rx7900xtx"
constexpr std::string_view kModels[] = {"a", "arc", "b",   "gt", "gtx", "hd", "k",    "m", "mi",
                                        "p", "r",   "rtx", "rx", "t",   "v",  "vega", "w"};
constexpr std::string_view kVariants[] = {"", "gb", "gre", "super", "ti", "x", "xt", "xtx"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

template <size_t N>
bool is_one_of(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool is_model(std::string_view word) {
  const auto* digits = std::find_if(word.begin(), word.end(), is_digit);
  const auto* after = std::find_if_not(digits, word.end(), is_digit);
  return after - digits >= 2 && after - digits <= 4 &&
         is_one_of(std::string_view(word.begin(), digits), kModels) &&
         is_one_of(std::string_view(after, word.end()), kVariants);
}

bool is_short_number(std::string_view word) {
  return word.size() <= 4 && std::all_of(word.begin(), word.end(), is_digit);
}

}  // namespace

// Also "deb12", "v5" and "8q": a known word with at most three digits before or after it.
bool is_word_of_product(std::string_view word) {
  constexpr size_t kMaxDigits = 3, kMaxNumber = 5;
  const std::string plain = host::lower(word);
  const auto is_product = [](std::string_view name) {
    return is_one_of(name, kWords) || kProducts.contains(name);
  };
  if (is_product(plain) || is_model(plain)) return true;
  const size_t letters = plain.find_first_not_of("0123456789");
  if (letters == plain.npos) return plain.size() <= kMaxNumber;
  const size_t end = std::min(plain.find_first_of("0123456789", letters), plain.size());
  const bool digits = plain.find_first_not_of("0123456789", end) == plain.npos;
  return digits && letters <= kMaxDigits && plain.size() - end <= kMaxDigits &&
         is_product(std::string_view(plain).substr(letters, end - letters));
}

bool is_within_known_word(std::string_view text) {
  const std::string plain = host::lower(text);
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return word.find(plain) != word.npos; });
}

bool has_only_known_words(std::string_view name) {
  std::string words = host::lower(name);
  for (char& c : words)
    if (!std::isalnum(static_cast<unsigned char>(c)))
      c = static_cast<unsigned char>(c) < 0x80 ? ' ' : c;
  const auto split = host::split(words);
  return !split.empty() && std::all_of(split.begin(), split.end(), [](std::string_view word) {
    return is_one_of(word, kWords) || is_short_number(word) || is_model(word);
  });
}

}  // namespace verify::capture

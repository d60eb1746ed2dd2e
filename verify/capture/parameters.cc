// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/parameters.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "config/id_pattern.h"
#include "config/keys.h"
#include "host/pci_address.h"
#include "host/text.h"
#include "verify/capture/known_words.h"
#include "verify/capture/word_list.h"

namespace verify::capture {
namespace {

// Kept with their values: parameters that checks read, or that affect a card's driver, its IOMMU or
// its memory.
constexpr std::string_view kKept[] = {"intel_iommu",
                                      "amd_iommu",
                                      "amd_iommu_intr",
                                      "iommu",
                                      "iommu.passthrough",
                                      "iommu.strict",
                                      "iommu.forcedac",
                                      "intremap",
                                      "nointremap",
                                      "noapic",
                                      "nox2apic",
                                      "x2apic_phys",
                                      "apic",
                                      "ivrs_ioapic",
                                      "ivrs_hpet",
                                      "pcie_acs_override",
                                      "vfio_early",
                                      "pci",
                                      "pcie_aspm",
                                      "pcie_port_pm",
                                      "pcie_ports",
                                      "video",
                                      "nomodeset",
                                      "nofb",
                                      "module_blacklist",
                                      "modprobe.blacklist",
                                      "rd.driver.blacklist",
                                      "rd.driver.pre",
                                      "initcall_blacklist",
                                      "default_hugepagesz",
                                      "hugepagesz",
                                      "hugepages",
                                      "isolcpus",
                                      "nohz_full",
                                      "rcu_nocbs",
                                      "swiotlb",
                                      "log_buf_len",
                                      "loglevel",
                                      "lockdown",
                                      "quiet",
                                      "splash",
                                      "ro",
                                      "rw",
                                      "acpi",
                                      "nosmt",
                                      "efifb",
                                      "mitigations",
                                      "debug",
                                      "single",
                                      "fbcon",
                                      "vga",
                                      "mem_encrypt",
                                      "kvm_amd.sev",
                                      "nouveau.modeset",
                                      "nvidia_drm.modeset",
                                      "nvidia_drm.fbdev",
                                      "radeon.modeset",
                                      "amdgpu.modeset",
                                      "i915.modeset",
                                      "i915.force_probe",
                                      "xe.force_probe",
                                      "i915.enable_gvt",
                                      "amdgpu.si_support",
                                      "amdgpu.cik_support",
                                      "radeon.si_support",
                                      "radeon.cik_support",
                                      "amdgpu.runpm"};

// Words in the values of the parameters that are kept.
const WordList kValueWords(
    "y force pt sm igfx strict soft noagp nofullflush fullflush forcedac nodac noforce "
    "biomerge merge nomerge nobypass memaper panic nosid x2apic optout posted intr nopost "
    "irqinjection legacy vapic pgtbl v1 v2 downstream upstream multifunction performance "
    "powersave powersupersave compat native dpc realloc nocrs crs use nomsi noaer noats "
    "nommconf conf1 conf2 nobios resource alignment hpmemsize hpiosize hpbussize hpmmiosize "
    "hpmmioprefsize pcie safe perf peer2peer tune big window acs redir config assign busses "
    "biosirq rom skip isa align earlydump efifb vesafb simplefb simpledrm sysfb init platform "
    "register efidrm vesadrm framebuffer dp edp dvi lvds dsi virtual composite svideo tv i b "
    "c map rotate nodefer font normal ask current ext domain managed irq nohz high low none "
    "integrity confidentiality nosmt rsdt ht noirq copy dsdt verbose quiet active any d3cold "
    "ffffffff ffffff ffff00 ff0000");

// Modules whose options are kept.
constexpr std::string_view kModules[] = {"vfio",    "vfio_pci", "vfio_pci_core", "vfio_iommu_type1",
                                         "iommufd", "kvm",      "kvm_intel",     "kvm_amd",
                                         "pci_stub"};
constexpr std::string_view kOptions[] = {"ids",
                                         "disable_vga",
                                         "disable_idle_d3",
                                         "nointxmask",
                                         "enable_sriov",
                                         "disable_denylist",
                                         "allow_unsafe_interrupts",
                                         "disable_hugepages",
                                         "dma_entry_limit",
                                         "enable_unsafe_noiommu_mode",
                                         "nested",
                                         "ept",
                                         "npt",
                                         "avic",
                                         "enable_apicv",
                                         "ignore_msrs",
                                         "report_ignored_msrs",
                                         "sev",
                                         "sev_es",
                                         "sev_snp",
                                         "vls"};

// Kept without their values, which name disks, networks and people, or are secrets.
constexpr std::string_view kNamed[] = {"root",
                                       "resume",
                                       "rootflags",
                                       "rootfstype",
                                       "rootdelay",
                                       "ip",
                                       "bootif",
                                       "ifname",
                                       "netconsole",
                                       "nameserver",
                                       "cryptopts",
                                       "cryptdevice",
                                       "cryptkey",
                                       "zfs",
                                       "nfsroot",
                                       "netroot",
                                       "rd.luks.uuid",
                                       "rd.luks.name",
                                       "rd.luks.key",
                                       "rd.luks.options",
                                       "rd.luks.partuuid",
                                       "luks.uuid",
                                       "luks.name",
                                       "luks.key",
                                       "rd.lvm.lv",
                                       "rd.lvm.vg",
                                       "rd.md.uuid",
                                       "rd.dm.uuid",
                                       "rd.znet",
                                       "hostname",
                                       "systemd.hostname",
                                       "systemd.machine_id",
                                       "systemd.set_credential",
                                       "systemd.unit",
                                       "init",
                                       "initrd",
                                       "boot_image",
                                       "console",
                                       "earlycon",
                                       "user",
                                       "password",
                                       "rdinit"};

template <size_t N>
bool is_one_of(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// "vfio_pci.ids"
bool is_kept(const std::string& name) {
  const size_t dot = name.find('.');
  if (dot == name.npos || is_one_of(name, kKept)) return is_one_of(name, kKept);
  return has_kept_options(name.substr(0, dot)) && is_module_option(name.substr(dot + 1));
}

struct Word {
  std::string_view name;
  std::string_view value;
  bool has_value = false;

  // The name as host::CommandLine compares it, but in lower case.
  std::string plain() const { return host::lower(host::underscored(name)); }
};

// Splits the line as host::CommandLine does, up to "--". Quotes are kept.
std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> words;
  bool quoted = false;
  size_t begin = 0;
  for (size_t at = 0; at <= line.size(); ++at) {
    if (at < line.size() && line[at] == '"') quoted = !quoted;
    if (at < line.size() &&
        (quoted || std::string_view(" \t\r\n").find(line[at]) == std::string_view::npos))
      continue;
    const std::string_view word = line.substr(begin, at - begin);
    begin = at + 1;
    if (word.empty()) continue;
    if (word == "--") break;
    const size_t equals = std::min(word.find('='), word.size());
    words.push_back({word.substr(0, equals), word.substr(std::min(equals + 1, word.size())),
                     equals < word.size()});
  }
  return words;
}

std::string_view without_quotes(std::string_view text) {
  while (text.starts_with('"')) text.remove_prefix(1);
  while (text.ends_with('"')) text.remove_suffix(1);
  return text;
}

std::string kept_word(const Word& word, Anonymiser& anonymiser) {
  const std::string name = word.plain(), head = std::string(word.name);
  // If the whole word is in quotes, the name begins with a quote.
  const bool plain = name.find('"') == name.npos;
  const std::string value(without_quotes(word.value));
  if (plain && name == "vfio_early.claim")
    return head + "=\"" + kept_claim(value, anonymiser) + "\"";
  if (plain && name == "rdinit" && value == "/vfio-early") return head + "=" + value;
  if (plain && is_kept(name))
    return word.has_value ? head + "=" + kept_value(word.value, anonymiser) : head;
  if (plain && word.has_value && !value.empty() && is_one_of(name, kNamed))
    return head + "=" + anonymiser.pseudonym("value", value);
  return anonymiser.pseudonym("parameter", head);
}

// "1920x1080", "60e", "4M", "46a6": a longer number may be a serial number, a longer word a name.
bool is_value_number(std::string_view word) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr size_t kMaxDigits = 10, kMaxLetters = 2, kMaxHex = 4;
  if (word.starts_with("0x")) word.remove_prefix(2);
  const bool digits = word.find_first_of(kDigits) != word.npos;
  if (word.find_first_not_of("0123456789abcdefABCDEF") == word.npos)
    return digits && (word.size() <= kMaxHex ||
                      (word.find_first_not_of(kDigits) == word.npos && word.size() <= kMaxDigits));
  const size_t end = word.find_first_not_of("0123456789x");
  const size_t letters = end == word.npos ? 0 : word.size() - end;
  return digits && kDigits.find(word.front()) != kDigits.npos && word.size() <= kMaxDigits &&
         letters <= kMaxLetters &&
         word.substr(word.size() - letters).find_first_of(kDigits) == word.npos;
}

bool is_value_word(std::string_view word) {
  return is_value_number(word) || kValueWords.contains(word) || has_only_known_words(word);
}

bool is_known_part(std::string_view part) {
  constexpr std::string_view kId = "id:";  // of pcie_acs_override
  if (part.starts_with(kId)) part.remove_prefix(kId.size());
  if (host::PciAddress::parse(part) || host::PciSlot::parse(part) || config::IdPattern::parse(part))
    return true;
  const auto words = host::split(part, ".:-/^_");
  return std::all_of(words.begin(), words.end(), is_value_word);
}

// One of the values between commas: ids, addresses, known words and numbers.
bool is_known_item(std::string_view item) {
  const auto parts = host::split(item, " =@;+!*[]\"");
  return std::all_of(parts.begin(), parts.end(), is_known_part);
}

// Does `value` suit the key?
bool is_correct(std::string_view key, std::string_view value) {
  const config::Key* known = config::find_key(key);
  config::Card trial;
  return known && known->parse(value, trial) &&
         (!known->is_free_text || has_only_known_words(value));
}

}  // namespace

bool has_kept_options(std::string_view name) {
  return is_one_of(name, kModules);
}

bool is_module_option(std::string_view name) {
  return is_one_of(name, kOptions);
}

bool is_parameter(std::string_view text) {
  const std::string plain = host::lower(host::underscored(text));
  return is_kept(plain) || is_one_of(plain, kNamed);
}

bool is_within_parameter(std::string_view text) {
  const std::string plain = host::lower(host::underscored(text));
  const auto holds = [&](std::string_view name) { return name.find(plain) != name.npos; };
  return std::any_of(std::begin(kKept), std::end(kKept), holds) ||
         std::any_of(std::begin(kOptions), std::end(kOptions), holds) ||
         std::any_of(std::begin(kNamed), std::end(kNamed), holds) ||
         std::any_of(std::begin(kModules), std::end(kModules), holds);
}

std::string kept_value(std::string_view value, Anonymiser& anonymiser) {
  std::string kept;
  for (;;) {
    const size_t end = std::min(value.find(','), value.size());
    const std::string_view item = value.substr(0, end);
    kept += is_known_item(item) ? std::string(item)
                                : anonymiser.pseudonym("value", std::string(without_quotes(item)));
    if (end == value.size()) return kept;
    kept += ',';
    value.remove_prefix(end + 1);
  }
}

std::string kept_claim(std::string_view value, Anonymiser& anonymiser) {
  std::vector<std::string> words;
  for (const std::string_view word : host::split(value, ",")) {
    const size_t equals = std::min(word.find('='), word.size());
    const auto is_valid_for = [&](const char* key) { return is_correct(key, word); };
    const bool bare = words.empty() && equals == word.size() &&
                      (is_valid_for("address") || is_valid_for("id") || is_valid_for("serial") ||
                       is_valid_for("path"));
    if (bare ||
        (equals < word.size() && is_correct(word.substr(0, equals), word.substr(equals + 1))))
      words.emplace_back(word);
    else
      words.push_back(anonymiser.pseudonym("value", std::string(word)));
  }
  return host::join(words, ",");
}

std::string kept_parameters(std::string_view line, Anonymiser& anonymiser) {
  std::vector<std::string> kept;
  for (const Word& word : words_of(line)) kept.push_back(kept_word(word, anonymiser));
  return host::join(kept, " ");
}

void learn_parameters(std::string_view line, Anonymiser& anonymiser) {
  for (const Word& word : words_of(line)) {
    const std::string name = word.plain();
    if (name == "vfio_early.claim") continue;
    if (is_kept(name)) {
      for (const std::string_view item : host::split(without_quotes(word.value), ","))
        if (!is_known_item(item)) anonymiser.hide_unless_words(std::string(item), "value");
      continue;
    }
    if (!is_one_of(name, kNamed)) anonymiser.hide_unless_words(std::string(word.name), "parameter");
    anonymiser.hide_unless_words(std::string(without_quotes(word.value)), "value");
  }
}

}  // namespace verify::capture

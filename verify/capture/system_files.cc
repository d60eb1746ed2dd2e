// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/system_files.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <vector>

#include "host/framebuffer.h"
#include "host/pci_address.h"
#include "host/text.h"
#include "verify/capture/known_words.h"
#include "verify/capture/log_lines.h"
#include "verify/capture/parameters.h"

namespace verify::capture {
namespace {

using host::split;

// Keeps the options that is_module_option() knows. A comment after them is left out.
std::string kept_options(const std::vector<std::string_view>& words, Anonymiser& anonymiser) {
  std::string kept = "options " + std::string(words[1]);
  for (size_t i = 2; i < words.size() && !words[i].starts_with('#'); ++i) {
    const size_t equals = std::min(words[i].find('='), words[i].size());
    const std::string_view name = words[i].substr(0, equals);
    if (!is_module_option(name)) continue;
    kept += " " + std::string(name);
    if (equals < words[i].size()) kept += "=" + kept_value(words[i].substr(equals + 1), anonymiser);
  }
  return kept;
}

// Lines that name one of these drivers, or a module with kept options, are kept.
constexpr std::string_view kDrivers[] = {"nouveau",        "nova_core",  "nvidia", "nvidia_drm",
                                         "nvidia_modeset", "nvidia_uvm", "amdgpu", "radeon",
                                         "i915",           "xe",         "ast",    "snd_hda_intel"};

bool is_module(std::string_view word) {
  const std::string name = host::underscored(word);
  return has_kept_options(name) ||
         std::find(std::begin(kDrivers), std::end(kDrivers), name) != std::end(kDrivers);
}

std::string kept_modprobe_line(std::string_view line, Anonymiser& anonymiser) {
  const auto words = split(line);
  if (words.size() < 2 || !has_only_known_words(words[1]) ||
      std::none_of(words.begin(), words.end(), is_module))
    return {};
  if (words[0] == "options") return kept_options(words, anonymiser);
  if (words[0] == "blacklist") return "blacklist " + std::string(words[1]);
  const bool command = words[0] == "install" || words[0] == "remove";
  if (!command && words[0] != "softdep") return {};
  std::string kept = std::string(words[0]) + " " + std::string(words[1]);
  for (size_t i = 2; i < words.size(); ++i) {
    const bool nothing = words[i] == "/bin/false" || words[i] == "/bin/true" ||
                         words[i] == "/usr/bin/false" || words[i] == "/usr/bin/true";
    const bool order = words[i] == "pre:" || words[i] == "post:" || has_only_known_words(words[i]);
    if (command ? !nothing : !order) return kept + (command ? " " + std::string(kLeftOut) : "");
    kept += " " + std::string(words[i]);
  }
  return kept;
}

// The interrupt chip of a line: "IR-PCI-MSI", or with its function "IR-PCI-MSI-0000:01:00.0".
std::string_view chip_in(std::string_view line) {
  for (std::string_view word : split(line)) {
    if (!word.starts_with("IR-") && !word.starts_with("PCI-MSI") && word != "IO-APIC") continue;
    const size_t end = std::min(word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-"), word.size());
    if (host::PciAddress::parse(word.substr(end))) return word;
    word = word.substr(0, end);
    return word;
  }
  return {};
}

bool is_region(std::string_view name) {
  const auto same = [&](const auto& other) { return name == other; };
  return host::PciAddress::parse(name) || name == "System RAM" || name == "Reserved" ||
         name == host::kBootFb ||
         std::any_of(std::begin(host::kDeviceRegions), std::end(host::kDeviceRegions), same) ||
         std::any_of(std::begin(host::kFramebufferDrivers), std::end(host::kFramebufferDrivers),
                     [&](const auto& driver) { return name == driver.region; });
}

// Keeps words of products (known_words.h) and the separators, and replaces all other words.
std::string kept_words(std::string_view text, const char* kind, Anonymiser& anonymiser) {
  constexpr std::string_view kBetween = " \t\n\"'/-_().,:+~";
  std::string kept;
  while (!text.empty()) {
    const size_t size = std::min(text.find_first_of(kBetween), text.size());
    const std::string word(text.substr(0, size));
    kept += word.empty() || is_word_of_product(word) ? word : anonymiser.pseudonym(kind, word);
    kept += text.substr(size, 1);
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return kept;
}

// The lines of `text` that `keeps` accepts.
template <typename Keeps>
std::string lines_that(std::string_view text, Keeps keeps) {
  std::string kept;
  for (const std::string_view line : split(text, "\n"))
    if (keeps(line)) kept += std::string(line) + "\n";
  return kept;
}

}  // namespace

std::string kept_name(std::string_view text, Anonymiser& anonymiser) {
  return kept_words(text, "value", anonymiser);
}

std::string kept_release(std::string_view text, Anonymiser& anonymiser) {
  return kept_words(text, "kernel", anonymiser);
}

std::string kept_modprobe(std::string_view text, Anonymiser& anonymiser) {
  std::string kept, whole;
  size_t empty = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool is_continued = line.ends_with('\\');
    if (is_continued) line.remove_suffix(1);
    whole += std::string(line) + " ";
    ++empty;
    if (is_continued && !text.empty()) continue;
    kept += kept_modprobe_line(whole, anonymiser) + std::string(empty, '\n');
    whole.clear();
    empty = 0;
  }
  return host::trim(kept).empty() ? "" : anonymiser.text(kept);
}

std::string kept_os_release(std::string_view text, Anonymiser& anonymiser) {
  std::string kept;
  for (const std::string_view raw : split(text, "\n")) {
    const std::string_view line = host::trim(raw);
    const size_t equals = line.find('=');
    const std::string_view key = line.substr(0, equals);
    if (equals != line.npos && (key == "PRETTY_NAME" || key == "ID" || key == "ID_LIKE"))
      kept += std::string(key) + "=" + kept_name(line.substr(equals + 1), anonymiser) + "\n";
  }
  return anonymiser.text(kept);
}

std::string kept_cpuinfo(std::string_view text, Anonymiser&) {
  return lines_that(text.substr(0, text.find("\n\n")), [](std::string_view line) {
    return line.starts_with("vendor_id") || line.starts_with("cpu family") ||
           line.starts_with("flags") || line.starts_with("address sizes") ||
           line.starts_with("CPU implementer");
  });
}

std::string kept_interrupts(std::string_view text, Anonymiser&) {
  std::string kept;
  for (const std::string_view line : split(text, "\n"))
    if (const std::string_view chip = chip_in(line); !chip.empty())
      kept += std::string(chip) + "\n";
  return kept;
}

std::string kept_iomem(std::string_view text, Anonymiser& anonymiser) {
  constexpr std::string_view kColon = " : ";
  // The name of a driver, as "vfio-pci" or "xhci-hcd", has no space.
  const auto kept_region = [&](std::string_view name) {
    if (is_region(name)) return std::string(name);
    return name.find(' ') == name.npos ? anonymiser.driver(std::string(name)) : kLeftOut;
  };
  std::string kept;
  for (const std::string_view line : split(text, "\n")) {
    const size_t colon = line.find(kColon);
    if (colon == line.npos || line.find_first_not_of("0123456789abcdef- ") < colon) continue;
    const std::string_view name = line.substr(colon + kColon.size());
    kept += std::string(line.substr(0, colon + kColon.size())) + kept_region(name) + "\n";
  }
  return kept;
}

std::string kept_uevent(std::string_view text, Anonymiser&) {
  return lines_that(text, [](std::string_view line) {
    return line.starts_with("DRIVER=") || line.starts_with("PCI_") ||
           line.starts_with("MODALIAS=pci:");
  });
}

std::string kept_aliases(std::string_view text, Anonymiser&) {
  return lines_that(text, [](std::string_view line) {
    return line.starts_with("alias pci:") || line.starts_with("alias vfio_pci:");
  });
}

}  // namespace verify::capture

// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/pci_names.h"

#include <algorithm>

#include "host/text.h"

namespace early::enable {
namespace {

constexpr size_t kMaxNames = size_t{8} << 20;

// The name behind `key` at the beginning of a line, in the part of the text that begins with
// `text`; it is cut there. Empty: not found.
std::string_view take_line(std::string_view& text, const std::string& key) {
  const size_t at = text.starts_with(key) ? 0 : text.find("\n" + key);
  if (at == text.npos) return {};
  text.remove_prefix(at + (text.starts_with(key) ? 0 : 1) + key.size());
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view name = host::trim(text.substr(0, end));
  text.remove_prefix(end);
  return name;
}

// The lines of the devices of a vendor begin with a tab.
std::string_view devices_in(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && text.substr(end).find_first_of("\t#") == 1)
    end = std::min(text.find('\n', end + 1), text.size());
  return text.substr(0, end);
}

}  // namespace

std::string read_pci_names(const host::Root& root) {
  for (const char* file : {"/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids"})
    if (auto text = root.read(file, kMaxNames)) return std::move(*text);
  return {};
}

std::string name_in(std::string_view pci_names, const host::PciId& id) {
  const std::string_view vendor = take_line(pci_names, host::hex(id.vendor, 4) + "  ");
  if (vendor.empty()) return id.str();
  std::string_view devices = devices_in(pci_names);
  const std::string_view device = take_line(devices, "\t" + host::hex(id.device, 4) + "  ");
  return std::string(vendor) + " " + (device.empty() ? id.str() : std::string(device));
}

}  // namespace early::enable

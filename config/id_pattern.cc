// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/id_pattern.h"

#include <algorithm>
#include <vector>

#include "host/text.h"

namespace config {

bool IdPattern::matches(const host::PciId& id) const {
  return id.vendor == vendor && id.device == device &&
         (!subsystem || *subsystem == std::pair(id.subvendor, id.subdevice));
}

std::string IdPattern::str() const {
  std::string text = host::hex(vendor, 4) + ":" + host::hex(device, 4);
  if (subsystem)
    text += ":" + host::hex(subsystem->first, 4) + ":" + host::hex(subsystem->second, 4);
  return text;
}

std::optional<IdPattern> IdPattern::parse(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const auto separators = std::count(text.begin(), text.end(), ':');
  std::vector<uint16_t> parts;
  for (std::string_view word : host::split(text, ":")) {
    if (word.starts_with("0x") || word.starts_with("0X")) word.remove_prefix(2);
    const auto part = host::parse_number(word, 16, 0xffff);
    if (!part || word.size() > 4) return std::nullopt;
    parts.push_back(static_cast<uint16_t>(*part));
  }
  if (static_cast<size_t>(separators) + 1 != parts.size()) return std::nullopt;  // "10de::1b81"
  if (parts.size() == 2) return IdPattern{parts[0], parts[1], std::nullopt};
  if (parts.size() == 4) return IdPattern{parts[0], parts[1], std::pair(parts[2], parts[3])};
  return std::nullopt;
}

}  // namespace config

// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/slot_or_function.h"

#include "host/text.h"

namespace config {
namespace {

using host::PciAddress;
using host::PciSlot;

std::optional<SlotOrFunction> parse_full(std::string_view text) {
  if (const auto address = PciAddress::parse(text))
    return SlotOrFunction{address->slot, address->function};
  if (const auto slot = PciSlot::parse(text)) return SlotOrFunction{*slot, std::nullopt};
  return std::nullopt;
}

// The last address in a path: "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/card0".
std::optional<SlotOrFunction> parse_sysfs(std::string_view path) {
  std::optional<SlotOrFunction> last;
  for (const std::string_view word : host::split(path, "/"))
    if (const auto address = PciAddress::parse(word))
      last = SlotOrFunction{address->slot, address->function};
  return last;
}

// "0000_01_00_0" in the kernel's form.
std::string with_separators(std::string_view text) {
  const auto words = host::split(text, "_");
  std::string result;
  for (size_t i = 0; i < words.size(); ++i)
    result += std::string(i == 0 ? "" : i == 3 ? "." : ":") + std::string(words[i]);
  return result;
}

}  // namespace

std::optional<SlotOrFunction> SlotOrFunction::parse(std::string_view text) {
  constexpr size_t kLongest = 64;
  if (text.starts_with("/sys/")) return parse_sysfs(text);
  if (text.size() > kLongest) return std::nullopt;
  std::string address = host::lower(text);
  if (address.starts_with("pci") && address.find_first_of("_-:@") == 3) address.erase(0, 4);
  if (address.find('_') != address.npos) address = with_separators(address);
  if (const auto full = parse_full(address)) return full;
  return parse_full("0000:" + address);
}

std::string SlotOrFunction::str() const {
  return function ? PciAddress{slot, *function}.str() : slot.str();
}

bool SlotOrFunction::contains(const PciAddress& address) const {
  return address.slot == slot && (!function || *function == address.function);
}

}  // namespace config

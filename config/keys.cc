// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/keys.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "host/pci_path.h"
#include "host/pci_serial.h"
#include "host/text.h"

namespace config {
namespace {

bool parse_address(std::string_view value, Card& card) {
  for (const std::string_view word : host::split(value)) {
    const auto address = SlotOrFunction::parse(word);
    if (!address) return false;
    card.address.push_back(*address);
  }
  return !card.address.empty();
}

// A short address has the form of an id: "01:00".
std::optional<IdPattern> parse_one_id(std::string_view word) {
  return SlotOrFunction::parse(word) ? std::nullopt : IdPattern::parse(word);
}

bool parse_id(std::string_view value, Card& card) {
  card.id = parse_one_id(value);
  return card.id.has_value();
}

// Two, four or six digits: base class, subclass, programming interface.
// sysfs prints "0x030000", lspci "[0300]".
bool parse_class(std::string_view value, Card& card) {
  if (value.starts_with('[') && value.ends_with(']')) value = value.substr(1, value.size() - 2);
  if (value.starts_with("0x")) value.remove_prefix(2);
  const bool digits = host::parse_number(value, 16).has_value();
  if (!digits || (value.size() != 2 && value.size() != 4 && value.size() != 6)) return false;
  card.class_code = host::lower(value);
  return true;
}

bool parse_path(std::string_view value, Card& card) {
  card.path = host::PciPath::parse(value);
  return card.path.has_value();
}

bool parse_serial(std::string_view value, Card& card) {
  card.serial = host::parse_serial(value);
  return card.serial.has_value();
}

// A label may contain any text, but is no PCI address. Its quotation marks are optional.
bool parse_slot(std::string_view value, Card& card) {
  constexpr size_t kLongest = 64;
  if (value.size() > 1 && value.starts_with('"') && value.ends_with('"'))
    value = host::trim(value.substr(1, value.size() - 2));
  card.slot_label = value;
  return !value.empty() && value.size() <= kLongest && value.find('"') == value.npos &&
         !SlotOrFunction::parse(value);
}

bool parse_index(std::string_view value, Card& card) {
  card.index = host::parse_number(value, 10);
  return card.index.has_value();
}

// From 1 to 999. A leading zero is refused, as in the schema.
std::optional<uint32_t> parse_quantity(std::string_view value) {
  constexpr uint32_t kMost = 999;
  return value.starts_with('0') ? std::nullopt : host::parse_number(value, 10, kMost);
}

bool parse_count(std::string_view value, Card& card) {
  card.count = value == "all" ? kAllCards : parse_quantity(value);
  return card.count.has_value();
}

bool parse_expect(std::string_view value, Card& card) {
  card.expect = parse_quantity(value);
  return card.expect.has_value();
}

bool parse_identity(std::string_view value, Card& card) {
  for (const std::string_view word : host::split(value)) {
    if (const auto id = parse_one_id(word)) {
      card.identity.ids.push_back(*id);
    } else if (const auto serial = host::parse_serial(word); serial && !card.identity.serial) {
      card.identity.serial = serial;
    } else {
      return false;
    }
  }
  return !card.identity.empty();
}

bool parse_functions(std::string_view value, Card& card) {
  card.all_functions = value == "all";
  if (card.all_functions) return true;
  for (const std::string_view word : host::split(value)) {
    const auto function = host::parse_number(word, 10, 7);
    if (!function) return false;
    card.functions.push_back(static_cast<uint8_t>(*function));
  }
  return !card.functions.empty();
}

bool parse_vfs(std::string_view value, Card& card) {
  const auto number = host::parse_number(value, 10, kMaxVirtualFunctions);
  if (!number || *number == 0) return false;
  card.vfs = static_cast<uint16_t>(*number);
  return true;
}

// Converts one of `names` to the enumerator at its position.
template <class Enum, size_t N>
bool parse_word(std::string_view value, const char* const (&names)[N], Enum& result) {
  const auto* found = std::find(std::begin(names), std::end(names), value);
  if (found == std::end(names)) return false;
  result = static_cast<Enum>(found - std::begin(names));
  return true;
}

bool parse_flag(std::string_view value, const char* no, const char* yes, bool& flag) {
  flag = value == yes;
  return flag || value == no;
}

bool parse_on_moved(std::string_view value, Card& card) {
  return parse_word(value, {"refuse", "follow"}, card.on_moved);
}

bool parse_driver(std::string_view value, Card& card) {
  card.handling.driver = value;
  return value == kDefaultDriver || value == kAutoDriver;
}

bool parse_unbind(std::string_view value, Card& card) {
  return parse_word(value, kUnbindNames, card.handling.unbind);
}

bool parse_framebuffer(std::string_view value, Card& card) {
  return parse_word(value, kFramebufferNames, card.handling.framebuffer);
}

bool parse_only_display(std::string_view value, Card& card) {
  return parse_flag(value, "refuse", "allow", card.may_be_last_display);
}

bool parse_group(std::string_view value, Card& card) {
  return parse_flag(value, "warn", "claim", card.claim_group);
}

bool parse_hand_over(std::string_view value, Card& card) {
  return parse_flag(value, "no", "yes", card.hand_over);
}

// A slot would also allow functions that are not there yet.
bool parse_allow(std::string_view value, Card& card) {
  for (const std::string_view word : host::split(value)) {
    const auto address = SlotOrFunction::parse(word);
    if (!address || !address->function) return false;
    card.handling.allowed_peers.push_back({address->slot, *address->function});
  }
  return !card.handling.allowed_peers.empty();
}

bool parse_healthy_when(std::string_view value, Card& card) {
  return parse_word(value, {"", "display", "boot"}, card.healthy_when) && !value.empty();
}

// "0:256M 2:8G": powers of two from 1 MiB to 512 GiB, the sizes of the attribute resourceN_resize.
bool parse_bar_size(std::string_view value, Card& card) {
  for (const std::string_view word : host::split(value)) {
    const size_t colon = word.find(':');
    if (colon == word.npos || word.size() < colon + 3) return false;
    const char unit = word.back();
    const auto bar = host::parse_number(word.substr(0, colon), 10, 5);
    const auto number =
        host::parse_number(word.substr(colon + 1, word.size() - colon - 2), 10, 512 * 1024);
    if (!bar || !number || (unit != 'M' && unit != 'G')) return false;
    const uint64_t megabytes = uint64_t{*number} * (unit == 'G' ? 1024 : 1);
    if (!std::has_single_bit(megabytes) || megabytes > uint64_t{512} * 1024) return false;
    card.handling.bar_sizes.push_back({static_cast<uint8_t>(*bar), megabytes});
  }
  return !card.handling.bar_sizes.empty();
}

// The names of pci_reset_fn_methods in drivers/pci/pci.c.
bool parse_reset_method(std::string_view value, Card& card) {
  constexpr std::string_view kMethods[] = {"device_specific", "acpi", "flr", "af_flr", "pm", "bus",
                                           "cxl_bus"};
  const auto words = host::split(value);
  for (const std::string_view word : words)
    if (std::find(std::begin(kMethods), std::end(kMethods), word) == std::end(kMethods))
      return false;
  card.handling.reset_method = value;
  return !words.empty();
}

// The characters of the kernel's own modules. A path or an option is refused.
bool is_module_name(std::string_view word) {
  constexpr size_t kLongest = 55;  // MODULE_NAME_LEN in include/linux/moduleparam.h
  return word.size() <= kLongest && !word.starts_with('-') &&
         std::all_of(word.begin(), word.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

bool parse_modules(std::string_view value, Card& card) {
  for (const std::string_view word : host::split(value)) {
    if (!is_module_name(word)) return false;
    card.handling.modules.emplace_back(word);
  }
  return !card.handling.modules.empty();
}

bool parse_disable_idle_d3(std::string_view value, Card& card) {
  return parse_flag(value, "no", "yes", card.handling.disable_idle_d3);
}

constexpr bool kSelects = true, kTakesSeveral = true;

constexpr Key kKeys[] = {
    {"address", parse_address, "slots like 0000:01:00 or functions like 0000:01:00.0", kSelects,
     kTakesSeveral},
    {"id", parse_id, "vendor:device like 10de:1b81, or with subsystem 10de:1b81:1458:3702",
     kSelects},
    {"class", parse_class, "two, four or six hexadecimal digits like 03 or 0300", kSelects},
    {"path", parse_path, "a root bus and device.function of each hop, like 0000:00/01.0/00.0",
     kSelects},
    {"serial", parse_serial, "a PCIe device serial number like 00-11-22-33-44-55-66-77", kSelects},
    {.name = "slot",
     .parse = parse_slot,
     .form = "the label of a slot, of at most 64 characters",
     .selects = true,
     .is_free_text = true},
    {"index", parse_index, "a number from 0: which of several matches, in address order"},
    {"count", parse_count, "'all', or how many cards there are, from 1 to 999"},
    {"expect", parse_expect, "how many devices the unit has, from 1 to 999"},
    {"identity", parse_identity,
     "the ids of the card, like 10de:1b81 10de:10f0, and optionally one serial number", false,
     kTakesSeveral},
    {"functions", parse_functions, "'all', or function numbers like 0 1", false, kTakesSeveral},
    {"vfs", parse_vfs, "a number of virtual functions, from 1 to 256"},
    {"on-moved", parse_on_moved, "'refuse' or 'follow'"},
    {"driver", parse_driver, "'vfio-pci' or 'auto'"},
    {"unbind", parse_unbind, "'no', 'yes' or 'display'"},
    {"framebuffer", parse_framebuffer, "'release', 'keep' or 'force'"},
    {"only-display", parse_only_display, "'refuse' or 'allow'"},
    {"group", parse_group, "'warn' or 'claim'"},
    {"hand-over", parse_hand_over, "'yes' or 'no'"},
    {"allow", parse_allow, "functions like 0000:00:1f.3 that stay in the card's IOMMU group", false,
     kTakesSeveral},
    {"healthy-when", parse_healthy_when, "'display' or 'boot'"},
    {"bar-size", parse_bar_size, "BAR:SIZE like 0:256M or 1:8G, a power of two from 1M to 512G",
     false, kTakesSeveral},
    {"reset-method", parse_reset_method,
     "reset methods of the kernel: device_specific acpi flr af_flr pm bus cxl_bus", false,
     kTakesSeveral},
    {.name = "modules",
     .parse = parse_modules,
     .form = "names of kernel modules to load first, like vendor-reset",
     .takes_several = true,
     .is_free_text = true},
    {"disable-idle-d3", parse_disable_idle_d3, "'yes' or 'no'"},
};

}  // namespace

const Key* find_key(std::string_view name) {
  const auto* found = std::find_if(std::begin(kKeys), std::end(kKeys),
                                   [&](const Key& key) { return key.name == name; });
  return found == std::end(kKeys) ? nullptr : found;
}

std::vector<std::string_view> known_keys() {
  std::vector<std::string_view> names;
  for (const Key& key : kKeys) names.push_back(key.name);
  return names;
}

std::string names_of_keys(bool selectors_only) {
  std::vector<std::string> names;
  for (const Key& key : kKeys)
    if (key.selects || !selectors_only) names.emplace_back(key.name);
  return host::join(names, ", ");
}

}  // namespace config

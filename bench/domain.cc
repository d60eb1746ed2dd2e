// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/domain.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "host/child.h"
#include "host/pci_function.h"
#include "host/text.h"

namespace bench {
namespace {

// Returns the text between `left` and `right`, and sets `text` to the rest. Empty if one of them is
// missing.
std::optional<std::string_view> take(std::string_view& text, std::string_view left,
                                     std::string_view right) {
  const size_t begin = text.find(left);
  if (begin == text.npos) return std::nullopt;
  const size_t first = begin + left.size(), end = text.find(right, first);
  if (end == text.npos) return std::nullopt;
  const auto found = text.substr(first, end - first);
  text.remove_prefix(end + right.size());
  return found;
}

// The value of name='0x0a'. libvirt writes hexadecimal.
uint32_t attribute(std::string_view element, const char* name) {
  const auto value = take(element, std::string(name) + "='0x", "'");
  return value ? host::parse_number(*value, 16).value_or(0) : 0;
}

host::Result<std::string> read_domain_xml(const host::Root& root, const std::string& domain) {
  const auto virsh = host::find_program(root, "virsh");
  if (!virsh) return virsh.error();
  return host::output_of({.command = {*virsh, "--readonly", "--connect", "qemu:///system",
                                      "dumpxml", "--domain", domain},
                          .limit = std::chrono::seconds(20)});
}

}  // namespace

std::vector<host::PciAddress> passed_through_functions(std::string_view xml) {
  std::vector<host::PciAddress> functions;
  while (const auto device = take(xml, "<hostdev", "</hostdev>")) {
    // `device` begins with the rest of "<hostdev mode='subsystem' type='pci' managed='yes'>".
    if (device->substr(0, device->find('>')).find("type='pci'") == device->npos) continue;
    auto inside = *device;
    auto source = take(inside, "<source", "</source>");
    const auto address = source ? take(*source, "<address", "/>") : std::nullopt;
    if (!address) continue;
    const auto parsed = host::PciAddress::parse(fmt::format(
        "{:04x}:{:02x}:{:02x}.{}", attribute(*address, "domain"), attribute(*address, "bus"),
        attribute(*address, "slot"), attribute(*address, "function")));
    if (parsed) functions.push_back(*parsed);
  }
  return functions;
}

host::Result<std::vector<std::string>> cards_of_domain(const host::Root& root,
                                                       const std::string& domain) {
  const auto xml = read_domain_xml(root, domain);
  if (!xml) return xml.error();
  const auto functions = host::read_pci_functions(root);
  if (!functions) return functions.error();
  std::vector<std::string> slots;
  for (const host::PciAddress& passed : passed_through_functions(*xml)) {
    const bool display =
        std::any_of(functions->begin(), functions->end(), [&](const host::PciFunction& function) {
          return function.address.slot == passed.slot && function.is_class("03");
        });
    std::string slot = passed.str();
    slot.resize(slot.rfind('.'));
    if (display && std::find(slots.begin(), slots.end(), slot) == slots.end())
      slots.push_back(slot);
  }
  if (slots.empty())
    return host::Error{
        0,
        fmt::format(
            "the domain '{}' has no graphics card of this machine; see <hostdev> in: virsh dumpxml {}",
            domain, domain)};
  return slots;
}

}  // namespace bench

// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/bind_command.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "host/drop_ins.h"
#include "host/pci_function.h"
#include "host/text.h"

namespace host {
namespace {

// "0000:01:00.0", or "0000_01_00_0" as in the names of libvirt's node devices.
std::optional<PciAddress> parse_address(std::string text) {
  constexpr size_t kLength = 12;
  if (text.size() == kLength && text[4] == '_' && text[7] == '_' && text[10] == '_') {
    text[4] = text[7] = ':';
    text[10] = '.';
  }
  return PciAddress::parse(text);
}

// The functions that a line names. A shell may need "0000\:01\:00.0".
std::vector<PciAddress> addresses_in(std::string line) {
  constexpr size_t kLength = 12;
  std::erase(line, '\\');
  std::vector<PciAddress> found;
  for (size_t at = 0; at + kLength <= line.size(); ++at) {
    if (line[at + 4] != ':' && line[at + 4] != '_') continue;
    if (at > 0 && std::isxdigit(static_cast<unsigned char>(line[at - 1])) != 0) continue;
    if (const auto address = parse_address(line.substr(at, kLength))) found.push_back(*address);
  }
  return found;
}

// The driver in "…/drivers/nvidia/bind"; "": none.
std::string bound_driver(std::string_view line) {
  constexpr std::string_view kDrivers = "/drivers/";
  for (size_t at = line.find(kDrivers); at != line.npos; at = line.find(kDrivers, at + 1)) {
    const std::string_view rest = line.substr(at + kDrivers.size());
    const size_t slash = rest.find('/');
    if (slash != rest.npos && rest.substr(slash).starts_with("/bind"))
      return std::string(rest.substr(0, slash));
  }
  return {};
}

// The driver in "driverctl set-override 0000:01:00.0 nvidia".
std::string override_driver(std::string_view line) {
  const auto words = split(line, " \t'\";");
  const auto at = std::find(words.begin(), words.end(), "set-override");
  return words.end() - at > 2 ? std::string(at[2]) : std::string();
}

bool has_word(std::string_view line, std::string_view word) {
  return line.find(word) != line.npos;
}

bool changes_driver(std::string_view line) {
  if (has_word(line, "vfio-pci/unbind")) return true;
  const std::string bound = bound_driver(line), overridden = override_driver(line);
  if (const std::string& driver = bound.empty() ? overridden : bound; !driver.empty())
    return !is_vfio_driver(driver);
  if (has_word(line, "vfio-pci") || has_word(line, "vfio_pci")) return false;
  return has_word(line, "driver_override") || has_word(line, "set-override") ||
         has_word(line, "nodedev-reattach");
}

}  // namespace

std::vector<BindCommand> parse_bind_commands(std::string_view text, const std::string& file) {
  std::vector<BindCommand> commands;
  if (text.find('\0') != text.npos) return commands;  // a program
  each_joined_line(text, Comment::kIsOneLine, [&](std::string_view line, int number) {
    if (!changes_driver(line)) return;
    const std::string driver = bound_driver(line);
    for (const PciAddress& address : addresses_in(std::string(line)))
      commands.push_back({address, driver.empty() ? override_driver(line) : driver,
                          file + ":" + std::to_string(number)});
  });
  return commands;
}

}  // namespace host

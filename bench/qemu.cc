// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/qemu.h"

#include <sstream>

#include <fmt/format.h>

#include "host/text.h"

namespace bench {

host::Command qemu_command(const QemuMachine& machine) {
  host::Command command = {machine.program};
  add(command, fmt::format("-nodefaults -machine q35{}{} -m {} {} -display {} -vga none -no-reboot",
                           machine.properties.empty() ? "" : ",", machine.properties,
                           machine.memory, machine.processor, machine.display));
  return command;
}

// QEMU 7.2's emulation of cmpxchg16b is not atomic: a kernel that uses it sometimes corrupts its
// own free lists.
const char* processor_model(const std::string& accelerator) {
  return accelerator == "kvm" ? "host" : "max,-cx16";
}

std::string port_properties(const std::string& id, const std::string& bus, int number) {
  return fmt::format("id={},bus={},chassis={},slot={}", id, bus, number, number);
}

void add(host::Command& command, const std::string& text) {
  std::istringstream words(text);
  for (std::string word; words >> word;) command.push_back(word);
}

// "  disable-acs=<bool>     - on/off (default: off)" is a line of QEMU's help.
std::set<std::string> properties_in(std::string_view help) {
  std::set<std::string> properties;
  for (const std::string_view word : host::split(help))
    if (const size_t end = word.find("=<"); end != word.npos)
      properties.emplace(word.substr(0, end));
  return properties;
}

// One name a line, after a heading; then sentences.
std::set<std::string> displays_in(std::string_view help) {
  std::set<std::string> displays;
  for (const std::string_view line : host::split(help, "\n"))
    if (const auto words = host::split(line); words.size() == 1) displays.emplace(words.front());
  return displays;
}

}  // namespace bench

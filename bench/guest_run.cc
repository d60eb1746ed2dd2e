// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/guest_run.h"

#include <cerrno>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "bench/files.h"
#include "bench/guest/markers.h"
#include "host/pci_function.h"

namespace bench {
namespace {

constexpr size_t kTail = 800;

void add(host::Command& command, const std::string& text) {
  std::istringstream words(text);
  for (std::string word; words >> word;) command.push_back(word);
}

host::Command qemu_command(const Guest& guest, const host::Command& card,
                           const std::string& console) {
  host::Command command = {guest.qemu};
  // QEMU 7.2's emulation of cmpxchg16b is not atomic for a guest whose kernel relies on it.
  const char* processor = guest.accelerator == "kvm" ? "host" : "max,-cx16";
  add(command, fmt::format("-nodefaults -machine q35 -accel {} -cpu {} -smp 1 -m {} -display none "
                           "-vga none -no-reboot -device pcie-root-port,id=below,chassis=1,slot=1",
                           guest.accelerator, processor, guest.memory));
  command.insert(command.end(), card.begin(), card.end());
  command.insert(command.end(), {"-serial", "file:" + console, "-kernel", guest.kernel, "-initrd",
                                 guest.initrd, "-append", guest.arguments});
  return command;
}

std::string tail_of(const std::string& text) {
  return text.size() > kTail ? "…" + text.substr(text.size() - kTail) : text;
}

host::Error no_end(const host::Ending& ending, const std::string& directory) {
  const std::string how =
      ending.in_time ? fmt::format("QEMU ended with {}", ending.status) : "its time was up";
  return {0, fmt::format("the guest did not come to its end: {} after {} ms; see {}\n{}{}", how,
                         ending.took.count(), directory, read_file(directory + "/qemu.err"),
                         tail_of(read_file(directory + "/console")))};
}

}  // namespace

host::Command emulated(const std::string& model) {
  return {"-device", model + ",bus=below,addr=0.0"};
}

host::Result<host::Command> passed_through(const host::Root& root, const std::string& slot,
                                           bool trapped) {
  const auto functions = host::read_pci_functions(root);
  if (!functions) return functions.error();
  const auto wanted = host::PciAddress::parse(slot + ".0");
  host::Command command;
  for (const host::PciFunction& function : *functions) {
    const std::string address = function.address.str();
    if (!wanted || function.address.slot != wanted->slot) continue;
    if (function.driver != "vfio-pci")
      return host::Error{
          0, fmt::format("{} is bound to {}, not to vfio-pci: claim it with "
                         "'vfio-early claim' first",
                         address, function.driver.empty() ? "no driver" : function.driver)};
    add(command, fmt::format("-device vfio-pci,host={},bus=below,addr=0.{}{}{}", address,
                             address.back(), address.back() == '0' ? ",multifunction=on" : "",
                             trapped ? ",x-no-mmap=on" : ""));
  }
  if (command.empty()) return host::Error{ENODEV, "find a function at " + slot};
  return command;
}

host::Result<nlohmann::json> run_guest(const Guest& guest, const host::Command& card,
                                       const std::string& directory) {
  const std::string console = directory + "/console";
  const host::Command command = qemu_command(guest, card, console);
  write_file(directory + "/command", host::quoted(command));
  // What an earlier run said is not this one's.
  if (::unlink(console.c_str()) != 0 && errno != ENOENT)
    return host::Error{errno, "remove " + console};
  const auto ending =
      host::run(command, directory + "/qemu.out", directory + "/qemu.err", guest.limit);
  if (!ending) return ending.error();
  const std::string text = read_file(console);
  const size_t begin = text.rfind(kBegin), end = text.rfind(kEnd);
  if (!ending->in_time || ending->status != 0 || begin == text.npos || end == text.npos ||
      end < begin)
    return no_end(*ending, directory);
  const size_t first = text.find('{', begin);
  auto report = nlohmann::json::parse(text.substr(first, end - first), nullptr, false);
  if (!report.is_object() || !report["benchmarks"].is_array())
    return host::Error{0, "what the guest reported is no benchmark's JSON; see " + console};
  return report;
}

}  // namespace bench

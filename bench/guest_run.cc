// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/guest_run.h"

#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

#include "bench/files.h"
#include "bench/guest/markers.h"
#include "bench/qemu.h"
#include "host/pci_function.h"

namespace bench {
namespace {

constexpr size_t kTail = 800;
// The guest's serial ports: files in the directory of the run.
constexpr const char *kConsole = "/console", *kPort = "/report";

host::Command command_for(const Guest& guest, const host::Command& card,
                          const std::string& directory) {
  host::Command command =
      qemu_command({.program = guest.qemu,
                    .processor = fmt::format("-accel {} -cpu {} -smp {}", guest.accelerator,
                                             processor_model(guest.accelerator), guest.processors),
                    .memory = guest.memory,
                    .display = guest.display});
  add(command, "-device pcie-root-port," + port_properties("below", "pcie.0", 1));
  command.insert(command.end(), card.begin(), card.end());
  command.insert(command.end(), guest.devices.begin(), guest.devices.end());
  command.insert(command.end(),
                 {"-serial", "file:" + directory + kConsole, "-serial", "file:" + directory + kPort,
                  "-kernel", guest.kernel, "-initrd", guest.initrd, "-append", guest.arguments});
  return command;
}

std::string tail_of(const std::string& text) {
  return text.size() > kTail ? "…" + text.substr(text.size() - kTail) : text;
}

host::Error unfinished_guest(const host::ChildOutput& qemu, const host::Error& why,
                             const std::string& directory) {
  const std::string how =
      qemu.failure ? host::describe(*qemu.failure) : "QEMU exited with status 0";
  return {0, fmt::format("the guest did not finish: {}; {} after {} ms; see {}\n{}{}",
                         host::describe(why), how, qemu.took.count(), directory, qemu.err,
                         tail_of(read_file(directory + kConsole)))};
}

// Removes the output of an earlier run, so that it is not read as the output of this one.
host::Result<void> remove_old_output(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return host::Error{errno, "remove " + path};
  return {};
}

}  // namespace

host::Command emulated(const std::string& model) {
  return {"-device", model + ",bus=below,addr=0.0"};
}

host::Result<host::Command> passed_through(const host::Root& root, const std::string& slot,
                                           bool trapped, const std::string& properties) {
  const auto functions = host::read_pci_functions(root);
  if (!functions) return functions.error();
  const auto wanted = host::PciAddress::parse(slot + ".0");
  host::Command command;
  for (const host::PciFunction& function : *functions) {
    const std::string address = function.address.str();
    if (!wanted || function.address.slot != wanted->slot) continue;
    if (function.driver.empty())
      return host::Error{
          0, fmt::format("{} has no driver; bind it to vfio-pci: vfio-early claim", address)};
    if (function.driver != "vfio-pci")
      return host::Error{
          0, fmt::format("{} is bound to {}, not to vfio-pci; claim it first: vfio-early claim",
                         address, function.driver)};
    std::string device = fmt::format("vfio-pci,host={},bus=below,addr=0.{}", address,
                                     static_cast<int>(function.address.function));
    if (function.address.function == 0) {
      device += ",multifunction=on";
      if (!properties.empty()) device += "," + properties;
    }
    if (trapped) device += ",x-no-mmap=on";
    command.insert(command.end(), {"-device", device});
  }
  if (command.empty()) return host::Error{ENODEV, "find a function at " + slot};
  return command;
}

std::string lost_function(const host::Root& root, const std::string& slot) {
  for (int number = 0; number < 8; ++number) {
    const auto address = host::PciAddress::parse(slot + "." + std::to_string(number));
    if (!address || !root.exists(address->sysfs())) continue;
    const auto config = root.read_attribute(address->sysfs() + "/config");
    if (config && config->starts_with("\xff\xff\xff\xff")) return address->str();
  }
  return "";
}

host::Result<nlohmann::json> reports_in(const std::string& text, size_t count) {
  nlohmann::json whole = {{"context", nlohmann::json::object()},
                          {"benchmarks", nlohmann::json::array()}};
  size_t found = 0, at = 0;
  while ((at = text.find(kBegin, at)) != text.npos) {
    const size_t end = text.find(kEnd, at), first = text.find('{', at);
    if (end == text.npos) return host::Error{0, "a report is incomplete"};
    // A program that cannot run any workload reports nothing.
    if (first < end) {
      const auto report = nlohmann::json::parse(text.substr(first, end - first), nullptr, false);
      if (!report.is_object() || !report.contains("benchmarks") || !report["benchmarks"].is_array())
        return host::Error{0, "the report of the guest is not JSON of Google Benchmark"};
      if (report.contains("context")) whole["context"].update(report["context"]);
      for (const nlohmann::json& entry : report["benchmarks"]) whole["benchmarks"].push_back(entry);
    }
    ++found;
    at = end;
  }
  if (found == count) return whole;
  return host::Error{0, fmt::format("{} of {} programs reported", found, count)};
}

host::Result<nlohmann::json> run_guest(const Guest& guest, const host::Command& card,
                                       const std::string& directory) {
  const host::Command command = command_for(guest, card, directory);
  write_file(directory + "/command", host::quoted(command));
  for (const char* port : {kConsole, kPort})
    if (const auto removed_output = remove_old_output(directory + port); !removed_output)
      return removed_output.error();
  const auto output = [&] {
    return read_file(directory + kConsole) + read_file(directory + kPort);
  };
  const auto qemu =
      host::run({.command = command,
                 .limit = guest.limit,
                 .environment = guest.environment,
                 .is_done = [&] { return reports_in(output(), guest.reports).has_value(); },
                 .end_limit = guest.end_limit});
  if (!qemu) return qemu.error();
  write_file(directory + "/qemu.out", qemu->out);
  write_file(directory + "/qemu.err", qemu->err);
  auto report = reports_in(output(), guest.reports);
  if (!report) return unfinished_guest(*qemu, report.error(), directory);
  if (qemu->failure && qemu->failure->code == ETIMEDOUT)
    (*report)["context"][kQemuEnd] = fmt::format(
        "QEMU did not end within {} s after its guest, and was killed (SIGKILL); its figures are complete",
        guest.end_limit.count());
  else if (qemu->failure)
    return unfinished_guest(*qemu, {0, "its reports are complete"}, directory);
  return report;
}

}  // namespace bench

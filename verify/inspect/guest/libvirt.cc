// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/guest/libvirt.h"

#include <algorithm>
#include <chrono>
#include <climits>

#include <fmt/format.h>

#include "host/child.h"
#include "host/text.h"

namespace verify::guest {
namespace {

// These exist while the daemon runs: the monolithic one, or the modular one for devices.
constexpr const char* kRunning[] = {"/run/libvirtd.pid", "/run/virtnodedevd.pid"};
constexpr std::chrono::seconds kLimit{5};

// The text between `left` and `right`; "" if one of them is missing.
std::string_view between(std::string_view text, std::string_view left, std::string_view right) {
  const size_t begin = text.find(left);
  if (begin == text.npos) return {};
  text.remove_prefix(begin + left.size());
  const size_t end = text.find(right);
  return end == text.npos ? std::string_view() : text.substr(0, end);
}

// A killed daemon leaves its file behind, so the process must exist, too.
bool is_process_running(const host::Root& root, const char* file) {
  const auto pid = host::parse_number(root.read_line(file), 10, INT_MAX);
  return pid && root.exists("/proc/" + std::to_string(*pid));
}

host::Result<NodeDevice> dump_device(const std::string& virsh, const char* uri,
                                     const host::PciAddress& address) {
  const auto xml = host::output_of({.command = {virsh, "--readonly", "--quiet", "--connect", uri,
                                                "nodedev-dumpxml", device_name(address)},
                                    .limit = kLimit});
  if (!xml) return xml.error();
  return parse_node_device(address, *xml);
}

}  // namespace

std::string device_name(const host::PciAddress& address) {
  std::string name = "pci_" + address.str();
  for (char& c : name)
    if (c == ':' || c == '.') c = '_';
  return name;
}

NodeDevice parse_node_device(const host::PciAddress& address, std::string_view xml) {
  NodeDevice device{.address = address, .driver = {}, .group = {}};
  device.driver = host::trim(between(between(xml, "<driver>", "</driver>"), "<name>", "</name>"));
  const std::string_view number = between(xml, "<iommuGroup number='", "'");
  if (const auto group = host::parse_number(number, 10, INT_MAX))
    device.group = static_cast<int>(*group);
  return device;
}

Libvirt query_libvirt(const host::Root& root, const std::vector<host::PciAddress>& functions,
                      bool live) {
  Libvirt libvirt;
  const auto virsh = host::find_program(root, "virsh");
  libvirt.installed = virsh.has_value();
  libvirt.running =
      live && std::any_of(std::begin(kRunning), std::end(kRunning),
                          [&](const char* file) { return is_process_running(root, file); });
  if (!libvirt.installed || !libvirt.running) return libvirt;
  // Connects to the daemon that runs: systemd would start the other one through its socket.
  const char* uri = is_process_running(root, kRunning[0]) ? "qemu:///system" : "nodedev:///system";
  for (const host::PciAddress& function : functions) {
    libvirt.devices.push_back(dump_device(*virsh, uri, function));
    if (!libvirt.devices.back()) break;  // the next ones would fail, too, and take as long
  }
  return libvirt;
}

}  // namespace verify::guest

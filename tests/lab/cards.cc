// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/cards.h"

namespace lab {
namespace {

// A function of a card: the device, and a device on the bus that it provides.
struct Part {
  std::string device;
  std::string below = {};
};

std::vector<Part> parts_of(Kind kind, const std::string& number) {
  const Part sound = {"intel-hda", "hda-duplex,audiodev=silence"};
  switch (kind) {
    case Kind::kGraphics:
      return {{"secondary-vga"}, sound};
    case Kind::kWithUsb:
      return {{"secondary-vga"}, sound, {"qemu-xhci"}};
    case Kind::kVga:
      return {{"VGA"}, sound};
    case Kind::kDisplay:
      return {{"bochs-display"}};
    case Kind::kApu:
      return {{"secondary-vga"}, sound, {"edu"}, {"qemu-xhci"}};
    case Kind::kNetwork:
      return {{"e1000e,mac=52:54:00:00:00:0" + number}};
    case Kind::kVirtio:
      return {{"virtio-net-pci"}};
    case Kind::kNvme:
      return {{"nvme,serial=nvme" + number}};
    case Kind::kSriovNetwork:
      return {{"igb"}};
    case Kind::kSriovNvme:  // the subsystem shares out queues and interrupts
      return {{"nvme,serial=nvme" + number + ",subsys=subsystem" + number +
               ",sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=2,max_ioqpairs=6"
               ",msix_qsize=5"}};
    case Kind::kVirtioGpu:
      return {{"virtio-gpu-pci,iommu_platform=on,disable-legacy=on"}};
    case Kind::kVirtioGpuBypassingIommu:
      return {{"virtio-gpu-pci,disable-legacy=on"}};
    case Kind::kEdu:
      return {{"edu"}};
    case Kind::kUsb:
      return {{"qemu-xhci"}};
    case Kind::kNone:
      return {};
    case Kind::kUsbStorage:
      return {{"qemu-xhci", "usb-storage,drive=stick" + number + ",serial=stick" + number}};
  }
  return {};
}

void add_part(Command& qemu, const Part& part, const std::string& id, const std::string& upstream) {
  add(qemu, "-device " + part.device + ",id=" + id + "," + upstream);
  if (!part.below.empty()) add(qemu, "-device " + part.below + ",bus=" + id + ".0");
}

// The functions of a card in one slot.
void add_functions(Command& qemu, const std::vector<Part>& parts, const std::string& card,
                   const std::string& bus, const std::string& slot) {
  for (size_t i = 0; i < parts.size(); ++i)
    add_part(qemu, parts[i], "card" + card + "-" + std::to_string(i),
             "bus=" + bus + ",addr=" + slot + "." + std::to_string(i) +
                 (i == 0 && parts.size() > 1 ? ",multifunction=on" : ""));
}

// Function 0 is the port of the machine's first card.
std::string function_of_ports(Upstream upstream, int number) {
  if (upstream != Upstream::kPortFunction && upstream != Upstream::kPortFunctionWithoutAcs)
    return {};
  return ",multifunction=on,addr=10." + std::to_string(number - 1);
}

// ioh3420 has no ACS capability in any QEMU; pcie-root-port.disable-acs was removed in QEMU 11.
std::string device_of_port(Upstream upstream) {
  const bool without_acs =
      upstream == Upstream::kPortWithoutAcs || upstream == Upstream::kPortFunctionWithoutAcs;
  return without_acs ? "ioh3420" : "pcie-root-port";
}

void add_port(Command& qemu, const Card& card, const std::string& bus, int number) {
  add(qemu, "-device " + device_of_port(card.upstream) + "," +
                bench::port_properties("port" + std::to_string(number), bus, number) +
                function_of_ports(card.upstream, number) +
                (card.port_options.empty() ? "" : "," + card.port_options));
}

// Each function is behind its own port.
void add_below_switch(Command& qemu, const std::vector<Part>& parts, const std::string& n) {
  add(qemu, "-device x3130-upstream,id=switch" + n + ",bus=port" + n);
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string id = "card" + n + "-" + std::to_string(i), below = "below-" + id;
    const int number = std::stoi(n) * 16 + static_cast<int>(i);
    add(qemu, "-device xio3130-downstream," + bench::port_properties(below, "switch" + n, number));
    add_part(qemu, parts[i], id, "bus=" + below);
  }
}

void add_below_bridge(Command& qemu, const std::vector<Part>& parts, const std::string& n) {
  add(qemu, "-device pcie-pci-bridge,id=bridge" + n + ",bus=port" + n);
  for (size_t i = 0; i < parts.size(); ++i)
    add_part(qemu, parts[i], "card" + n + "-" + std::to_string(i),
             "bus=bridge" + n + ",addr=" + std::to_string(i + 1));
}

}  // namespace

void add_card(Command& qemu, const Card& card, int number) {
  const std::string n = std::to_string(number);
  std::vector<Part> parts = parts_of(card.kind, n);
  if (!card.options.empty() && !parts.empty()) parts.front().device += "," + card.options;
  if (card.kind == Kind::kSriovNvme) add(qemu, "-device nvme-subsys,id=subsystem" + n);
  std::string bus = "pcie.0";
  if (card.upstream == Upstream::kRootBus) return add_functions(qemu, parts, n, bus, "1" + n);
  if (card.upstream == Upstream::kBypassIommu) {
    bus = "unguarded";
    add(qemu, "-device pxb-pcie,id=" + bus + ",bus=pcie.0,bus_nr=64,bypass_iommu=on");
  }
  add_port(qemu, card, bus, number);
  if (card.upstream == Upstream::kSwitch) return add_below_switch(qemu, parts, n);
  if (card.upstream == Upstream::kPciBridge) return add_below_bridge(qemu, parts, n);
  add_functions(qemu, parts, n, "port" + n, "0");
}

}  // namespace lab

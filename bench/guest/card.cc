// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/guest/card.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "host/text.h"

namespace bench {
namespace {

constexpr SafeMemory kSafeMemory[] = {
    // QEMU's docs/specs/standard-vga.txt: the VBE registers begin at 0x500, the first one is the
    // id.
    {{0x1234, 0x1111}, "QEMU's VGA or bochs-display", 0, 2, 0x500},
    // virtio 1.2, 4.1.4.3: device_feature_select is the first field of the common configuration,
    // which QEMU places at the beginning of BAR 4.
    {{0x1af4, 0x1050}, "virtio-gpu", -1, 4, 0},
};

const SafeMemory* safe_memory(const host::PciId& id) {
  const auto* found =
      std::find_if(std::begin(kSafeMemory), std::end(kSafeMemory), [&](const SafeMemory& known) {
        return known.id.vendor == id.vendor && known.id.device == id.device;
      });
  return found == std::end(kSafeMemory) ? nullptr : found;
}

// A line of /proc/interrupts has a count for each processor: "  24:   316   0
// PCI-MSIX-0000:00:05.0  0-edge virtio0-control".
uint64_t count_in(std::string_view line) {
  uint64_t count = 0;
  const auto words = host::split(line.substr(line.find(':') + 1));
  for (const std::string_view word : words) {
    const auto number = host::parse_number(word, 10);
    if (!number) break;
    count += *number;
  }
  return count;
}

}  // namespace

host::Result<Card> find_card(const host::Root& root) {
  auto functions = host::read_pci_functions(root);
  if (!functions) return functions.error();
  for (host::PciFunction& function : *functions)
    if (function.is_class("03")) {
      const SafeMemory* known = safe_memory(function.id);
      return Card{std::move(function), known};
    }
  return host::Error{ENODEV, "find a function of class 03"};
}

// Documentation/ABI/testing/sysfs-bus-pci: msi_irqs/N contains "msi" or "msix".
Interrupts interrupts_of(const host::Root& root, const host::PciAddress& address) {
  const std::string directory = address.sysfs() + "/msi_irqs";
  std::map<std::string, bool, std::less<>> is_msix;
  for (const std::string& number : root.list(directory).value_or({}))
    is_msix[number] = root.read_line(directory + "/" + number) == "msix";
  // 0: the function has no interrupt pin. Line 0 of /proc/interrupts is the timer's.
  if (const std::string pin = root.read_line(address.sysfs() + "/irq"); pin != "0")
    is_msix.emplace(pin, false);
  Interrupts interrupts;
  const std::string text = root.read("/proc/interrupts").value_or("");
  for (const std::string_view line : host::split(text, "\n")) {
    const auto found = is_msix.find(host::trim(line.substr(0, line.find(':'))));
    if (found == is_msix.end()) continue;
    const uint64_t count = count_in(line);
    interrupts.all += count;
    if (found->second) interrupts.msix += count;
  }
  return interrupts;
}

std::string others_in_slot(const host::Root& root, const Card& card) {
  std::vector<std::string> words;
  const auto functions = host::read_pci_functions(root);
  if (!functions) return "";
  for (const host::PciFunction& other : *functions)
    if (other.address.slot == card.function.address.slot && other.address != card.function.address)
      words.push_back(other.id.str() + " (" + (other.driver.empty() ? "no driver" : other.driver) +
                      ")");
  return host::join(words, ", ");
}

host::Result<MappedBar> MappedBar::map(const host::Root& root, const host::PciAddress& address,
                                       int bar, Caching caching) {
  const std::string path = address.sysfs() + "/resource" + std::to_string(bar) +
                           (caching == Caching::kWriteCombined ? "_wc" : "");
  const auto file = root.open_file(path, O_RDWR);
  if (!file) return file.error();
  struct stat status = {};
  if (::fstat(file->get(), &status) != 0) return host::Error{errno, "get the size of " + path};
  const auto size = static_cast<size_t>(status.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->get(), 0);
  if (memory == MAP_FAILED) return host::Error{errno, "map " + path};
  return MappedBar({static_cast<std::byte*>(memory), size});
}

MappedBar::MappedBar(MappedBar&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedBar::~MappedBar() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

std::span<volatile uint64_t> MappedBar::words() const {
  return {reinterpret_cast<volatile uint64_t*>(bytes_.data()), bytes_.size() / sizeof(uint64_t)};
}

}  // namespace bench

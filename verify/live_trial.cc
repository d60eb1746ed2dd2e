// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/live_trial.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>

#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/text.h"
#include "verify/dma_trial.h"
#include "verify/probes/probe.h"
#include "verify/probes/wait.h"
#include "vfio/container.h"
#include "vfio/group.h"
#include "vfio/pages.h"

namespace verify {
namespace {

using vfio::Access;
using vfio::Pages;

constexpr auto kUntouched = std::byte{0xa5};
constexpr int kSettleMicroseconds = 20'000;  // for a write that is on its way
constexpr uint64_t kApart = 0x10000;         // between the two pages
constexpr int kInterrupts = 3;

void fill(std::span<std::byte> page) {
  std::fill(page.begin(), page.end(), kUntouched);
}

bool is_untouched(std::span<const std::byte> page) {
  return std::all_of(page.begin(), page.end(), [](std::byte byte) { return byte == kUntouched; });
}

// Documentation/admin-guide/mm/pagemap.rst: bits 0 to 54 the frame, bit 63 present. Only root sees
// the frame.
std::optional<uint64_t> physical_address(const host::Root& root, std::span<const std::byte> page) {
  const auto map = root.open_file("/proc/self/pagemap", O_RDONLY);
  if (!map) return std::nullopt;
  const size_t size = Pages::page_size();
  uint64_t entry = 0;
  const auto where = reinterpret_cast<uintptr_t>(page.data()) / size * sizeof(entry);
  if (::pread(map->get(), &entry, sizeof(entry), static_cast<off_t>(where)) != sizeof(entry))
    return std::nullopt;
  const uint64_t frame = entry & ((uint64_t{1} << 55) - 1);
  if (!(entry >> 63) || frame == 0) return std::nullopt;
  return frame * size;
}

// Memory and bus master on, INTx not off (PCI 3.0, 6.2.2).
host::Result<void> enable(const vfio::Device& device) {
  const auto command = device.read_config(0x04);
  if (!command) return command.error();
  if (*command == 0xffff)
    return host::Error{EIO, "read configuration space, which answers with ones only"};
  return device.write_config(0x04, static_cast<uint16_t>((*command | 0x6) & ~0x400));
}

// What /proc/interrupts calls the chip of this function's interrupt while vfio has it.
std::string chip_of(const host::Root& root, const std::string& address) {
  const std::string text = root.read("/proc/interrupts", 16 << 20).value_or("");
  for (const std::string_view line : host::split(text, "\n")) {
    if (line.find("vfio-") == line.npos || line.find("(" + address + ")") == line.npos) continue;
    for (const std::string_view word : host::split(line))
      if (word.find("PCI-MSI") != word.npos || word.find("IO-APIC") != word.npos)
        return std::string(word);
  }
  return {};
}

// The stage: one device, the pages, and how they are mapped.
class Stage {
 public:
  Stage(const host::Root& root, vfio::Container& container, vfio::Device& device, Probe& probe,
        LiveTrial& trial, Pages pages)
      : root_(root),
        container_(container),
        device_(device),
        probe_(probe),
        trial_(trial),
        pages_(std::move(pages)) {
    const size_t size = Pages::page_size();
    page_ = {.commands_iova = trial.iova,
             .answers_iova = trial.iova + kApart,
             .commands = pages_.bytes().first(size),
             .answers = pages_.bytes().subspan(size, size)};
    other_ = pages_.bytes().subspan(2 * size, size);
  }
  ~Stage() {
    probe_.stop();
    unmap_answers();
    (void)container_.unmap(page_.commands_iova, page_.commands.size());
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void run() {
    if (const auto mapped = map_all(); !mapped) return obstruct(mapped.error());
    fill(page_.answers);
    if (const auto started = probe_.start(page_, false); !started) return obstruct(started.error());
    for (const int question : {0, 1, 0, 1})
      trial_.answers.push_back(probe_.ask(page_, question).value_or(0));
    if (!answers_again()) return;
    deny();
    interrupt();
  }

 private:
  void obstruct(const host::Error& error) { trial_.obstacle = error; }

  host::Result<void> map_all() {
    if (auto mapped = container_.map(page_.commands_iova, page_.commands, Access::kRead); !mapped)
      return mapped;
    return map_answers(page_.answers, Access::kReadWrite);
  }
  host::Result<void> map_answers(std::span<std::byte> page, Access access) {
    return container_.map(page_.answers_iova, page, access);
  }
  void unmap_answers() { (void)container_.unmap(page_.answers_iova, page_.answers.size()); }

  // From a reset on, the first two answers once more.
  bool answers_again() {
    fill(page_.answers);
    if (!probe_.start(page_, false)) return false;
    const auto first = probe_.ask(page_, 0), second = probe_.ask(page_, 1);
    return first && second && trial_.answers.size() > 1 && *first == trial_.answers[0] &&
           *second == trial_.answers[1] && *first != *second;
  }

  // Asks, where no answer may arrive in `watched`.
  bool changes(const ProbePages& pages, std::span<std::byte> watched) {
    (void)probe_.ask(pages, 0);
    pause_for(kSettleMicroseconds);
    return !is_untouched(watched);
  }

  // `deny` takes the device's reach away and says whether memory changed all the same; nothing: it
  // could not be taken away. Afterwards all is mapped as before.
  Denial between_positives(const std::function<std::optional<bool>()>& deny) {
    Denial denial{.before = answers_again()};
    const std::optional<bool> changed = deny();
    denial.before = denial.before && changed;
    denial.changed = changed.value_or(false);
    unmap_answers();
    const bool mapped = map_answers(page_.answers, Access::kReadWrite).has_value();
    denial.after = mapped && answers_again();
    return denial;
  }

  // With the answers going to `iova`, from a reset on;
  // nothing: the device could not be asked (an address that it can't name, for one).
  std::optional<bool> changes_at(uint64_t iova) {
    ProbePages pages = page_;
    pages.answers_iova = iova;
    fill(page_.answers);
    if (!probe_.start(pages, false)) return std::nullopt;
    return changes(pages, page_.answers);
  }

  void deny() {
    trial_.unmapped = between_positives([&] {
      unmap_answers();
      return changes_at(page_.answers_iova);
    });
    trial_.readonly = between_positives([&]() -> std::optional<bool> {
      unmap_answers();
      if (!map_answers(page_.answers, Access::kRead)) return std::nullopt;
      return changes_at(page_.answers_iova);
    });
    trial_.revoked = between_positives([&] {
      unmap_answers();  // it runs, since answers_again()
      fill(page_.answers);
      return changes(page_, page_.answers);
    });
    if (const auto physical = physical_address(root_, page_.answers);
        physical && reachable(*physical))
      trial_.physical = between_positives([&] { return changes_at(*physical); });
    trial_.remapped = between_positives([&] { return remap(); });
  }

  // Nothing of ours is mapped at that address.
  bool reachable(uint64_t address) const {
    const auto apart = [&](uint64_t iova) {
      return address + page_.answers.size() <= iova || iova + page_.answers.size() <= address;
    };
    return apart(page_.commands_iova) && apart(page_.answers_iova);
  }

  // The same address, another page.
  std::optional<bool> remap() {
    unmap_answers();
    fill(page_.answers);
    fill(other_);
    if (!map_answers(other_, Access::kReadWrite)) return std::nullopt;
    ProbePages pages = page_;
    pages.answers = other_;
    const auto started = probe_.start(pages, false);
    const auto answer = started ? probe_.ask(pages, 0) : std::nullopt;
    pause_for(kSettleMicroseconds);
    trial_.arrived_at_new_page = answer && *answer == trial_.answers[0];
    return !is_untouched(page_.answers);
  }

  void interrupt() {
    constexpr std::pair<uint32_t, const char*> kKinds[] = {{VFIO_PCI_MSIX_IRQ_INDEX, "MSI-X"},
                                                           {VFIO_PCI_MSI_IRQ_INDEX, "MSI"}};
    LiveInterrupts interrupts;
    for (const auto& [index, kind] : kKinds) {
      if (device_.interrupts(index).value_or(0) == 0) continue;
      interrupts.kind = kind;
      count_interrupts(index, interrupts);
      break;
    }
    trial_.interrupts = interrupts;
  }

  void count_interrupts(uint32_t index, LiveInterrupts& interrupts) {
    const host::Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (const auto taken = device_.take_interrupt(index, event); !taken) {
      interrupts.obstacle = taken.error();
      return;
    }
    fill(page_.answers);
    interrupts.expected = kInterrupts;
    if (probe_.start(page_, true)) {
      interrupts.chip = chip_of(root_, trial_.address);
      for (int i = 0; i < kInterrupts; ++i) {
        (void)probe_.ask(page_, i % 2);
        pollfd waiting = {.fd = event.get(), .events = POLLIN, .revents = 0};
        uint64_t count = 0;
        if (::poll(&waiting, 1, 100) == 1 &&
            ::read(event.get(), &count, sizeof(count)) == sizeof(count))
          interrupts.counted += static_cast<int>(count);
      }
    }
    probe_.stop();
    (void)device_.release_interrupts(index);
  }

  const host::Root& root_;
  vfio::Container& container_;
  vfio::Device& device_;
  Probe& probe_;
  LiveTrial& trial_;
  Pages pages_;
  ProbePages page_;
  std::span<std::byte> other_;
};

host::Result<void> attach_group(vfio::Container& container, vfio::Group& group) {
  if (auto set = group.set_container(container); !set) return set;
  return container.set_iommu(VFIO_TYPE1v2_IOMMU);
}

// Everything up to the stage; what is opened here stays open while it plays.
host::Result<void> play(const host::Root& root, int number, const host::PciFunction& function,
                        const std::vector<host::PciFunction>& members, LiveTrial& trial) {
  auto container = vfio::Container::open(root);
  if (!container) return container.error();
  auto group = vfio::Group::open(root, number);
  if (!group) return group.error();
  if (auto attached = attach_group(*container, *group); !attached) return attached;

  std::vector<vfio::Device> companions;
  for (const host::PciFunction& member : members)
    if (member.address.slot == function.address.slot && member.address.function == 0 &&
        member.address != function.address)
      if (auto opened = vfio::Device::open(*group, member.address.str()))
        companions.push_back(std::move(*opened));

  auto device = vfio::Device::open(*group, trial.address);
  if (!device) return device.error();
  if (auto enabled = enable(*device); !enabled) return enabled;
  const auto probe = make_probe(*device, function.class_code);
  if (!probe) return probe.error();
  trial.kind = (*probe)->kind();

  const auto info = container->iommu_info();
  if (!info) return info.error();
  const auto iova = free_iova(info->ranges.value_or(std::vector<vfio::IovaRange>{}), 2 * kApart);
  if (!iova) return host::Error{ENOSPC, "find an address for the device"};
  trial.iova = *iova;
  auto pages = Pages::allocate(3 * Pages::page_size());
  if (!pages) return pages.error();
  Stage(root, *container, *device, **probe, trial, std::move(*pages)).run();
  return {};
}

}  // namespace

std::string way_to_reset(const host::Root& root, const std::vector<host::PciFunction>& functions,
                         const host::PciAddress& address) {
  const std::string methods = root.read_line(address.sysfs() + "/reset_method");
  if (!methods.empty()) return methods;
  // A bus is reset through its bridge; a root bus has none.
  const auto path = host::PciPath::from_sysfs(root.link_target(address.sysfs()));
  const bool below_bridge = path && path->hops.size() > 1;
  const bool all_ours = std::all_of(functions.begin(), functions.end(), [&](const auto& function) {
    return function.address.slot.domain != address.slot.domain ||
           function.address.slot.bus != address.slot.bus ||
           function.driver.find("vfio") != std::string::npos;
  });
  return below_bridge && all_ours ? "bus" : "";
}

LiveTrial try_live(const host::Root& root, int group, const host::PciFunction& function,
                   const std::vector<host::PciFunction>& members) {
  LiveTrial trial;
  trial.address = function.address.str();
  const auto began = std::chrono::steady_clock::now();
  if (const auto played = play(root, group, function, members, trial); !played)
    trial.obstacle = played.error();
  trial.milliseconds = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                            std::chrono::steady_clock::now() - began)
                                            .count());
  return trial;
}

}  // namespace verify

// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/hardware/rom_file.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "vfio/group.h"

namespace verify::hardware {
namespace {

using State = OptionRom::State;

// PCI 3.0, 6.2.2: bit 1, memory space.
constexpr off_t kCommand = 0x04;
constexpr uint32_t kMemorySpace = 2;

// Why the ROM must not be enabled; kRead: it may be. A shadow copy is always read: it is in memory,
// not in the device.
State obstacle(const RomQuestion& question, bool shadow) {
  if (shadow) return State::kRead;
  if (question.function.driver.find("vfio") == std::string::npos) return State::kOnDriver;
  if (question.power.asleep()) return State::kAsleep;
  // Reading it would make the kernel look for an address.
  if (question.windows[kRom].is_unplaced()) return State::kUnplaced;
  if (!question.registers || !(question.registers->u16(kCommand) & kMemorySpace))
    return State::kSwitchedOff;
  return State::kRead;
}

State of_error(int code) {
  if (code == EACCES || code == EPERM) return State::kForbidden;
  return code == EBUSY ? State::kInUse : State::kFailed;
}

// `rom` can only be read after 1 was written to it (pci_read_rom in drivers/pci/pci-sysfs.c). If it
// was enabled before, it stays enabled. Disabling it needs two bytes: kernels before kstrtobool()
// enable it by any other write.
class SwitchedOn {
 public:
  explicit SwitchedOn(const host::Fd& file) : file_(file) {
    char byte = 0;
    const bool was_off = ::pread(file_.get(), &byte, 1, 0) < 0 && errno == EINVAL;
    by_us_ = was_off && ::pwrite(file_.get(), "1", 1, 0) == 1;
  }
  ~SwitchedOn() {
    if (by_us_) (void)!::pwrite(file_.get(), "0\n", 2, 0);
  }
  SwitchedOn(const SwitchedOn&) = delete;
  SwitchedOn& operator=(const SwitchedOn&) = delete;

 private:
  const host::Fd& file_;
  bool by_us_ = false;
};

void read_file(const host::Fd& file, OptionRom& found) {
  int code = 0;
  found.rom = parse_rom(
      [&](size_t at, std::span<uint8_t> to) {
        const ssize_t got = ::pread(file.get(), to.data(), to.size(), static_cast<off_t>(at));
        if (got < 0) code = errno;
        return got == static_cast<ssize_t>(to.size());
      },
      found.bytes);
  // EIO: pci_map_rom found no image.
  found.state = code == 0 || !found.rom.images.empty() ? State::kRead : State::kRejected;
  if (code != 0 && code != EIO) {
    found.state = State::kFailed;
    found.error = host::Error{code, "read the option ROM"};
  }
}

void read_live(const host::Root& root, const RomQuestion& question, OptionRom& found) {
  std::optional<vfio::Group> held;
  if (!found.shadow && question.group) {
    auto group = vfio::Group::open(root, *question.group);
    if (!group) {
      found.state = of_error(group.error().code);
      found.error = group.error();
      return;
    }
    held = std::move(*group);
  }
  const auto file = root.open_file(question.function.address.sysfs() + "/rom", O_RDWR | O_NONBLOCK);
  if (!file) {
    found.state = of_error(file.error().code);
    found.error = file.error();
    return;
  }
  const SwitchedOn on(*file);
  read_file(*file, found);
}

// An ordinary file: it need not be enabled.
void read_captured(const host::Root& root, const RomQuestion& question, OptionRom& found) {
  const auto file =
      root.open_file(question.function.address.sysfs() + "/rom", O_RDONLY | O_NONBLOCK);
  if (file) return read_file(*file, found);
  found.state = State::kNotAsked;
}

}  // namespace

OptionRom read_option_rom(const host::Root& root, const RomQuestion& question) {
  OptionRom found;
  if (question.windows.size() <= kRom || question.windows[kRom].bytes() == 0) return found;
  found.bytes = question.windows[kRom].bytes();
  found.shadow = question.windows[kRom].is_shadow();
  found.state = obstacle(question, found.shadow);
  if (found.state != State::kRead) return found;
  if (root.live())
    read_live(root, question, found);
  else
    read_captured(root, question, found);
  return found;
}

}  // namespace verify::hardware

// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/hardware/rom_file.h"

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
State obstacle(const RomRequest& request, bool shadow) {
  if (shadow) return State::kRead;
  if (request.function.driver.find("vfio") == std::string::npos) return State::kOnDriver;
  if (request.power.is_asleep()) return State::kAsleep;
  // Reading it would make the kernel look for an address.
  if (request.windows[kRom].is_unassigned()) return State::kUnassigned;
  if (!request.registers || !(request.registers->u16(kCommand) & kMemorySpace))
    return State::kSwitchedOff;
  return State::kRead;
}

State state_of_error(int code) {
  if (code == EACCES || code == EPERM) return State::kForbidden;
  return code == EBUSY ? State::kInUse : State::kFailed;
}

// `rom` can only be read after 1 was written to it (pci_read_rom in drivers/pci/pci-sysfs.c). If it
// was enabled before, it stays enabled. Disabling it needs two bytes: kernels before kstrtobool()
// enable it by any other write.
class EnabledRom {
 public:
  explicit EnabledRom(const host::Fd& file) : file_(file) {
    char byte = 0;
    const bool was_off = ::pread(file_.get(), &byte, 1, 0) < 0 && errno == EINVAL;
    enabled_here_ = was_off && ::pwrite(file_.get(), "1", 1, 0) == 1;
  }
  ~EnabledRom() {
    if (enabled_here_) (void)!::pwrite(file_.get(), "0\n", 2, 0);
  }
  EnabledRom(const EnabledRom&) = delete;
  EnabledRom& operator=(const EnabledRom&) = delete;

 private:
  const host::Fd& file_;
  bool enabled_here_ = false;
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

void read_live(const host::Root& root, const RomRequest& request, OptionRom& found) {
  std::optional<vfio::Group> held;
  if (!found.shadow && request.group) {
    auto group = vfio::Group::open(root, *request.group);
    if (!group) {
      found.state = state_of_error(group.error().code);
      found.error = group.error();
      return;
    }
    held = std::move(*group);
  }
  const auto file = root.open_file(request.function.address.sysfs() + "/rom", O_RDWR | O_NONBLOCK);
  if (!file) {
    found.state = state_of_error(file.error().code);
    found.error = file.error();
    return;
  }
  const EnabledRom on(*file);
  read_file(*file, found);
}

// An ordinary file: it need not be enabled.
void read_captured(const host::Root& root, const RomRequest& request, OptionRom& found) {
  const auto file =
      root.open_file(request.function.address.sysfs() + "/rom", O_RDONLY | O_NONBLOCK);
  if (file) return read_file(*file, found);
  found.state = State::kNotCaptured;
}

}  // namespace

OptionRom read_option_rom(const host::Root& root, const RomRequest& request) {
  OptionRom found;
  if (request.windows.size() <= kRom || request.windows[kRom].bytes() == 0) return found;
  found.bytes = request.windows[kRom].bytes();
  found.shadow = request.windows[kRom].is_shadow();
  found.state = request.passive ? State::kNotCaptured : obstacle(request, found.shadow);
  if (found.state != State::kRead) return found;
  if (root.live())
    read_live(root, request, found);
  else
    read_captured(root, request, found);
  return found;
}

}  // namespace verify::hardware

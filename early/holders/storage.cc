// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/storage.h"

#include <algorithm>
#include <map>
#include <set>

#include "host/text.h"

namespace early::holders {
namespace {

using host::PciFunction;
using host::Root;

constexpr const char* kBlock = "/sys/class/block/";
constexpr size_t kMaxDevices = 4096;
constexpr size_t kMaxMounts = size_t{8} << 20;

// The block devices: "sda1", by their number "8:1".
using BlockDevices = std::map<std::string, std::string, std::less<>>;

// A device that is built on another one, dm-0 on sda2, is a link in …/sda2/holders.
void add_with_holders(const Root& root, const std::string& name, BlockDevices& devices) {
  const std::string number = root.read_line(kBlock + name + "/dev");
  if (number.empty() || devices.size() > kMaxDevices || !devices.emplace(number, name).second)
    return;
  for (const std::string& upper : root.list(kBlock + name + "/holders").value_or({}))
    add_with_holders(root, upper, devices);
}

BlockDevices devices_below(const Root& root, const std::vector<const PciFunction*>& functions) {
  BlockDevices devices;
  for (const std::string& name : root.list("/sys/class/block").value_or({})) {
    const std::string target = root.link_target(kBlock + name);
    for (const PciFunction* function : functions)
      if (target.find("/" + function->address.str() + "/") != target.npos)
        add_with_holders(root, name, devices);
  }
  return devices;
}

// proc(5): a space in a path is \040.
std::string unescaped(std::string_view path) {
  std::string text;
  for (size_t i = 0; i < path.size(); ++i) {
    const auto code = path[i] == '\\' && i + 3 < path.size()
                          ? host::parse_number(path.substr(i + 1, 3), 8, 0xff)
                          : std::nullopt;
    text += code ? static_cast<char>(*code) : path[i];
    if (code) i += 3;
  }
  return text;
}

std::string name_in_dev(std::string_view path, const BlockDevices& devices) {
  const std::string name(host::file_name(path));
  const bool known = path.starts_with("/dev/") &&
                     std::any_of(devices.begin(), devices.end(),
                                 [&](const auto& device) { return device.second == name; });
  return known ? name : std::string();
}

// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw". Btrfs has numbers of its own,
// so the name of the source counts, too.
void add_mount(std::string_view line, const BlockDevices& devices, Holders& holders) {
  const auto words = host::split(line, " ");
  if (words.size() < 5) return;
  const auto end = std::find(words.begin() + 5, words.end(), "-");
  const auto device = devices.find(words[2]);
  const std::string name = device != devices.end() ? device->second
                           : words.end() - end > 2 ? name_in_dev(*(end + 2), devices)
                                                   : std::string();
  if (name.empty()) return;
  const std::string place = unescaped(words[4]);
  holders.push_back({.kind = Holder::Kind::kFilesystem,
                     .name = place,
                     .what = {"/dev/" + name},
                     .remedy = "run `umount " + place + "`"});
}

void add_swap(std::string_view line, const BlockDevices& devices, Holders& holders) {
  const auto words = host::split(line);
  const std::string name = words.empty() ? "" : name_in_dev(words[0], devices);
  if (!name.empty())
    holders.push_back({.kind = Holder::Kind::kSwap,
                       .name = name,
                       .what = {"/dev/" + name},
                       .remedy = "run `swapoff /dev/" + name + "`"});
}

}  // namespace

Holders storage_below(const Root& root, const std::vector<const PciFunction*>& functions) {
  Holders holders;
  const BlockDevices devices = devices_below(root, functions);
  if (devices.empty()) return holders;
  const auto mounts = root.read("/proc/1/mountinfo", kMaxMounts);
  if (!mounts)
    holders.push_back({.kind = Holder::Kind::kUnknown,
                       .name = "the mounted disks are not known: " + describe(mounts.error()),
                       .remedy = "run as root"});
  const std::string mount_lines = mounts.value_or("");
  for (const std::string_view line : host::lines(mount_lines)) add_mount(line, devices, holders);
  const std::string swap_lines = root.read("/proc/swaps").value_or("");
  for (const std::string_view line : host::lines(swap_lines)) add_swap(line, devices, holders);
  return holders;
}

}  // namespace early::holders

// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/anonymiser.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "host/pci_serial.h"
#include "host/text.h"

namespace verify::capture {
namespace {

constexpr size_t kShortest = 4;
// Names of machines, and what boards have for a serial number, that say nothing.
constexpr const char* kCommon[] = {"localhost", "debian", "ubuntu", "fedora", "arch", "archlinux",
                                   "opensuse", "linux", "none", "default", "host",
                                   // what the kernel calls what is judged here
                                   "vfio", "iommu", "iommufd", "kernel", "nvidia", "nouveau",
                                   "amdgpu", "intel", "early", "verify", "unknown",
                                   "default string", "to be filled by o.e.m.",
                                   "system serial number", "not specified", "not applicable"};
// Of the kernel command line: what follows names disks, networks or people.
constexpr const char* kParameters[] = {"root=",
                                       "resume=",
                                       "rootflags=",
                                       "ip=",
                                       "BOOTIF=",
                                       "ifname=",
                                       "netconsole=",
                                       "nameserver=",
                                       "cryptopts=",
                                       "zfs=",
                                       "nfsroot=",
                                       "cryptdevice=",
                                       "cryptkey=",
                                       "rd.luks.",
                                       "luks.",
                                       "rd.lvm.",
                                       "rd.md.uuid=",
                                       "rd.dm.uuid=",
                                       "rd.iscsi.",
                                       "netroot=",
                                       "rd.znet=",
                                       "hostname=",
                                       "systemd.hostname=",
                                       "systemd.machine_id=",
                                       "systemd.set_credential=",
                                       "UUID=",
                                       "PARTUUID=",
                                       "LABEL=",
                                       "PARTLABEL="};

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Does `text` begin with a form, and end there? x: a hexadecimal digit; all else stands for itself.
bool has_form(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return false;
  for (size_t i = 0; i < form.size(); ++i)
    if (form[i] == 'x' ? !is_hex(text[i]) : form[i] != text[i]) return false;
  const std::string_view rest = text.substr(form.size());
  if (rest.empty()) return true;
  // A piece of a longer chain ("xx:xx:xx:xx:xx:xx:xx") is something else.
  const bool goes_on = form[2] == rest[0] && rest.size() > 1 && is_hex(rest[1]);
  return !is_word(rest[0]) && !goes_on;
}

constexpr std::string_view kUuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::string_view kSerial = "xx-xx-xx-xx-xx-xx-xx-xx";
constexpr std::string_view kHome = "/home/";
constexpr std::string_view kWorldWideName = "xx:xx:xx:xx:xx:xx:xx:xx";
constexpr std::string_view kHardware = "xx:xx:xx:xx:xx:xx";
constexpr std::string_view kMachineId = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
constexpr size_t kInterfaceName = 3 + 12;  // "enx", "wlx" and the address

bool is_named_by_address(std::string_view text) {
  return (text.starts_with("enx") || text.starts_with("wlx") || text.starts_with("wwx")) &&
         text.size() >= kInterfaceName &&
         std::all_of(text.begin() + 3, text.begin() + kInterfaceName, is_hex);
}

std::string dword(uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8)
    bytes += static_cast<char>(static_cast<unsigned char>(value >> shift & 0xff));
  return bytes;
}

uint32_t dword_at(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i)
    value |= uint32_t{static_cast<unsigned char>(bytes[at + i])} << 8 * i;
  return value;
}

// Where the serial number stands; 0: there is none. As host::read_serial() looks for it.
size_t find_serial(const std::string& bytes) {
  constexpr size_t kFirst = 0x100;
  size_t at = kFirst;
  for (int left = 480; left > 0 && at >= kFirst && at + 12 <= bytes.size(); --left) {
    const uint32_t header = dword_at(bytes, at);
    if (header == 0 || header == 0xffffffff) return 0;
    if ((header & 0xffff) == 3) return at + 4;
    at = header >> 20;
  }
  return 0;
}

}  // namespace

void Anonymiser::hide(const std::string& secret, const std::string& kind) {
  const std::string known = host::lower(secret);
  const bool common = std::any_of(std::begin(kCommon), std::end(kCommon),
                                  [&](const char* word) { return known == word; });
  if (secret.size() >= kShortest && !common) told_.emplace(secret, kind);
}

std::string Anonymiser::stand_in(const std::string& kind, const std::string& secret) {
  auto& known = stand_ins_[kind];
  const std::string name = host::lower(secret);
  if (const auto found = known.find(name); found != known.end()) return found->second;
  const size_t number = known.size() + 1;
  std::string made = fmt::format("{}-{}", kind, number);
  if (kind == "uuid") made = fmt::format("00000000-0000-0000-0000-{:012x}", number);
  if (kind == "machine-id") made = fmt::format("{:032x}", number);
  if (kind == "mac")
    made = fmt::format("02:00:00:00:{:02x}:{:02x}", number >> 8 & 0xff, number & 0xff);
  if (kind == "interface")
    made = fmt::format("{}020000{:06x}", secret.substr(0, 3), number & 0xffffff);
  if (kind == "serial") made = host::serial_str(number);
  return known[name] = made;
}

size_t Anonymiser::match(std::string_view text, std::string& instead) {
  for (const auto& [secret, kind] : told_)
    if (text.starts_with(secret) &&
        (text.size() == secret.size() || !is_word(text[secret.size()]))) {
      instead = stand_in(kind, secret);
      return secret.size();
    }
  for (const std::string_view parameter : kParameters) {
    if (!text.starts_with(parameter)) continue;
    // A prefix goes on to its own "=".
    size_t end = std::min(text.find_first_of(" \t\n\""), text.size());
    const size_t equals = text.find('=');
    if (equals >= end) continue;
    const size_t begin = equals + 1;
    if (begin == end && begin < text.size() && text[begin] == '"')
      end = std::min(text.find('"', begin + 1), text.size() - 1) + 1;
    if (begin == end) continue;
    instead = std::string(text.substr(0, begin)) +
              stand_in("value", std::string(text.substr(begin, end - begin)));
    return end;
  }
  if (text.starts_with(kHome)) {
    const size_t end = std::min(text.find_first_of("/ \t\n\"'", kHome.size()), text.size());
    if (end > kHome.size()) {
      instead = std::string(kHome) +
                stand_in("user", std::string(text.substr(kHome.size(), end - kHome.size())));
      return end;
    }
  }
  const std::pair<std::string_view, const char*> forms[] = {{kWorldWideName, "wwn"},
                                                            {kUuid, "uuid"},
                                                            {kSerial, "serial"},
                                                            {kHardware, "mac"},
                                                            {kMachineId, "machine-id"}};
  for (const auto& [form, kind] : forms)
    if (has_form(text, form)) {
      instead = stand_in(kind, std::string(text.substr(0, form.size())));
      return form.size();
    }
  if (is_named_by_address(text)) {
    instead = stand_in("interface", std::string(text.substr(0, kInterfaceName)));
    return kInterfaceName;
  }
  return 0;
}

std::string Anonymiser::text(std::string_view text) {
  std::string out;
  char before = '\n';
  while (!text.empty()) {
    std::string instead;
    const bool begins = !is_word(before) && before != ':';
    const size_t taken = begins ? match(text, instead) : 0;
    if (taken == 0) {
      out += before = text.front();
      text.remove_prefix(1);
    } else {
      out += instead;
      before = text[taken - 1];
      text.remove_prefix(taken);
    }
  }
  return out;
}

std::string Anonymiser::config_space(std::string bytes) {
  const size_t at = find_serial(bytes);
  if (at == 0) return bytes;
  const uint64_t serial = uint64_t{dword_at(bytes, at + 4)} << 32 | dword_at(bytes, at);
  const uint64_t made =
      host::parse_serial(stand_in("serial", host::serial_str(serial))).value_or(0);
  return bytes.replace(
      at, 8, dword(static_cast<uint32_t>(made)) + dword(static_cast<uint32_t>(made >> 32)));
}

std::map<std::string, size_t> Anonymiser::counts() const {
  std::map<std::string, size_t> counts;
  for (const auto& [kind, known] : stand_ins_) counts[kind] = known.size();
  return counts;
}

}  // namespace verify::capture

// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/capture.h"

#include <fmt/format.h>

#include "host/printable.h"
#include "host/version.h"

namespace verify::capture {
namespace {

struct Words {
  const char* kind;
  const char* words;
};

constexpr Words kReplaced[] = {
    {"serial", "serial numbers of PCI functions, in their configuration space and in texts"},
    {"mac", "hardware addresses (MAC)"},
    {"wwn", "addresses of disks and adapters (SAS, EUI-64)"},
    {"disk", "names of disks (NVMe, iSCSI, /dev/disk/by-id)"},
    {"interface", "names of network interfaces that contain a hardware address"},
    {"ip", "IP addresses"},
    {"uuid", "UUIDs: of disks, of the boot"},
    {"machine-id", "machine IDs"},
    {"user", "names of users"},
    {"mail", "mail addresses"},
    {"credentials", "names and passwords in URLs"},
    {"parameter", "unknown kernel parameters, with their values"},
    {"value", "unknown values and words, and words after \"password=\" or a similar key"},
    {"driver", "names of drivers that no PCI function of the machine has"},
    {"kernel", "parts of the kernel's release"},
    {"card", "names of sections in vfio-early's configuration"},
    {"key", "unknown keys in vfio-early's configuration"},
    {"firmware", "paths of firmware images for guests"},
    {"file", "file names in texts"},
    {"hostname", "the machine's name"},
    {"board_serial", "the board's serial number"},
    {"chassis_serial", "the chassis' serial number"},
    {"product_serial", "the product's serial number"},
    {"product_uuid", "the product's UUID"},
    {"board_asset_tag", "the board's asset tag"},
    {"chassis_asset_tag", "the chassis' asset tag"},
};

std::string manifest(const Collection& collection, const Anonymiser& anonymiser) {
  std::string text = fmt::format(
      "The data that vfio-verify {} reads on a machine: {} entries. To replay them:\n\n"
      "  vfio-verify --root vfio-capture\n\n"
      "Replaced, each by the same placeholder everywhere:\n\n",
      host::kVersion, collection.entries.size());
  const auto counts = anonymiser.counts();
  for (const auto& [kind, words] : kReplaced)
    text += fmt::format("  {:>4}  {}\n", counts.contains(kind) ? counts.at(kind) : 0, words);
  text +=
      "\nOnly data that a check reads is kept. Left out: comments; settings of other programs;\n"
      "lines of the kernel log that are not about IOMMUs or interrupts; messages of drivers; the\n"
      "content of option ROMs and of device memory. Programs and firmware images are empty files:\n"
      "the checks only ask whether they exist.\n"
      "\nNot replaced: models and versions of devices and boards. Read the files before you\n"
      "publish them.\n";
  if (!collection.unreadable.empty()) text += "\nCould not be read:\n\n";
  for (const std::string& error : collection.unreadable)
    text += "  " + host::printable(error) + "\n";
  return text;
}

}  // namespace

Collection capture_machine(const host::Root& root) {
  Anonymiser anonymiser;
  Collection collection = collect(root, anonymiser);
  collection.entries[kManifest] = {Entry::Kind::kFile, manifest(collection, anonymiser)};
  return collection;
}

}  // namespace verify::capture

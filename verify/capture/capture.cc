// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/capture.h"

#include <fmt/format.h>

#include "host/printable.h"


namespace verify::capture {
namespace {

struct Words {
  const char* kind;
  const char* words;
};

constexpr Words kReplaced[] = {
    {"serial", "serial numbers of PCI functions, in their configuration space and in texts"},
    {"mac", "hardware addresses (MAC)"},
    {"interface", "names of network interfaces that hold one"},
    {"uuid", "UUIDs: of disks, of the boot"},
    {"machine-id", "machine ids"},
    {"value", "values on command lines that name disks, networks or people (root=, ip=, …)"},
    {"hostname", "the machine's name"},
    {"board_serial", "the board's serial number"},
    {"chassis_serial", "the chassis' serial number"},
    {"product_serial", "the product's serial number"},
    {"product_uuid", "the product's UUID"},
};

std::string manifest(const Collection& collection, const Anonymiser& anonymiser) {
  std::string text = fmt::format(
      "What vfio-verify {} reads of a machine, {} entries. To replay it:\n\n"
      "  vfio-verify --root vfio-capture\n\n"
      "Replaced, each by the same stand-in wherever it stood:\n\n",
      VFIO_EARLY_VERSION, collection.entries.size());
  const auto counts = anonymiser.counts();
  for (const auto& [kind, words] : kReplaced)
    text += fmt::format("  {:>4}  {}\n", counts.contains(kind) ? counts.at(kind) : 0, words);
  text +=
      "\nLeft out: the content of option ROMs and of device memory; lines of the kernel's log\n"
      "that name no PCI function and nothing of VFIO or an IOMMU. Programs and firmware\n"
      "images are empty files: that they are there is all that matters.\n"
      "\nNot replaced: comments and names in vfio-early's configuration, models of devices and\n"
      "boards. Look through it before you hand it on.\n";
  if (!collection.unreadable.empty()) text += "\nCould not be read:\n\n";
  for (const std::string& error : collection.unreadable) text += "  " + host::printable(error) + "\n";
  return text;
}

}  // namespace

Collection take(const host::Root& root) {
  Anonymiser anonymiser;
  Collection collection = collect(root, anonymiser);
  collection.entries[kManifest] = {Entry::Kind::kFile, manifest(collection, anonymiser)};
  return collection;
}

}  // namespace verify::capture

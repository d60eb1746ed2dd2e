// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/pci_names.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

extern "C" {
#include <pci/pci.h>
}

#include "verify/finding.h"

namespace verify {
namespace {

void say_nothing(char*, ...) {}

// It must not come back (libpci's own exits, too): a damaged list ends a listing, with a sentence.
__attribute__((noreturn)) void give_up(char* format, ...) {
  va_list words;
  va_start(words, format);
  std::fputs("vfio-verify: libpci: ", stderr);
  std::vfprintf(stderr, format, words);
  std::fputs("\n", stderr);
  std::_Exit(kExitUnknown);
}

// Never pci_init(), which looks for a way to the hardware and exits where it finds none: the list
// is all that is wanted. Without it pci_cleanup() would crash, so this lives as long as we do.
pci_access* make_list() {
  pci_access* list = ::pci_alloc();
  list->debug = list->warning = say_nothing;
  list->error = give_up;
  return list;
}

}  // namespace

std::string device_name(const host::PciId& id) {
  static pci_access* const list = make_list();
  const auto look_up = [&](int flags) -> std::string {
    std::array<char, 160> text = {};
    const char* name = ::pci_lookup_name(list, text.data(), text.size(),
                                         flags | PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB,
                                         static_cast<int>(id.vendor), static_cast<int>(id.device));
    return name ? name : "";
  };
  const std::string device = look_up(PCI_LOOKUP_DEVICE);
  return device.empty() ? look_up(PCI_LOOKUP_VENDOR) : device;
}

}  // namespace verify

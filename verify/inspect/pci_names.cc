// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/pci_names.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

extern "C" {
#include <pci/pci.h>
}

#include "verify/output/exit_codes.h"

namespace verify {
namespace {

void ignore_message(char*, ...) {}

// libpci's error handler, for example for a damaged pci.ids. It must not return; libpci's default
// handler exits, too.
__attribute__((noreturn)) void exit_with_error(char* format, ...) {
  va_list words;
  va_start(words, format);
  std::fputs("vfio-verify: libpci: ", stderr);
  std::vfprintf(stderr, format, words);
  std::fputs("\n", stderr);
  std::_Exit(kExitUnknown);
}

// Does not call pci_init(), which exits if it finds no access to the hardware: only pci.ids is
// needed. Without pci_init(), pci_cleanup() crashes, so the object is never freed.
pci_access* make_list() {
  pci_access* list = ::pci_alloc();
  list->debug = list->warning = ignore_message;
  list->error = exit_with_error;
  return list;
}

// `what` is PCI_LOOKUP_VENDOR or PCI_LOOKUP_DEVICE.
std::string look_up(int what, int vendor, int device) {
  static pci_access* const list = make_list();
  std::array<char, 160> text = {};
  const char* name =
      ::pci_lookup_name(list, text.data(), text.size(),
                        what | PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB, vendor, device);
  return name ? name : "";
}

}  // namespace

std::string device_name(const host::PciId& id) {
  const std::string device = look_up(PCI_LOOKUP_DEVICE, id.vendor, id.device);
  return device.empty() ? look_up(PCI_LOOKUP_VENDOR, id.vendor, 0) : device;
}

std::string subsystem_vendor_name(const host::PciId& id) {
  return look_up(PCI_LOOKUP_VENDOR, id.subvendor, 0);
}

}  // namespace verify

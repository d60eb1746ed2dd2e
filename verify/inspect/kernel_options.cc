// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/kernel_options.h"

#include <cerrno>
#include <optional>

#include "host/budget.h"
#include "host/running_kernel.h"
#include "initramfs/decoder.h"

namespace verify {
namespace {

std::optional<std::string> unpacked(std::string packed) {
  const std::string_view compression = initramfs::compression_of(packed);
  if (compression.empty()) return packed;
  const host::Budget& budget = host::kKernelOptionsBudget;
  host::Meter meter(budget, packed.size());
  return initramfs::unpack(packed, compression, budget.text, meter);
}

}  // namespace

// /proc/config.gz (CONFIG_IKCONFIG_PROC) is of the running kernel itself. Debian has the file in
// /boot, Fedora and openSUSE in the directory of the modules.
host::Result<KernelOptions> KernelOptions::read(const host::Root& root) {
  const std::string release = host::running_release(root);
  const std::string files[] = {"/proc/config.gz", "/boot/config-" + release,
                               "/usr/lib/modules/" + release + "/config",
                               "/lib/modules/" + release + "/config"};
  for (const std::string& file : files) {
    auto found = root.read(file, host::kKernelOptionsBudget.packed);
    if (!found) continue;
    auto text = unpacked(std::move(*found));
    if (text) return KernelOptions(file, std::move(*text));
  }
  return host::Error{ENOENT, "find the configuration of kernel " + release};
}

KernelOption KernelOptions::value(std::string_view name) const {
  const std::string option = "CONFIG_" + std::string(name);
  if (text_.find("\n# " + option + " is not set") != text_.npos) return KernelOption::kDisabled;
  for (const char* value : {"=y", "=m"})
    if (text_.find("\n" + option + value) != text_.npos) return KernelOption::kEnabled;
  return KernelOption::kAbsent;
}

}  // namespace verify

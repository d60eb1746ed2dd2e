// SPDX-License-Identifier: GPL-2.0-or-later
//
// guest.iommufd: can guests use iommufd instead of type1? Both give a card to a guest, so the
// answer informs: it is never a failure.
#include "verify/check/iommufd.h"

#include <algorithm>

#include <fmt/format.h>

#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

using guest::Iommufd;
using guest::Version;

constexpr Version kFirstLibvirt{12, 1};  // <driver iommufd='yes'/> of a <hostdev>
constexpr const char* kType1 = "; guests use type1, which works as well";

// Does the kernel support iommufd, and how is this known? Nothing: unknown.
struct Support {
  std::optional<bool> works;
  std::string why;
};

Support no(std::string why) {
  return {false, std::move(why)};
}

std::vector<std::string> nodes_of(const Iommufd& iommufd) {
  std::vector<std::string> nodes;
  for (const guest::VfioDevice& device : iommufd.devices) nodes.push_back(device.node());
  return nodes;
}

// The entry vfio-dev in sysfs seems to promise a device node, but exists without one, too.
Support support_by_devices(const Iommufd& iommufd) {
  for (const guest::VfioDevice& device : iommufd.devices) {
    if (!device.has_number)
      return no(fmt::format(
          "this kernel creates no {}: it was built without CONFIG_VFIO_DEVICE_CDEV, although sysfs has vfio-dev/{} of {}",
          device.node(), device.name, device.address.str()));
    if (!device.has_device_node)
      return no(
          fmt::format("{} does not exist, although the kernel created the device", device.node()));
  }
  if (iommufd.devices.empty()) return {};
  return {true, "the kernel has " + listed(nodes_of(iommufd))};
}

Support support_by_options(const Iommufd& iommufd) {
  if (!iommufd.options) return {};
  const KernelOptions& options = *iommufd.options;
  for (const char* option : {"IOMMUFD", "VFIO_DEVICE_CDEV"})
    if (!options.has(option))
      return no(
          fmt::format("this kernel was built without CONFIG_{} ({})", option, options.file()));
  return {true, "the kernel was built with iommufd (" + options.file() + ")"};
}

Support support_by_kernel(const Iommufd& iommufd) {
  const Support devices = support_by_devices(iommufd), options = support_by_options(iommufd);
  for (const Support& support : {devices, options})
    if (support.works == false) return support;
  if (iommufd.node == false)
    return no(
        options.works
            ? "/dev/iommu does not exist: the module iommufd is not loaded"
            : "/dev/iommu does not exist: the kernel has no iommufd, or its module is not loaded");
  // The device nodes prove the rest of the kernel's support, too: they depend on CONFIG_IOMMUFD.
  return devices.works ? devices : options;
}

Finding judge_user_space(const Iommufd& iommufd, const std::string& kernel) {
  if (iommufd.qemu.empty()) return skip(kHost, kernel + "; QEMU is not found");
  if (!iommufd.qemu_supports)
    return skip(kHost, kernel + "; QEMU was not asked whether it supports iommufd");
  const auto& qemu = *iommufd.qemu_supports;
  if (!qemu)
    return unknown(kHost, host::describe(qemu.error()),
                   {"run QEMU and read its messages:", {iommufd.qemu + " -object help"}});
  if (!*qemu)
    return skip(kHost, fmt::format("{}, but {} has no iommufd (QEMU 9.0 has it){}", kernel,
                                   iommufd.qemu, kType1));
  const std::string both = kernel + ", and QEMU supports iommufd";
  if (!iommufd.libvirt_installed) return pass(kHost, both);
  if (!iommufd.libvirt)
    return pass(kHost, both + "; the version of libvirt is unknown (12.1 supports iommufd)");
  if (*iommufd.libvirt < kFirstLibvirt)
    return pass(kHost, fmt::format("{}; libvirt {} does not (12.1 does), so its guests use type1",
                                   both, iommufd.libvirt->str()));
  return pass(kHost, fmt::format("{}, as does libvirt {}", both, iommufd.libvirt->str()));
}

Finding judge_iommufd(const Inspection& inspection) {
  if (!inspection.guest) return skip(kHost, "not checked");
  const Iommufd& iommufd = inspection.guest->iommufd;
  const Support kernel = support_by_kernel(iommufd);
  if (kernel.works == true) return judge_user_space(iommufd, kernel.why);
  if (kernel.works == false) return skip(kHost, kernel.why + kType1);
  if (!iommufd.node)
    return skip(kHost, "not checked: the options of the kernel are not in this tree");
  return unknown(kHost, "/dev/iommu exists, but it is unknown whether VFIO supports it",
                 "bind the card to vfio-pci, then run vfio-verify again");
}

constexpr Check kChecks[] = {
    {"guest.iommufd", "Can guests use iommufd?", R"(
iommufd (_/dev/iommu_) is the newer interface for giving devices to guests; type1
(_/dev/vfio/vfio_) is the older one. Guests work with either of them. iommufd needs a kernel with
CONFIG_IOMMUFD and CONFIG_VFIO_DEVICE_CDEV (Linux 6.6), QEMU 9.0 and, for <driver iommufd='yes'/>,
libvirt 12.1. The directory _vfio-dev_ of a function in sysfs is no proof: it also exists if the
kernel has no _/dev/vfio/devices/vfioN_. Skipped, with the reason, if the kernel or QEMU does not
support iommufd; guests then use type1. Passes if only libvirt does not.)",
     the_host<judge_iommufd>, Weight::kAdvises},
};

}  // namespace

constexpr Chapter kIommufdChapter{"Guest", kChecks};

bool libvirt_can_use_iommufd(const Iommufd& iommufd) {
  const auto& qemu = iommufd.qemu_supports;
  return support_by_kernel(iommufd).works == true && qemu && *qemu && **qemu && iommufd.libvirt &&
         *iommufd.libvirt >= kFirstLibvirt;
}

}  // namespace verify

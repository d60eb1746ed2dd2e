// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/attachment.h"

#include <algorithm>
#include <cerrno>

#include "verify/check/log_evidence.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

// Did the kernel log that the firmware reserves memory for a function of this group?
bool is_reserved(const Inspection& inspection, const InspectedGroup& group) {
  return std::any_of(group.members.begin(), group.members.end(), [&](const auto& member) {
    return find_evidence(inspection, "iommu.reserved", member.address.str());
  });
}

// For VFIO_SET_IOMMU the kernel checks the hardware: vfio_iommu_type1_attach_group in
// drivers/vfio/vfio_iommu_type1.c.
Finding refused_by_kernel(const Inspection& inspection, const InspectedGroup& group,
                          const host::Error& error) {
  const std::string evidence = host::describe(error);
  // drivers/iommu/intel/iommu.c (EPERM) and, since 6.6, drivers/iommu/iommu.c (EINVAL).
  if (is_reserved(inspection, group))
    return fail(group.subject, evidence + "; the firmware reserves memory for this device",
                kReleaseReservation);
  if (error.code == EPERM)
    return caused_by("irq.remapping",
                     fail(group.subject, evidence + "; interrupts are not remapped",
                          see_kernel_log("DMAR|AMD-Vi|remapping")));
  if (error.code == EINVAL)
    return fail(group.subject,
                evidence + "; the IOMMU of this group does not support this address space",
                see_kernel_log());
  if (error.code == EBUSY)
    return unknown(group.subject, evidence + "; another program uses the group's IOMMU",
                   "stop the guest or the program that uses it, and run vfio-verify again");
  return fail(group.subject, evidence, see_kernel_log());
}

Finding could_not_open(const InspectedGroup& group, const Attachment& attachment) {
  const host::Error& error = *attachment.error;
  const std::string evidence = host::describe(error);
  switch (error.code) {
    case EACCES:
      return unknown(group.subject, evidence, kRunAsRoot);
    // Not the mode of the node, which gives EACCES: inode_permission in fs/namei.c.
    case EPERM:
      return unknown(
          group.subject,
          evidence + "; a control group denies access to the device, as in a container",
          Remedy(
              "run vfio-verify outside the container. To allow the device: --device=/dev/vfio (Docker, Podman), lxc.cgroup2.devices.allow (LXC), or DeviceAllow= of a systemd unit. Its number is in:",
              {"ls -l /dev/vfio"}));
    case EBUSY:
      return unknown(
          group.subject, evidence + "; a guest or another program uses " + group.str(),
          "stop the guest, or wait until the other vfio-verify has ended; then run vfio-verify again");
    case ENOENT:
    case ENODEV:
    case ENXIO:
      if (attachment.ended_at == Step::kOpenGroup)
        return caused_by("bind.driver", unknown(group.subject,
                                                evidence + "; no function of " + group.str() +
                                                    " is bound to vfio-pci",
                                                claim("bind the card to vfio-pci:")));
      return unknown(group.subject, evidence + "; the VFIO modules are not loaded",
                     {"load the modules and run vfio-verify again:",
                      {"modprobe -a vfio-pci vfio_iommu_type1"}});
    default:
      return unknown(group.subject, evidence, "stop all guests, and run vfio-verify as root");
  }
}

}  // namespace

Finding judge_attachment(const Inspection& inspection, const InspectedGroup& group) {
  const Attachment& attachment = inspection.attachment(group);
  switch (attachment.ended_at) {
    case Step::kNotTried:
      return skip(group.subject, attachment.reason);
    case Step::kOpenContainer:
    case Step::kFindType1:
    case Step::kOpenGroup:
      return could_not_open(group, attachment);
    case Step::kGetStatus:
      if (!attachment.error)
        return caused_by("group.viable", skip(group.subject, group.str() + " is not viable"));
      return unknown(group.subject, host::describe(*attachment.error), kRunAsRoot);
    case Step::kSetContainer:
      return caused_by("group.isolated",
                       fail(group.subject, host::describe(*attachment.error),
                            {"check whether the host still uses a function of the group:",
                             {"vfio-verify list"}}));
    case Step::kSetIommu:
      return refused_by_kernel(inspection, group, *attachment.error);
    case Step::kAttached:
      return pass(group.subject, group.str() + " attached (type1 v2)");
  }
  return unknown(group.subject, "", "");
}

}  // namespace verify

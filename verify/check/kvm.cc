// SPDX-License-Identifier: GPL-2.0-or-later
//
// guest.kvm: can a virtual machine be created?
#include <cerrno>

#include "verify/check/check.h"
#include "verify/check/each.h"

namespace verify {
namespace {

Finding no_kvm_device(const Inspection& inspection, const std::string& evidence) {
  const host::Platform& platform = inspection.platform;
  if (platform.virtualization)
    return warn(
        kHost, evidence + "; guests would be emulated, which is slow",
        {"load KVM:",
         {platform.cpu_vendor == "GenuineIntel" ? "modprobe kvm_intel" : "modprobe kvm_amd"}});
  if (inspection.machine.environment == host::Environment::kXenHost)
    return warn(kHost, evidence + "; Xen's dom0 uses Xen instead of KVM",
                "start guests with Xen's tools");
  if (inspection.machine.architecture != host::Architecture::kX86)
    return warn(kHost, evidence + "; guests would be emulated, which is slow",
                "use firmware that lets the kernel start as a hypervisor, and a kernel with KVM; " +
                    see_kernel_log("kvm"));
  if (platform.in_guest)
    return warn(kHost, evidence + "; this virtual machine has no nested virtualisation",
                "enable nested virtualisation for this machine, if you want to run guests in it");
  if (platform.cpu_vendor.empty())
    return unknown(kHost, evidence + ", and the processor is unknown",
                   "load the KVM module of this processor");
  return fail(
      kHost,
      evidence +
          ", and the processor reports no virtualisation (vmx, svm): it is disabled in the firmware setup, or not supported",
      "enable VT-x (Intel) or SVM (AMD) in the firmware setup; for a virtual machine, nested virtualisation");
}

Finding judge_kvm(const Inspection& inspection) {
  if (!inspection.kvm) return skip(kHost, "not tested: no device is opened");
  const KvmTrial& trial = *inspection.kvm;
  // A device reaches only the memory that such a guest shares: its bounce buffers.
  const std::string& encrypted = inspection.platform.encrypted_guests;
  if (trial.created())
    return pass(kHost, "a virtual machine could be created" +
                           (encrypted.empty() ? std::string()
                                              : "; in a guest with encrypted memory (" + encrypted +
                                                    ") the card reaches only shared memory"));
  const host::Error& error = trial.error;
  const std::string evidence = host::describe(error);
  if (error.code == EACCES || error.code == EPERM)
    return unknown(kHost, evidence, "run vfio-verify as root, or as a member of the group kvm");
  if (trial.ended_at == KvmStep::kOpenDevice) return no_kvm_device(inspection, evidence);
  if (error.code == ETIMEDOUT)
    return unknown(kHost, evidence + ": the kernel did not answer within three seconds",
                   see_kernel_log());
  if (error.code == EBUSY)
    return fail(kHost, evidence + "; another hypervisor uses the processor's virtualisation",
                "stop the other hypervisor (VirtualBox, VMware) and unload its modules");
  return fail(kHost, evidence, see_kernel_log("kvm"));
}

constexpr Check kChecks[] = {
    {"guest.kvm", "Can a virtual machine be created?", R"(
One is created with _/dev/kvm_, and closed again. Warns if KVM is not loaded, because guests also
run without it, slowly. Fails if the processor's virtualisation is missing, disabled, or used by
another hypervisor. The finding names the kinds of guests with encrypted memory that KVM can start:
in those, a card reaches only the memory that the guest shares.)",
     the_host<judge_kvm>},
};

}  // namespace

constexpr Chapter kKvmChapter{"Guest", kChecks};

}  // namespace verify

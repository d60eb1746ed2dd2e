// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/kvm_trial.h"

#include <cerrno>

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "host/fd.h"
#include "host/forked.h"

namespace verify {
namespace {

constexpr int kMilliseconds = 3000;

constexpr const char* kStepNames[] = {"open /dev/kvm", "KVM_GET_API_VERSION", "KVM_CREATE_VM", ""};

// What the child process reports: the step at which it ended, and its errno.
struct Outcome {
  KvmStep step = KvmStep::kCreated;
  int code = 0;
};

KvmTrial ended_at(KvmStep step, int code) {
  return {step, {code, kStepNames[static_cast<size_t>(step)]}};
}

Outcome create(const host::Root& root) {
  const auto device = root.open_file("/dev/kvm", O_RDWR);
  if (!device) return {KvmStep::kOpenDevice, device.error().code};
  // Only version 12 may be used: Documentation/virt/kvm/api.rst, 4.1.
  if (::ioctl(device->get(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
    return {KvmStep::kGetApiVersion, EPROTO};
  const host::Fd machine(::ioctl(device->get(), KVM_CREATE_VM, 0));
  return machine.valid() ? Outcome{} : Outcome{KvmStep::kCreateMachine, errno};
}

}  // namespace

KvmTrial try_kvm(const host::Root& root) {
  const auto outcome = host::answer_of_child<Outcome>(kMilliseconds, "create a virtual machine",
                                                      [&] { return create(root); });
  if (!outcome) return ended_at(KvmStep::kCreateMachine, outcome.error().code);
  return ended_at(outcome->step, outcome->code);
}

}  // namespace verify

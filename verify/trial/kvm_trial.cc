// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/kvm_trial.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fd.h"

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
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {KvmStep::kCreateMachine, {errno, "pipe"}};
  const host::Fd ours(ends[0]), theirs(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return {KvmStep::kCreateMachine, {errno, "fork"}};
  if (child == 0) {
    const Outcome outcome = create(root);
    ::_exit(::write(theirs.get(), &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
  }
  pollfd answer{.fd = ours.get(), .events = POLLIN, .revents = 0};
  Outcome outcome{KvmStep::kCreateMachine, ETIMEDOUT};
  if (::poll(&answer, 1, kMilliseconds) == 1 &&
      ::read(ours.get(), &outcome, sizeof outcome) != sizeof outcome)
    outcome = {KvmStep::kCreateMachine, EIO};
  if (outcome.code == ETIMEDOUT) ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, outcome.code == ETIMEDOUT ? WNOHANG : 0);
  return ended_at(outcome.step, outcome.code);
}

}  // namespace verify

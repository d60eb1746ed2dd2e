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

constexpr const char* kSteps[] = {kKvmDevice, "KVM_GET_API_VERSION", "KVM_CREATE_VM"};

// What the child process reports: the index in kSteps of the step that failed, and its errno. A
// step beyond the last one: success.
struct Outcome {
  int step = 0;
  int code = 0;
};

Outcome create(const host::Root& root) {
  const auto device = root.open_file("/dev/kvm", O_RDWR);
  if (!device) return {0, device.error().code};
  // Only version 12 may be used: Documentation/virt/kvm/api.rst, 4.1.
  if (::ioctl(device->get(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION) return {1, EPROTO};
  const host::Fd machine(::ioctl(device->get(), KVM_CREATE_VM, 0));
  return machine.valid() ? Outcome{3, 0} : Outcome{2, errno};
}

}  // namespace

host::Result<void> try_kvm(const host::Root& root) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return host::Error{errno, "pipe"};
  const host::Fd ours(ends[0]), theirs(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return host::Error{errno, "fork"};
  if (child == 0) {
    const Outcome outcome = create(root);
    ::_exit(::write(theirs.get(), &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
  }
  pollfd answer{.fd = ours.get(), .events = POLLIN, .revents = 0};
  Outcome outcome{2, ETIMEDOUT};
  if (::poll(&answer, 1, kMilliseconds) == 1 &&
      ::read(ours.get(), &outcome, sizeof outcome) != sizeof outcome)
    outcome = {2, EIO};
  if (outcome.code == ETIMEDOUT) ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, outcome.code == ETIMEDOUT ? WNOHANG : 0);
  if (outcome.step >= static_cast<int>(std::size(kSteps))) return {};
  return host::Error{outcome.code, kSteps[outcome.step]};
}

}  // namespace verify

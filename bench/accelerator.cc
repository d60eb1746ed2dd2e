// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/accelerator.h"

#include <algorithm>

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "bench/files.h"
#include "host/fd.h"
#include "host/text.h"

namespace bench {
namespace {

bool cpu_can_virtualise() {
  const std::string text = read_file("/proc/cpuinfo");
  const auto words = host::split(text);
  return std::any_of(words.begin(), words.end(),
                     [](std::string_view word) { return word == "vmx" || word == "svm"; });
}

}  // namespace

std::string likely_accelerator() {
  if (!cpu_can_virtualise()) return "tcg";
  const host::Fd kvm(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm.valid()) return "tcg";
  const host::Fd machine(::ioctl(kvm.get(), KVM_CREATE_VM, 0));
  return machine.valid() ? "kvm" : "tcg";
}

}  // namespace bench

// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hypervisors and containers that keep the IOMMU from this kernel, and the architectures.
#include "host/environment.h"

#include "tests/unit/fake_tree.h"

namespace host {
namespace {

TEST(Environment, MachineIsTheDefault) {
  FakeTree tree;
  EXPECT_EQ(find_environment(tree.root()), Environment::kMachine);
  // Azure, a virtual machine, a login of root, and an empty /sys/hypervisor.
  tree.file("/proc/sys/kernel/osrelease", "6.8.0-1021-azure\n")
      .file("/proc/cpuinfo", "flags\t\t: fpu hypervisor\n")
      .file("/proc/1/environ", std::string("HOME=/\0mycontainer=x\0", 20))
      .file("/sys/hypervisor/type", "kvm\n");
  EXPECT_EQ(find_environment(tree.root()), Environment::kMachine);
}

TEST(Environment, XenHostHasTheControlDomain) {
  FakeTree host, without_xenfs, guest, old_guest;
  host.file("/sys/hypervisor/type", "xen\n").file("/proc/xen/capabilities", "control_d\n");
  EXPECT_EQ(find_environment(host.root()), Environment::kXenHost);
  without_xenfs.file("/sys/hypervisor/type", "xen\n")
      .file("/sys/hypervisor/properties/features", "00002f0f\n");
  EXPECT_EQ(find_environment(without_xenfs.root()), Environment::kXenHost);
  guest.file("/sys/hypervisor/type", "xen\n")
      .file("/sys/hypervisor/properties/features", "000027ff\n")
      .file("/proc/xen/capabilities", "");
  EXPECT_EQ(find_environment(guest.root()), Environment::kXenGuest);
  old_guest.file("/proc/xen/capabilities", "");
  EXPECT_EQ(find_environment(old_guest.root()), Environment::kXenGuest);
}

TEST(Environment, WslIsRecognisedByItsKernel) {
  for (const char* release : {"5.15.167.4-microsoft-standard-WSL2\n", "4.4.0-19041-Microsoft\n",
                              "6.6.0-custom-WSL2+\n"}) {
    FakeTree tree;
    tree.file("/proc/sys/kernel/osrelease", release);
    EXPECT_EQ(find_environment(tree.root()), Environment::kWsl) << release;
  }
}

TEST(Environment, ContainerIsRecognisedByItsManager) {
  const struct {
    const char* file;
    std::string text;
  } signs[] = {
      {"/run/systemd/container", "systemd-nspawn\n"},
      {"/run/.containerenv", ""},
      {"/.dockerenv", ""},
      {"/var/run/secrets/kubernetes.io/serviceaccount/token", ""},
      {"/proc/1/environ", std::string("PATH=/bin\0container=lxc\0", 24)},
  };
  for (const auto& sign : signs) {
    FakeTree tree;
    tree.file("/sys/hypervisor/type", "xen\n").file(sign.file, sign.text);
    EXPECT_EQ(find_environment(tree.root()), Environment::kContainer) << sign.file;
  }
}

TEST(Environment, ArchitectureIsThatOfTheKernel) {
  const auto of = [](const char* file, const char* text) {
    FakeTree tree;
    tree.file(file, text);
    return find_architecture(tree.root());
  };
  constexpr const char* kCpus = "/proc/cpuinfo";
  EXPECT_EQ(of("/proc/sys/kernel/arch", "x86_64\n"), Architecture::kX86);
  EXPECT_EQ(of("/proc/sys/kernel/arch", "aarch64\n"), Architecture::kArm);
  EXPECT_EQ(of("/proc/sys/kernel/arch", "ppc64le\n"), Architecture::kPower);
  EXPECT_EQ(of("/proc/sys/kernel/arch", "riscv64\n"), Architecture::kRiscv);
  EXPECT_EQ(of("/proc/sys/kernel/arch", "loongarch64\n"), Architecture::kLoongArch);
  EXPECT_EQ(of(kCpus, "processor\t: 0\nvendor_id\t: GenuineIntel\n"), Architecture::kX86);
  EXPECT_EQ(of(kCpus, "processor\t: 0\nCPU implementer\t: 0x41\n"), Architecture::kArm);
  EXPECT_EQ(of(kCpus, "processor\t: 0\ncpu\t\t: POWER9, altivec\n"), Architecture::kPower);
  EXPECT_EQ(of(kCpus, "processor\t: 0\nhart\t\t: 1\nisa\t\t: rv64imafdc\n"), Architecture::kRiscv);
  EXPECT_EQ(of(kCpus, "system type\t\t: generic-loongson-machine\n\n"), Architecture::kLoongArch);
  EXPECT_EQ(of("/etc/os-release", ""), Architecture::kX86);
}

}  // namespace
}  // namespace host

// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/environment.h"

#include <algorithm>

#include "host/running_kernel.h"
#include "host/text.h"

namespace host {
namespace {

// Created by: systemd-nspawn, LXC and others for systemd (systemd.io/CONTAINER_INTERFACE),
// Podman, Docker, LXD, Incus, Kubernetes, Flatpak.
constexpr const char* kContainerFiles[] = {"/run/systemd/container",
                                           "/run/.containerenv",
                                           "/.dockerenv",
                                           "/dev/lxd/sock",
                                           "/dev/incus/sock",
                                           "/run/secrets/kubernetes.io",
                                           "/var/run/secrets/kubernetes.io",
                                           "/.flatpak-info"};

bool is_container(const Root& root) {
  const auto exists = [&](const char* file) { return root.exists(file); };
  if (std::any_of(std::begin(kContainerFiles), std::end(kContainerFiles), exists)) return true;
  // Container managers set container= for the first process; only root may read this file.
  const std::string environment = root.read("/proc/1/environ").value_or("");
  const auto variables = split(environment, std::string_view("\0", 1));
  return std::any_of(variables.begin(), variables.end(),
                     [](std::string_view variable) { return variable.starts_with("container="); });
}

// XENFEAT_dom0 in include/xen/interface/features.h.
constexpr uint32_t kDom0Feature = 1 << 11;

bool is_dom0(const Root& root) {
  if (root.read("/proc/xen/capabilities").value_or("").find("control_d") != std::string::npos)
    return true;
  const auto features = parse_number(root.read_line("/sys/hypervisor/properties/features"), 16);
  return features && (*features & kDom0Feature) != 0;
}

bool is_xen(const Root& root) {
  return root.read_line("/sys/hypervisor/type") == "xen" || root.exists("/proc/xen");
}

// "5.15.167.4-microsoft-standard-WSL2", "4.4.0-19041-Microsoft".
bool is_wsl(const Root& root) {
  const std::string release = lower(running_release(root));
  return release.find("microsoft") != release.npos || release.find("wsl2") != release.npos;
}

constexpr struct {
  std::string_view words;  // of /proc/sys/kernel/arch, or of /proc/cpuinfo in lower case
  Architecture architecture;
} kArchitectures[] = {
    {"aarch64", Architecture::kArm},        {"armv", Architecture::kArm},
    {"implementer", Architecture::kArm},    {"ppc64", Architecture::kPower},
    {"altivec", Architecture::kPower},      {"riscv", Architecture::kRiscv},
    {"rv64", Architecture::kRiscv},         {"loongarch", Architecture::kLoongArch},
    {"loongson", Architecture::kLoongArch}, {"s390", Architecture::kOther},
};

Architecture architecture_in(const std::string& text) {
  for (const auto& [words, architecture] : kArchitectures)
    if (text.find(words) != text.npos) return architecture;
  return Architecture::kX86;
}

}  // namespace

Environment find_environment(const Root& root) {
  if (is_container(root)) return Environment::kContainer;
  if (is_wsl(root)) return Environment::kWsl;
  if (is_dom0(root)) return Environment::kXenHost;
  return is_xen(root) ? Environment::kXenGuest : Environment::kMachine;
}

bool is_qubes(const Root& root, const CommandLine& command_line) {
  return root.exists("/etc/qubes-release") || !command_line.with_prefix("rd.qubes.").empty();
}

Architecture find_architecture(const Root& root) {
  const std::string name = root.read_line("/proc/sys/kernel/arch");  // Linux 6.1 and later
  if (!name.empty()) return architecture_in(name);
  std::string cpus = root.read_attribute("/proc/cpuinfo").value_or("");
  // The first paragraph is of the first processor.
  cpus.resize(std::min(cpus.find("\n\n"), cpus.size()));
  return architecture_in(lower(cpus));
}

const char* iommu_name(Architecture architecture) {
  if (architecture == Architecture::kX86) return "VT-d or AMD-Vi";
  return architecture == Architecture::kArm ? "the SMMU" : "the IOMMU";
}

}  // namespace host

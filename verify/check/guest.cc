// SPDX-License-Identifier: GPL-2.0-or-later
//
// guest.*: is everything ready to start a guest with the cards? The limit of locked memory, huge
// pages, access to device nodes, QEMU, UEFI firmware, libvirt's data, and the image of the next
// boot. guest.kvm is in kvm.cc.
#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/check.h"
#include "verify/check/denied_nodes.h"
#include "verify/check/each.h"
#include "verify/check/image.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

using guest::Account;
using guest::HugePages;
using guest::LockLimit;
using guest::memory_size_text;
using guest::Readiness;

constexpr const char* kNotChecked = "not checked";
constexpr const char* kNoUsers = "not checked: no user is looked up with --root";

// What libvirt adds to a guest's memory for QEMU itself (qemuDomainGetMemLockLimitBytes), in bytes.
constexpr uint64_t kQemuOverhead = uint64_t{1} << 30;

Finding no_such_user(const host::Error& error) {
  return unknown(kHost, host::describe(error), "name a user of this machine with --user");
}

std::string limit_text(const Account& account, const LockLimit& limit) {
  if (!limit.bytes)
    return fmt::format(
        "the limit of locked memory of {} is unknown: no file of limits.conf(5) sets it, so the session's service manager sets it",
        account.name);
  return fmt::format("{} may lock {} ({})", account.name, memory_size_text(*limit.bytes),
                     limit.source);
}

Remedy limit_remedy(const Account& account, const LockLimit& limit, uint64_t bytes) {
  const uint64_t kilobytes = bytes / 1024;
  if (account.is_current_user && limit.hard && *limit.hard >= bytes)
    return {"raise the limit before you start QEMU:", {fmt::format("ulimit -l {}", kilobytes)}};
  return {fmt::format("raise the limit of {} as root, then log in again:", account.name),
          {fmt::format("echo '{0} - memlock {1}' > /etc/security/limits.d/vfio-verify-{0}.conf",
                       account.name, kilobytes)}};
}

Finding judge_lock_limit(const Readiness& ready, const Account& account) {
  const LockLimit& limit = ready.lock_limit;
  const uint64_t memory = ready.requested.memory;
  const std::string words = limit_text(account, limit);
  if (memory == 0)
    return skip(kHost, words + "; use --guest-memory to check whether this is enough");
  if (!limit.bytes)
    return unknown(kHost, words, {"run this command as " + account.name + ":", {"ulimit -l"}});
  if (*limit.bytes >= memory && *limit.bytes - memory >= kQemuOverhead) return pass(kHost, words);
  const std::string libvirt =
      ready.libvirt.installed ? "; libvirt's system guests are not affected" : "";
  const Remedy remedy = limit_remedy(account, limit, memory + kQemuOverhead);
  if (*limit.bytes >= memory)
    return warn(
        kHost,
        fmt::format("{}: this is enough for the guest's {}, but not for the memory of QEMU{}",
                    words, memory_size_text(memory), libvirt),
        remedy);
  return fail(kHost,
              fmt::format("{}, but a guest with a device locks all of its {}{}", words,
                          memory_size_text(memory), libvirt),
              remedy);
}

std::string pool_text(const std::vector<HugePages>& pools) {
  std::vector<std::string> words;
  for (const HugePages& pool : pools)
    if (pool.total > 0)
      words.push_back(fmt::format("{} of {} pages of {} are free", pool.free, pool.total,
                                  memory_size_text(pool.size)));
  return host::join(words, ", ");
}

Remedy huge_pages_remedy(const Inspection& inspection, const HugePages& pool, uint64_t memory) {
  const uint64_t missing = (memory + pool.size - 1) / pool.size - pool.free;
  if (pool.size >= uint64_t{1} << 30)  // memory fragments: these usually need a kernel parameter
    return add_parameter(inspection.platform,
                         fmt::format("hugepagesz=1G hugepages={}", pool.total + missing));
  return {"reserve more huge pages:",
          {fmt::format("echo {} > /sys/kernel/mm/hugepages/hugepages-{}kB/nr_hugepages",
                       pool.total + missing, pool.size / 1024)}};
}

// The user's access to one group's device node and to the container, /dev/vfio/vfio.
Finding judge_node(const Readiness& ready, const Account& account, const InspectedGroup& group,
                   const host::Result<guest::Node>& node) {
  if (!node || !ready.container) {
    const host::Error& error = node ? ready.container.error() : node.error();
    if (error.code == ENOENT)
      return caused_by("bind.driver", skip(group.subject, host::describe(error)));
    return unknown(group.subject, host::describe(error), kRunAsRoot);
  }
  const std::string nodes = node->str() + " and " + ready.container->str();
  const auto to_group = guest::may_open(*node, account);
  const auto to_container = guest::may_open(*ready.container, account);
  if (!to_group || !to_container)
    return unknown(
        group.subject,
        fmt::format("it is unknown whether {} may open {}: the access control list cannot be read",
                    account.name, nodes),
        {"print the access control list:", {"getfacl " + node->path}});
  if (*to_group && *to_container)
    return pass(group.subject, fmt::format("{} may open {}", account.name, nodes));
  const std::string evidence = fmt::format("{} may not open {}", account.name,
                                           *to_group ? ready.container->str() : node->str());
  const Remedy remedy(
      fmt::format(
          "start guests with libvirt's system daemon, which opens the device; or give the device to {}:",
          account.name),
      {fmt::format(
          "echo 'SUBSYSTEM==\"vfio\", OWNER=\"{}\"' > /etc/udev/rules.d/99-vfio-verify.rules; udevadm control --reload; udevadm trigger --subsystem-match=vfio",
          account.name)});
  // Without --user, the user who runs vfio-verify need not be the one who starts guests.
  return ready.requested.user.empty() ? warn(group.subject, evidence, remedy)
                                      : fail(group.subject, evidence, remedy);
}

Finding judge_device(const Inspection& inspection, const host::Result<guest::NodeDevice>& device) {
  if (!device)
    return unknown(kHost, host::describe(device.error()),
                   {"run virsh and read its messages:", {"virsh nodedev-list --cap pci"}});
  const std::string address = device->address.str();
  for (const ConfiguredFunction& function : inspection.functions) {
    if (function.address() != address) continue;
    const auto words = [](const std::string& driver, const std::optional<int>& group) {
      return fmt::format("driver {}, group {}", driver.empty() ? "none" : driver,
                         group ? std::to_string(*group) : "none");
    };
    const std::string theirs = words(device->driver, device->group);
    const std::string ours = words(function.function.driver, function.group);
    if (theirs == ours) return pass(address, "libvirt reports " + theirs);
    return warn(address, fmt::format("libvirt reports {}, but the kernel reports {}", theirs, ours),
                {"restart libvirt's daemon, so that it reads the devices again:",
                 {"systemctl try-restart libvirtd.service virtnodedevd.service"}});
  }
  return skip(address, kNotChecked);
}

Finding judge_memlock(const Inspection& inspection) {
  if (!inspection.guest) return skip(kHost, kNotChecked);
  if (!inspection.guest->account) return skip(kHost, kNoUsers);
  const auto& account = *inspection.guest->account;
  if (!account) return no_such_user(account.error());
  return judge_lock_limit(*inspection.guest, *account);
}

Finding judge_hugepages(const Inspection& inspection) {
  if (!inspection.guest) return skip(kHost, kNotChecked);
  const Readiness& ready = *inspection.guest;
  const std::string words = pool_text(ready.huge_pages);
  if (words.empty())
    return skip(kHost, "no huge pages are reserved, and a guest does not need them");
  const uint64_t memory = ready.requested.memory;
  if (memory == 0)
    return skip(kHost, words + "; use --guest-memory to check whether they are enough");
  const auto is_reserved_pool = [](const HugePages& pool) { return pool.total > 0; };
  for (const HugePages& pool : ready.huge_pages)
    if (is_reserved_pool(pool) && pool.free >= (memory + pool.size - 1) / pool.size)
      return pass(kHost, fmt::format("{}: enough for {}", words, memory_size_text(memory)));
  const auto largest =  // exists, since `words` is not empty
      std::find_if(ready.huge_pages.begin(), ready.huge_pages.end(), is_reserved_pool);
  return warn(
      kHost,
      fmt::format("{}: no page size has enough free pages for {}", words, memory_size_text(memory)),
      huge_pages_remedy(inspection, *largest, memory));
}

Findings judge_modes(const Inspection& inspection) {
  if (!inspection.guest) return {skip(kHost, kNotChecked)};
  const Readiness& ready = *inspection.guest;
  if (!ready.account) return {skip(kHost, kNoUsers)};
  if (!*ready.account) return {no_such_user(ready.account->error())};
  Findings findings;
  for (const guest::GroupNode& node : ready.groups)
    if (const InspectedGroup* group = inspection.group(node.group))
      findings.push_back(judge_node(ready, **ready.account, *group, node.node));
  return findings;
}

Findings judge_nodes(const Inspection& inspection) {
  Findings findings = judge_modes(inspection);
  add_denials(inspection, findings);
  return findings;
}

bool is_arm(const Inspection& inspection) {
  return inspection.machine.architecture == host::Architecture::kArm;
}

constexpr PackageNames kQemuForX86 = {
    .debian = "qemu-system-x86", .fedora = "qemu-kvm", .arch = "qemu-desktop", .suse = "qemu-x86"};
constexpr PackageNames kQemuForArm = {.debian = "qemu-system-arm",
                                      .fedora = "qemu-kvm",
                                      .arch = "qemu-system-aarch64",
                                      .suse = "qemu-arm"};
constexpr PackageNames kUefiForX86 = {
    .debian = "ovmf", .fedora = "edk2-ovmf", .arch = "edk2-ovmf", .suse = "qemu-ovmf-x86_64"};
constexpr PackageNames kUefiForArm = {.debian = "qemu-efi-aarch64",
                                      .fedora = "edk2-aarch64",
                                      .arch = "edk2-aarch64",
                                      .suse = "qemu-uefi-aarch64"};

Finding judge_qemu(const Inspection& inspection) {
  if (!inspection.guest) return skip(kHost, kNotChecked);
  const Readiness& ready = *inspection.guest;
  if (ready.qemu.empty())
    return warn(kHost,
                fmt::format("QEMU for {} is not found", is_arm(inspection) ? "aarch64" : "x86_64"),
                install(inspection.platform, is_arm(inspection) ? kQemuForArm : kQemuForX86));
  if (!ready.qemu_has_vfio_pci) return skip(kHost, ready.qemu + " is installed, but was not run");
  const auto& has = *ready.qemu_has_vfio_pci;
  if (!has)
    return unknown(kHost, host::describe(has.error()),
                   {"run QEMU and read its messages:", {ready.qemu + " -device help"}});
  if (!*has)
    return fail(kHost, ready.qemu + " does not have the device vfio-pci",
                {"install a QEMU that has vfio-pci. List the devices of this QEMU:",
                 {ready.qemu + " -device help"}});
  return pass(kHost, ready.qemu + " has vfio-pci");
}

Finding judge_uefi(const Inspection& inspection) {
  if (!inspection.guest) return skip(kHost, kNotChecked);
  std::vector<guest::UefiFirmware> present = inspection.guest->firmware;
  std::erase_if(present, [](const auto& firmware) { return !firmware.present; });
  const auto plain = std::find_if(present.begin(), present.end(),
                                  [](const auto& firmware) { return !firmware.secure_boot; });
  if (!present.empty()) {
    const guest::UefiFirmware& best = plain == present.end() ? present.front() : *plain;
    return pass(
        kHost,
        fmt::format("{} ({}){}", best.executable, best.descriptor,
                    present.size() > 1 ? fmt::format(", and {} more", present.size() - 1) : ""));
  }
  const auto& all = inspection.guest->firmware;
  const std::string evidence =
      all.empty() ? std::string(
                        "/etc/qemu/firmware and /usr/share/qemu/firmware have no UEFI "
                        "firmware for ") +
                        (is_arm(inspection) ? "virt" : "q35")
                  : fmt::format("{} names {}, which does not exist", all.front().descriptor,
                                all.front().executable);
  return warn(
      kHost,
      evidence + (is_arm(inspection)
                      ? "; a virt machine of Arm needs it to start a guest from a disk"
                      : "; with SeaBIOS, a card without a legacy option ROM shows no picture"),
      install(inspection.platform, is_arm(inspection) ? kUefiForArm : kUefiForX86));
}

Findings judge_libvirt(const Inspection& inspection) {
  if (!inspection.guest) return {skip(kHost, kNotChecked)};
  const guest::Libvirt& libvirt = inspection.guest->libvirt;
  if (!libvirt.installed) return {skip(kHost, "libvirt's virsh is not installed")};
  if (!libvirt.running)
    return {skip(kHost, "libvirt's daemon is not running, and vfio-verify does not start it")};
  return each<judge_device>(inspection, libvirt.devices);
}

Finding judge_next_image(const JudgedImage& next) {
  if (!next.why.empty()) return caused_by("bind.plan", skip(kHost, next.why));
  if (next.unreadable) return unreadable_image(*next.unreadable);
  const std::string& file = next.file.empty() ? next.candidates.front() : next.file;
  for (const Status worst : {Status::kFail, Status::kUnknown, Status::kWarn})
    for (const Finding& finding : next.findings)
      if (finding.status == worst && (worst != Status::kUnknown || finding.decides))
        return {"", kHost, worst, fmt::format("{}: {}: {}", file, finding.id, finding.evidence),
                finding.remedy};
  return pass(kHost, "the next boot from " + file + " binds the cards");
}

// The image of another kernel, which the user may select in the boot loader's menu.
void judge_other_image(const JudgedFile& image, Findings& findings) {
  for (const Finding& finding : image.findings)
    if (finding.status == Status::kFail)
      return findings.push_back(warn(
          kHost,
          fmt::format("a boot from {}{} would not bind the cards: {}: {}", image.file,
                      image.releases.empty() ? "" : fmt::format(" (kernel {})", image.releases),
                      finding.id, finding.evidence),
          finding.remedy));
}

// The remedy for the next image is for those of all kernels.
Findings judge_image(const Inspection& inspection) {
  if (!inspection.next_image) return {skip(kHost, kNotChecked)};
  Findings findings = {judge_next_image(*inspection.next_image)};
  if (findings.front().status == Status::kFail) return findings;
  for (const JudgedFile& image : inspection.other_images.images) judge_other_image(image, findings);
  return findings;
}

constexpr Check kChecks[] = {
    {"guest.memlock", "May the user lock the guest's memory?", R"(
A device requires that the user (*--user*) may lock the guest's memory (*--guest-memory*), and 1
GiB for QEMU (RLIMIT_MEMLOCK). For the invoking user, this is the limit of the *vfio-verify*
process. For a different user, it is the limit of limits.conf(5) at login, and unknown if these
files do not set one. The limit applies to a QEMU that the user starts: libvirt's system daemon
sets its own limits.)",
     the_host<judge_memlock>},
    {"guest.hugepages", "Are there enough free huge pages for the guest?", R"(
The guest's size is that of *--guest-memory*. Skipped if no huge pages are reserved, because a
guest does not need them. On machines with several NUMA nodes, all nodes are counted together.)",
     the_host<judge_hugepages>, Weight::kAdvises},
    {"guest.device", "May the user open _/dev/vfio/GROUP_ and _/dev/vfio/vfio_?", R"(
Owner, mode, groups and access control list of both nodes decide. If the user may not open them,
the check fails if *--user* was given, and warns otherwise. Also warns if the kernel log says that
AppArmor or SELinux denied access, or if libvirt's _cgroup_device_acl_ has only other groups.)",
     judge_nodes},
    {"guest.qemu", "Is QEMU installed, and does it have the device vfio-pci?", R"(
QEMU is run with "-device help". Warns if QEMU is not found.)",
     the_host<judge_qemu>},
    {"guest.uefi", "Is there a UEFI firmware for guests?", R"(
QEMU's descriptors in _/etc/qemu/firmware_ and _/usr/share/qemu/firmware_ must name one for a q35
machine. A card without a legacy option ROM needs it.)",
     the_host<judge_uefi>, Weight::kAdvises},
    {"guest.libvirt",
     "Does libvirt report the same driver and IOMMU group of the card as the kernel?", R"(
*virsh* is run for this, but only if libvirt's daemon is running. *virsh* is searched in
_/usr/sbin_, _/usr/bin_, _/sbin_, _/bin_ and NixOS's _/run/current-system/sw/bin_, never in
_$PATH_.)",
     judge_libvirt, Weight::kAdvises},
    {"guest.image", "Does the next boot of this kernel bind the cards?", R"(
This runs the checks of *vfio-verify image* for the image of the running kernel, and reports the
worst result. If the boot loader's entry also names other images, such as one of *vfio-early
image*, all of them are checked together, in their order. Skipped if no image or several images
are found in _/boot_ and _/efi_, or if no card is configured.

Warns about each image of another installed kernel that fails these checks: a boot of that kernel
would not bind the cards. *vfio-verify image --all* prints all results.)",
     judge_image},
};

}  // namespace

constexpr Chapter kGuestChapter{"Guest", kChecks};

}  // namespace verify

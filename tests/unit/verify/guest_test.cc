// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a guest needs to start: limits, permissions, QEMU, firmware, libvirt and its image.
#include <array>

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/commands.h"
#include "verify/inspect_machine.h"
#include "verify/options.h"
#include "verify/output/progress.h"

namespace verify {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

guest::Account alice() {
  return {.name = "alice", .uid = 1000, .groups = {1000, 107}, .group_names = {"alice", "kvm"}};
}

Inspection with_limit(guest::LockLimit limit, uint64_t memory) {
  Inspection machine = healthy();
  machine.guest->account = alice();
  machine.guest->lock_limit = std::move(limit);
  machine.guest->requested = {.memory = memory, .user = "alice"};
  return machine;
}

TEST(GuestMemlock, LimitMustCoverTheGuest) {
  struct Case {
    guest::LockLimit limit;
    uint64_t memory;
    Status status;
    const char* words;
  };
  const Case cases[] = {
      {{17 * kGiB, {}, "f:1"}, 16 * kGiB, Status::kPass, "alice may lock 17 GiB (f:1)"},
      {{16 * kGiB, {}, "f:1"}, 16 * kGiB, Status::kWarn, "not for the memory of QEMU"},
      {{8 << 20, {}, "f:1"}, 16 * kGiB, Status::kFail, "alice - memlock 17825792"},
      {{guest::kUnlimited, {}, "f:1"}, 16 * kGiB, Status::kPass, "any amount"},
      {{}, 16 * kGiB, Status::kUnknown, "the limit of locked memory of alice is unknown"},
      {{8 << 20, {}, "f:1"}, 0, Status::kSkip, "--guest-memory"},
  };
  for (const Case& c : cases) {
    const Finding finding =
        only_finding(findings_of("guest.memlock", with_limit(c.limit, c.memory)));
    EXPECT_EQ(finding.status, c.status) << finding.evidence;
    EXPECT_TRUE(has_text(finding.evidence + finding.remedy, c.words))
        << finding.evidence << finding.remedy;
  }
}

TEST(Options, GuestMemoryNeedsAUnit) {
  const auto parsed = [](const char* size) {
    const char* words[] = {"vfio-verify", "--guest-memory", size, "--user", "alice"};
    return parse_options(commands(), 5, words);
  };
  ASSERT_TRUE(parsed("16G").options);
  EXPECT_EQ(parsed("16G").options->guest_memory, 16 * kGiB);
  EXPECT_EQ(parsed("16G").options->user, "alice");
  EXPECT_EQ(parsed("1536M").options->guest_memory, 3 * kGiB / 2);
  for (const char* odd : {"16", "0", "-1G", "much", "99999999999G"})
    EXPECT_TRUE(parsed(odd).early_exit) << odd;
}

TEST(GuestMemlock, RaisableLimitSuggestsUlimit) {
  Inspection machine = with_limit({8 << 20, 32 * kGiB, "limit of this process"}, 16 * kGiB);
  (*machine.guest->account)->is_current_user = true;
  EXPECT_TRUE(has_text(only_finding(findings_of("guest.memlock", machine)).remedy,
                       "\n  ulimit -l 17825792"));
}

TEST(GuestMemlock, IsSkippedForCapturedTree) {
  Inspection machine = healthy();
  machine.guest->account.reset();
  EXPECT_EQ(only_finding(findings_of("guest.memlock", machine)).status, Status::kSkip);
  EXPECT_EQ(only_finding(findings_of("guest.device", machine)).status, Status::kSkip);
}

// limits.conf(5): a user's line overrides a group's line, which overrides the wildcard's. Among
// lines of the same rank the last file decides.
TEST(LockLimit, FollowsLimitsConf) {
  FakeTree tree;
  const auto limit = [&] { return guest::lock_limit_at_login(tree.root(), alice()); };
  EXPECT_FALSE(limit().bytes);
  tree.file("/etc/security/limits.conf",
            "# alice - memlock 1\n* soft memlock 64\nbob - memlock 1\n");
  EXPECT_EQ(limit().bytes, 65536u);
  tree.file("/etc/security/limits.d/20-kvm.conf", "\n@kvm - memlock unlimited\n* - memlock 65\n");
  EXPECT_EQ(limit().bytes, guest::kUnlimited);
  EXPECT_TRUE(has_text(limit().source, "/etc/security/limits.d/20-kvm.conf:2")) << limit().source;
  tree.file("/etc/security/limits.d/90.conf", "alice hard memlock 8\nalice soft memlock 4\n");
  EXPECT_EQ(limit().bytes, 4096u);
  EXPECT_EQ(limit().hard, 8192u);
}

TEST(GuestHugepages, ReservedPagesMustCoverTheGuest) {
  FakeTree tree;
  const std::string sizes = "/sys/kernel/mm/hugepages/hugepages-";
  for (const char* name : {"2048kB", "1048576kB"})
    tree.file(sizes + name + "/nr_hugepages", "0\n")
        .file(sizes + name + "/free_hugepages", "0\n")
        .file(sizes + name + "/resv_hugepages", "0\n");
  Inspection machine = healthy();
  const auto result_for = [&](uint64_t memory) {
    machine.guest->huge_pages = guest::read_huge_pages(tree.root());
    machine.guest->requested.memory = memory;
    return only_finding(findings_of("guest.hugepages", machine));
  };
  EXPECT_TRUE(has_text(result_for(16 * kGiB).evidence, "no huge pages are reserved"));
  tree.file(sizes + "1048576kB/nr_hugepages", "20\n")
      .file(sizes + "1048576kB/free_hugepages", "18\n")
      .file(sizes + "1048576kB/resv_hugepages", "2\n");
  EXPECT_EQ(result_for(16 * kGiB).status, Status::kPass) << result_for(16 * kGiB).evidence;
  EXPECT_EQ(result_for(0).status, Status::kSkip);
  const Finding more = result_for(17 * kGiB);
  EXPECT_EQ(more.status, Status::kWarn);
  EXPECT_TRUE(has_text(more.evidence, "16 of 20 pages of 1 GiB are free")) << more.evidence;
  EXPECT_TRUE(has_text(more.remedy, "hugepagesz=1G hugepages=21")) << more.remedy;
}

guest::Node node_of(uint32_t uid, uint32_t gid, uint32_t mode) {
  return {.path = "/dev/vfio/4", .uid = uid, .gid = gid, .mode = mode, .acl = {}};
}

TEST(MayOpen, FollowsOwnerAndMode) {
  EXPECT_EQ(guest::may_open(node_of(0, 0, 0600), {.name = "root"}), true);
  EXPECT_EQ(guest::may_open(node_of(0, 0, 0600), alice()), false);
  EXPECT_EQ(guest::may_open(node_of(0, 0, 0666), alice()), true);
  EXPECT_EQ(guest::may_open(node_of(0, 107, 0660), alice()), true);
  EXPECT_EQ(guest::may_open(node_of(0, 107, 0606), alice()), false);  // the group's bits decide
  EXPECT_EQ(guest::may_open(node_of(1000, 0, 0600), alice()), true);
  EXPECT_EQ(guest::may_open(node_of(1000, 0, 0066), alice()), false);
}

std::string acl_of(const std::vector<std::array<uint32_t, 3>>& entries) {
  std::string bytes = {2, 0, 0, 0};
  for (const auto& [tag, permissions, id] : entries) {
    bytes += {static_cast<char>(tag), 0, static_cast<char>(permissions), 0};
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(id >> shift & 0xff);
  }
  return bytes;
}

TEST(MayOpen, FollowsAccessControlList) {
  const auto result_for = [](uint32_t tag, uint32_t permissions, uint32_t id, uint32_t mask) {
    guest::Node node = node_of(0, 0, 0660);
    node.acl = acl_of({{ACL_USER_OBJ, 6, 0xffffffff},
                       {tag, permissions, id},
                       {ACL_GROUP_OBJ, 6, 0xffffffff},
                       {ACL_MASK, mask, 0xffffffff},
                       {ACL_OTHER, 0, 0xffffffff}});
    return guest::may_open(node, alice());
  };
  EXPECT_EQ(result_for(ACL_USER, 6, 1000, 7), true);
  EXPECT_EQ(result_for(ACL_USER, 6, 1000, 4), false);  // masked
  EXPECT_EQ(result_for(ACL_USER, 6, 1001, 7), false);
  EXPECT_EQ(result_for(ACL_GROUP, 6, 107, 7), true);
  EXPECT_EQ(result_for(ACL_GROUP, 4, 107, 7), false);
  guest::Node odd = node_of(0, 0, 0666);
  odd.acl = "\3\0\0\0";
  EXPECT_EQ(guest::may_open(odd, alice()), std::nullopt);
  odd.acl.clear();
  odd.acl_unreadable = host::Error{EACCES, "read the access control list"};
  EXPECT_EQ(guest::may_open(odd, alice()), std::nullopt);
}

TEST(GuestDevice, IsCheckedForTheNamedUser) {
  Inspection machine = healthy();
  machine.guest->account = alice();
  machine.guest->groups = {{4, node_of(0, 0, 0600)}};
  EXPECT_EQ(only_finding(findings_of("guest.device", machine)).status, Status::kWarn);
  machine.guest->requested.user = "alice";
  const Finding finding = only_finding(findings_of("guest.device", machine));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_EQ(finding.subject, kVga);
  EXPECT_EQ(finding.evidence, "alice may not open /dev/vfio/4 (0:0, 0600)");
  machine.guest->groups = {{4, host::Error{ENOENT, "open /dev/vfio/4"}}};
  EXPECT_EQ(only_finding(findings_of("guest.device", machine)).status, Status::kSkip);
}

TEST(GuestDevice, OwnerAndModeAreRead) {
  FakeTree tree;
  tree.file("/dev/vfio/4", "");
  ::chmod((tree.directory() / "dev/vfio/4").c_str(), 0640);
  const auto node = guest::read_node(tree.root(), "/dev/vfio/4");
  ASSERT_TRUE(node);
  EXPECT_EQ(node->mode, 0640u);
  EXPECT_EQ(node->uid, ::geteuid());
  EXPECT_EQ(guest::read_node(tree.root(), "/dev/vfio/5").error().code, ENOENT);
}

TEST(Account, DefaultsToTheCallingUser) {
  const auto self = guest::find_account("");
  ASSERT_TRUE(self);
  EXPECT_EQ(self->uid, ::geteuid());
  EXPECT_TRUE(self->is_current_user);
  EXPECT_EQ(guest::find_account("root")->uid, 0u);
  EXPECT_FALSE(guest::find_account("no such user"));
}

TEST(GuestQemu, MustSupportVfioPci) {
  EXPECT_TRUE(guest::names_vfio_device("name \"vfio-pci\", bus PCI, desc \"VFIO\"\n"));
  EXPECT_FALSE(guest::names_vfio_device("name \"vfio-pci-nohotplug\", bus PCI\n"));

  Inspection machine = healthy();
  EXPECT_EQ(only_finding(findings_of("guest.qemu", machine)).evidence,
            "/usr/bin/qemu-system-x86_64 has vfio-pci");
  machine.guest->qemu_has_vfio_pci = host::Result<bool>(false);
  EXPECT_EQ(only_finding(findings_of("guest.qemu", machine)).status, Status::kFail);
  machine.guest->qemu_has_vfio_pci = host::Result<bool>(host::Error{ETIMEDOUT, "run qemu"});
  EXPECT_EQ(only_finding(findings_of("guest.qemu", machine)).status, Status::kUnknown);
  machine.guest->qemu.clear();
  EXPECT_TRUE(has_text(only_finding(findings_of("guest.qemu", machine)).remedy,
                       "\n  apt install qemu-system-x86"));
}

TEST(GuestQemu, IsThatOfThisProcessor) {
  FakeTree tree;
  tree.file("/usr/bin/qemu-system-x86_64", "").file("/usr/bin/qemu-system-aarch64", "");
  EXPECT_EQ(guest::find_qemu(tree.root()), "/usr/bin/qemu-system-x86_64");
  tree.file("/proc/sys/kernel/arch", "aarch64\n");
  EXPECT_EQ(guest::find_qemu(tree.root()), "/usr/bin/qemu-system-aarch64");
  tree.file("/usr/share/qemu/firmware/60.json",
            R"({"interface-types": ["uefi"], "mapping": {"filename": "/usr/share/AAVMF/CODE.fd"},)"
            R"("targets": [{"architecture": "aarch64", "machines": ["virt-*"]}]})");
  ASSERT_EQ(guest::find_uefi_firmware(tree.root()).size(), 1u);
  tree.file("/proc/sys/kernel/arch", "x86_64\n");
  EXPECT_TRUE(guest::find_uefi_firmware(tree.root()).empty());
}

TEST(GuestQemu, PackagesAreThoseOfThisProcessor) {
  Inspection machine = healthy();
  machine.machine.architecture = host::Architecture::kArm;
  machine.guest->qemu.clear();
  machine.guest->firmware.clear();
  const Finding qemu = only_finding(findings_of("guest.qemu", machine));
  EXPECT_TRUE(has_text(qemu.remedy, "\n  apt install qemu-system-arm")) << qemu.remedy;
  EXPECT_FALSE(has_text(qemu.evidence, "x86")) << qemu.evidence;
  const Finding uefi = only_finding(findings_of("guest.uefi", machine));
  EXPECT_TRUE(has_text(uefi.remedy, "\n  apt install qemu-efi-aarch64")) << uefi.remedy;
  EXPECT_FALSE(has_text(uefi.evidence, "SeaBIOS")) << uefi.evidence;
}

TEST(Progress, ReportsOnlySlowSteps) {
  testing::internal::CaptureStderr();
  { const Progress step("being quick"); }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  {
    const Progress step("being slow");
    ::usleep(2'000'000);  // four times the limit, because the thread may be late
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "vfio-verify: being slow ...\n");
}

// The QEMU and the firmware of the machine that runs this test, if installed.
TEST(GuestQemu, InstalledQemuSupportsVfioPci) {
  const auto root = *host::Root::open();
  const std::string program = guest::find_qemu(root);
  if (program.empty()) GTEST_SKIP() << "no QEMU here";
  const auto has = guest::has_vfio_device(program);
  ASSERT_TRUE(has) << host::describe(has.error());
  EXPECT_TRUE(*has);
  for (const guest::UefiFirmware& firmware : guest::find_uefi_firmware(root))
    EXPECT_TRUE(firmware.present) << firmware.descriptor;
}

std::string descriptor(const std::string& executable, const std::string& more = "") {
  return R"({"interface-types": ["uefi"], "mapping": {"device": "flash", "executable":)"
         R"({"filename": ")" +
         executable + R"("}}, "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}])" +
         more + "}";
}

TEST(GuestUefi, IsFoundByItsDescriptor) {
  FakeTree tree;
  Inspection machine = healthy();
  const auto result_for = [&] {
    machine.guest->firmware = guest::find_uefi_firmware(tree.root());
    return only_finding(findings_of("guest.uefi", machine));
  };
  EXPECT_TRUE(has_text(result_for().remedy, "\n  apt install ovmf"));
  tree.file("/usr/share/qemu/firmware/10-broken.json", "[1, {")
      .file("/usr/share/qemu/firmware/20-arm.json",
            R"({"interface-types": ["uefi"], "targets": [{"architecture": "aarch64"}]})")
      .file("/usr/share/qemu/firmware/60.json", descriptor("/usr/share/OVMF/CODE.fd"));
  EXPECT_TRUE(
      has_text(result_for().evidence, "names /usr/share/OVMF/CODE.fd, which does not exist"));
  tree.file("/usr/share/OVMF/CODE.fd", "")
      .file("/usr/share/OVMF/SECURE.fd", "")
      .file("/usr/share/qemu/firmware/50.json",
            descriptor("/usr/share/OVMF/SECURE.fd", R"(, "features": ["secure-boot"])"));
  EXPECT_EQ(result_for().status, Status::kPass);
  EXPECT_EQ(result_for().evidence,
            "/usr/share/OVMF/CODE.fd (/usr/share/qemu/firmware/60.json), and 1 more");
  tree.file("/etc/qemu/firmware/60.json", "");  // hides the other file
  EXPECT_TRUE(has_text(result_for().evidence, "SECURE.fd"));
}

TEST(GuestLibvirt, IsComparedWithTheKernel) {
  const auto address = *host::PciAddress::parse(kVga);
  EXPECT_EQ(guest::device_name(address), "pci_0000_01_00_0");
  const auto device = guest::parse_node_device(
      address,
      "<device>\n  <name>pci_0000_01_00_0</name>\n  <driver>\n    <name>nvidia</name>\n  "
      "</driver>\n"
      "  <capability type='pci'>\n    <iommuGroup number='4'>\n      <address domain='0x0000'/>\n");
  EXPECT_EQ(device.driver, "nvidia");
  EXPECT_EQ(device.group, 4);

  Inspection machine = healthy();
  EXPECT_EQ(findings_of("guest.libvirt", machine)[0].evidence,
            "libvirt reports driver vfio-pci, group 4");
  machine.guest->libvirt.devices = {device};
  const Finding finding = only_finding(findings_of("guest.libvirt", machine));
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_EQ(
      finding.evidence,
      "libvirt reports driver nvidia, group 4, but the kernel reports driver vfio-pci, group 4");
  machine.guest->libvirt.devices = {host::Error{ETIMEDOUT, "virsh nodedev-dumpxml"}};
  EXPECT_EQ(only_finding(findings_of("guest.libvirt", machine)).status, Status::kUnknown);
  machine.guest->libvirt.running = false;
  EXPECT_EQ(only_finding(findings_of("guest.libvirt", machine)).status, Status::kSkip);
}

TEST(GuestImage, ReportsTheWorstFinding) {
  Inspection machine = healthy();
  EXPECT_EQ(only_finding(findings_of("guest.image", machine)).status, Status::kPass);
  machine.next_image->findings = {pass(kHost, "well"), warn(kHost, "odd", ""),
                                  fail(kHost, "vfio-early is not in it", "rebuild it")};
  machine.next_image->findings[2].id = "image.started";
  const Finding finding = only_finding(findings_of("guest.image", machine));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_EQ(finding.evidence, "/boot/initrd.img-6.12.0: image.started: vfio-early is not in it");
  EXPECT_EQ(finding.remedy, "rebuild it");
  machine.next_image->unreadable = host::Error{EACCES, "open /boot/initrd.img-6.12.0"};
  EXPECT_EQ(only_finding(findings_of("guest.image", machine)).status, Status::kUnknown);
}

TEST(GuestImage, IsSkippedWithSeveralImages) {
  FakeTree tree;
  EXPECT_TRUE(images_of(tree.root(), "6.12.0").empty());
  tree.file("/boot/initrd.img-6.12.0", "").file("/boot/initrd.img-6.1.0", "");
  EXPECT_EQ(images_of(tree.root(), "6.12.0").size(), 1u);
  tree.file("/efi/EFI/Linux/debian-6.12.0.efi", "");
  Inspection machine = healthy();
  config::Configuration configuration;
  configuration.cards.emplace_back();
  machine.next_image = inspect_next_image(BootConfiguration(tree.root()), configuration,
                                          "/etc/vfio-early.conf", machine);
  const Finding finding = only_finding(findings_of("guest.image", machine));
  EXPECT_EQ(finding.status, Status::kSkip);
  EXPECT_TRUE(has_text(finding.evidence, "debian-6.12.0.efi")) << finding.evidence;
}

// The generators' hooks add nothing without a configuration: rebuilding the image would not help.
TEST(GuestImage, IsSkippedWithoutAConfiguredCard) {
  FakeTree tree;
  tree.file("/boot/initrd.img-6.12.0", "an image without vfio-early");
  Inspection machine = healthy();
  machine.next_image =
      inspect_next_image(BootConfiguration(tree.root()), {}, "/etc/vfio-early.conf", machine);
  const Finding finding = only_finding(findings_of("guest.image", machine));
  EXPECT_EQ(finding.status, Status::kSkip) << finding.evidence;
  EXPECT_TRUE(has_text(finding.evidence, "no card is configured")) << finding.evidence;
  EXPECT_EQ(finding.cause, "bind.plan");
}

// One partition at two paths, or a link, is still one image.
TEST(GuestImage, LinkedImageIsCountedOnce) {
  FakeTree tree;
  tree.file("/boot/EFI/Linux/debian-6.12.0.efi", "").link("/efi", "/boot");
  tree.file("/boot/initrd.img-6.1.0", "");
  EXPECT_EQ(images_of(tree.root(), "6.12.0"),
            std::vector<std::string>{"/boot/EFI/Linux/debian-6.12.0.efi"});
  std::filesystem::create_hard_link(tree.directory() / "boot/initrd.img-6.1.0",
                                    tree.directory() / "boot/initramfs-6.1.0.img");
  EXPECT_EQ(images_of(tree.root(), "6.1.0").size(), 1u);
}

TEST(GuestImage, ArchImageIsNamedByPkgbase) {
  FakeTree tree;
  tree.file("/lib/modules/6.12.1-lts/pkgbase", "linux-lts\n")
      .file("/boot/initramfs-linux-lts.img", "")
      .file("/boot/initramfs-linux.img", "");
  EXPECT_EQ(images_of(tree.root(), "6.12.1-lts"),
            std::vector<std::string>{"/boot/initramfs-linux-lts.img"});
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

constexpr const char* kApparmor =
    "audit: type=1400 audit(1700000000.123:45): apparmor=\"DENIED\" operation=\"open\" "
    "class=\"file\" profile=\"libvirt-3c0e8a52-15f1-4c7c-9b0a-d3a1f4e0c111\" name=\"/dev/vfio/4\" "
    "pid=1234 comm=\"qemu-system-x86\" requested_mask=\"wr\" denied_mask=\"wr\" fsuid=64055 ouid=0";
constexpr const char* kSelinux =
    "audit: type=1400 audit(1700000000.123:45): avc:  denied  { open } for  pid=99 "
    "comm=\"qemu-kvm\" path=\"/dev/vfio/vfio\" dev=\"devtmpfs\" ino=5 "
    "scontext=system_u:system_r:svirt_t:s0:c1,c2 tcontext=system_u:object_r:device_t:s0 "
    "tclass=chr_file permissive=0";
constexpr const char* kSelinuxName =
    "audit: type=1400 audit(1700000000.123:45): avc:  denied  { read write } for  pid=99 "
    "comm=\"qemu-kvm\" name=\"4\" dev=\"devtmpfs\" ino=5 "
    "scontext=system_u:system_r:svirt_t:s0:c1,c2 tcontext=system_u:object_r:vfio_device_t:s0 "
    "tclass=chr_file permissive=0";

Finding device_finding(const std::string& line) {
  Inspection machine = healthy();
  machine.kernel_log = log_of({"Linux version 6.12.0", line});
  return findings_of("guest.device", machine).front();
}

TEST(GuestDevice, DenialInKernelLogWarns) {
  const Finding apparmor = device_finding(kApparmor);
  EXPECT_EQ(apparmor.status, Status::kWarn);
  EXPECT_TRUE(has_text(apparmor.evidence, "AppArmor denied qemu-system-x86 access to /dev/vfio/4"))
      << apparmor.evidence;
  EXPECT_TRUE(has_text(apparmor.remedy, "/etc/apparmor.d/local/abstractions/libvirt-qemu"));
  EXPECT_TRUE(has_text(device_finding(kSelinux).evidence,
                       "SELinux denied qemu-kvm access to /dev/vfio/vfio"));
  EXPECT_TRUE(has_text(device_finding(kSelinuxName).evidence, "access to /dev/vfio/4"));
}

TEST(GuestDevice, DenialInCapturedLogWarns) {
  Inspection machine = healthy();
  machine.guest.reset();
  machine.kernel_log = log_of({kApparmor});
  const Findings findings = findings_of("guest.device", machine);
  EXPECT_EQ(findings.back().subject, kVga);
  EXPECT_EQ(findings.back().status, Status::kWarn);
}

TEST(GuestDevice, OtherDenialsDoNotCount) {
  for (const auto& [from, to] :
       {std::pair("DENIED", "ALLOWED"), {"/dev/vfio/4", "/dev/vfio/5"}, {"audit(", "printed("}})
    EXPECT_EQ(device_finding(replaced(kApparmor, from, to)).status, Status::kPass) << to;
  EXPECT_EQ(device_finding(replaced(kSelinux, "permissive=0", "permissive=1")).status,
            Status::kPass);
  EXPECT_EQ(device_finding(replaced(kSelinuxName, "vfio_device_t", "random_device_t")).status,
            Status::kPass);
}

TEST(GuestDevice, ListOfLibvirtHasOtherGroups) {
  const auto status_with = [](const char* text) {
    Inspection machine = healthy();
    machine.guest->device_acl = guest::parse_device_acl(text);
    return findings_of("guest.device", machine).front().status;
  };
  constexpr const char* kList =
      "user = \"root\"\ncgroup_device_acl = [\n  \"/dev/null\", \"/dev/vfio/vfio\",\n"
      "  # \"/dev/vfio/4\",\n  \"/dev/vfio/17\"\n]\nx = [ \"/dev/vfio/4\" ]\n";
  EXPECT_EQ(status_with(kList), Status::kWarn);
  EXPECT_EQ(status_with(replaced(kList, "vfio/17", "vfio/4").c_str()), Status::kPass);
  EXPECT_EQ(status_with(replaced(kList, "vfio/17", "null").c_str()), Status::kPass)
      << "libvirt adds the node of a <hostdev>";
  EXPECT_EQ(status_with(replaced(kList, "cgroup_device_acl", "#cgroup_device_acl").c_str()),
            Status::kPass);
}

}  // namespace
}  // namespace verify

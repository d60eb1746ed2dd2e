// SPDX-License-Identifier: GPL-2.0-or-later
//
// A user publishes a capture: it must not contain a secret of the machine, and the checks must
// report the same for it as for the machine.
#include <algorithm>
#include <set>
#include <span>

#include <fnmatch.h>

#include "host/text.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/capture/archive.h"
#include "verify/capture/capture.h"
#include "verify/capture/sources.h"
#include "verify/inspect_machine.h"

namespace verify {
namespace {

// The file with the secret, and the text that must not be found in the capture.
struct Secret {
  const char* path;
  const char* text;
};

constexpr const char* kCardDevice = "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0";

constexpr Secret kSecrets[] = {
    {"/proc/cmdline", "3c0e8a52-15f1-4c7c-9b0a-d3a1f4e0c111"},
    {"/proc/cmdline", "hunter2"},
    {"/proc/cmdline", "alicesmith"},
    {"/proc/cmdline", "proxyman"},
    {"/proc/cmdline", "pr0xyPw"},
    {"/proc/cmdline", "proxy.example.net"},
    {"/proc/cmdline", "tok_9f8e7d6c5b"},
    {"/proc/cmdline", "acmecorp"},
    {"/proc/cmdline", "ZX81-KEY"},
    {"/proc/cmdline", "10.20.30.40"},
    {"/proc/cmdline", "a0-36-9f-aa-bb-cc"},
    {"/proc/cmdline", "2001:db8::dead:1"},
    {"/proc/cmdline", "launchcode"},
    {"/etc/kernel/cmdline", "Samsung_SSD_860_S3Z9NB0K"},
    {"/etc/kernel/cmdline", "of cmdline's author"},
    {"/etc/default/grub", "bob.jones@example.org"},
    {"/etc/default/grub", "Bobs Laptop"},
    {"/etc/default/grub", "crypt-bob"},
    {"/etc/default/grub", "luks-77aa"},
    {"/etc/modprobe.d/vfio.conf", "carolina"},
    {"/etc/modprobe.d/vfio.conf", "regdom=QX"},
    {"/etc/modprobe.d/vfio.conf", "notify-erin"},
    {"/etc/modprobe.d/vfio.conf", "card of dave"},
    {"/etc/modprobe.d/erins-notebook.conf", "erins-notebook"},
    {"/etc/vfio-early.conf", "franks-card"},
    {"/etc/vfio-early.conf", "ask frank"},
    {"/etc/vfio-early.conf", "owner-frank"},
    {"/etc/vfio-early.conf", "00-11-22-33-44-55-66-77"},
    {"/etc/vfio-early.conf", "class-of-frank"},
    {"/etc/vfio-early.conf.d/graces-laptop.conf", "graces-laptop"},
    {"/run/vfio-early/record.json", "franks-card"},
    {"/run/vfio-early/record.json", "owner-frank"},
    {"/run/vfio-early/record.json", "/home/heidi"},
    {"/run/vfio-early/record.json", "5d0c7f3e-0000-4000-8000-123456789abc"},
    {"/run/vfio-early/record.json", "a field of heidi"},
    {"/boot/loader/entries/0123456789abcdef0123456789abcdef-6.12.conf",
     "0123456789abcdef0123456789abcdef"},
    {"/boot/loader/entries/0123456789abcdef0123456789abcdef-6.12.conf", "Ivans Linux"},
    {"/boot/loader/entries/0123456789abcdef0123456789abcdef-6.12.conf", "ivans-key"},
    {"/dev/kmsg", "4C530001"},
    {"/dev/kmsg", "S4EWNX0R"},
    {"/dev/kmsg", "eui.0025388b01"},
    {"/dev/kmsg", "nqn.2014-08.org.nvmexpress"},
    {"/dev/kmsg", "5000c500a1b2c3d4"},
    {"/dev/kmsg", "0011223344556677"},
    {"/dev/kmsg", "0002:c903:00a1:b2c3"},
    {"/dev/kmsg", "a0:36:9f:01:02:03"},
    {"/dev/kmsg", "a0369f010204"},
    {"/dev/kmsg", "/run/user/judy"},
    {"/dev/kmsg", "_TURING-lan"},
    {"/dev/kmsg", "MT1234X"},
    {"/dev/kmsg", "builder@farm"},
    {"/dev/kmsg", "s3cr3tboot"},
    {"/usr/lib/os-release", "Kevins spin"},
    {"/usr/lib/os-release", "http://kevin"},
    {"/sys/class/dmi/id/product_uuid", "9f8e7d6c-1111-2222-3333-444455556666"},
    {"/sys/class/dmi/id/product_serial", "PF0ABC12"},
    {"/sys/class/dmi/id/board_name", "PF0ABC12"},
    {"/sys/class/dmi/id/board_asset_tag", "TAG-90210"},
    {"/sys/class/dmi/id/bios_version", "TAG-90210"},
    {"/proc/cpuinfo", "00000000cafe1234"},
    {"/proc/interrupts", "mallory"},
    {"/proc/iomem", "lauras-ram"},
    {"/proc/sys/kernel/hostname", "turing"},
    {"/proc/sys/kernel/osrelease", "Turing"},
    {"/proc/sys/kernel/random/boot_id", "5d0c7f3e-0000-4000-8000-123456789abc"},
    {"/usr/share/qemu/firmware/50-niajs.json", "niajs"},
    {"/usr/share/qemu/firmware/50-niajs.json", "/home/olivia"},
    {"/usr/share/qemu/firmware/50-niajs.json", "Niaj"},
    // Secrets within kept text: values, messages, names.
    {"/proc/cmdline", "antons-tv"},
    {"/proc/cmdline", "PIN4711x"},
    {"/proc/cmdline", "4C53000199ABCD"},
    {"/etc/kernel/cmdline", "bertas-cores"},
    {"/etc/modprobe.d/vfio.conf", "claras-id"},
    {"/run/vfio-early/record.json", "0.1.0-dora"},
    {"/run/vfio-early/record.json", "emils-driver"},
    {"/run/vfio-early/record.json", "friedas-reset"},
    {"/run/vfio-early/record.json", "gustavs-id"},
    {"/run/vfio-early/record.json", "password is"},
    {"/run/vfio-early/record.json", "waltz99"},
    {"/run/vfio-early/record.json", "/srv/xaver"},
    {"/run/vfio-early/record.json", "77AA88BB99"},
    {"/run/vfio-early/record.json", "yolandas"},
    {"/dev/kmsg", "hansis1"},
    {"/dev/kmsg", "idas-99"},
    {"/dev/kmsg", "juttas"},
    {"/dev/kmsg", "5C4D30001AB9FE"},
    {"/dev/kmsg", "konrads_driver"},
    {"/dev/kmsg", "ludwigs hand"},
    {"/usr/lib/os-release", "Martas"},
    {"/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/nvidia-22/name", "Norberts"},
    {"/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/nvidia-quintus/name", "quintus"},
    {"/sys/bus/pci/slots/U78D3-rudolfs/address", "U78D3"},
    {"/sys/bus/pci/slots/U78D3-rudolfs/address", "rudolfs"},
    {"/sys/bus/pci/devices/0000:00:01.0/driver_override", "ottokars"},
    {"/proc/sys/kernel/osrelease", "paulas"},
    {"/usr/share/qemu/firmware/50-niajs.json", "pc-siegfrieds"},
    {kCardDevice, "\x77\x66\x55\x44\x33\x22\x11"},
    {kCardDevice, "SN:Z"},
};

// A configuration space with a serial number after another capability, and with a dword of vital
// product data.
std::string config_space() {
  std::string bytes(4096, '\0');
  bytes[0x34] = 0x40;
  bytes.replace(0x40, 8, std::string("\x03\0\0\0SN:Z", 8));
  bytes.replace(0x100, 4, std::string("\x01\x00\x01\x15", 4));  // AER, the next at 0x150
  bytes.replace(0x150, 12, std::string("\x03\x00\x01\x00\x77\x66\x55\x44\x33\x22\x11\x00", 12));
  return bytes;
}

class LeakTest : public testing::Test {
 protected:
  LeakTest() {
    add_hardware();
    add_boot_files();
    add_texts();
    add_record();
  }

  void add_hardware() {
    tree_.iommu()
        .function("0000:00:01.0", "8086:1901", "60400", "pcieport")
        .file("/sys/bus/pci/devices/0000:00:01.0/driver_override", "ottokars\n")
        .below("pci0000:00", "0000:00:01.0")
        .function(kVga, "10DE:1B81", "30000", "vfio-pci")
        .file("/sys/bus/pci/devices/0000:01:00.0/config", config_space())
        .file("/sys/bus/pci/devices/0000:01:00.0/reset_method", "flr bus\n")
        .file("/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/nvidia-22/name",
              "GRID P40-1Q of Norberts\n")
        .file("/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/nvidia-quintus/name", "x\n")
        .file("/sys/bus/pci/slots/U78D3-rudolfs/address", "0000:01:00\n")
        .file("/sys/bus/pci/devices/0000:01:00.0/resource",
              "0x00000000c2000000 0x00000000c2ffffff 0x0000000000042208\n")
        .below("pci0000:00/0000:00:01.0", kVga)
        .link("/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/iommu_group",
              "../../../../kernel/iommu_groups/4")
        .link("/sys/kernel/iommu_groups/4/devices/0000:01:00.0",
              "../../../../.." + std::string(kCardDevice))
        .file("/sys/kernel/iommu_groups/4/type", "DMA\n")
        .file("/sys/bus/pci/drivers/vfio-pci/bind", "");
    const std::string dmi = "/sys/class/dmi/id/";
    tree_.file(dmi + "product_uuid", "9f8e7d6c-1111-2222-3333-444455556666\n")
        .file(dmi + "product_serial", "PF0ABC12\n")
        .file(dmi + "board_name", "X1 pf0abc12 of\n")
        .file(dmi + "board_asset_tag", "TAG-90210\n")
        .file(dmi + "bios_version", "1.2_TAG-90210\n")
        .file("/proc/cpuinfo",
              "vendor_id\t: GenuineIntel\nflags\t: vmx\nSerial\t: 00000000cafe1234\n\n")
        .file("/proc/interrupts", " 24: 0 IR-PCI-MSI 0-edge mallory-eth0\n 25: 1 IR-mallory 1\n")
        .file("/proc/iomem",
              "00000000-0009ffff : System RAM\n000a0000-000bffff : lauras-ram\n"
              "c2000000-c2ffffff : 0000:01:00.0\n  c2000000-c20fffff : efifb\n");
  }

  void add_boot_files() {
    tree_
        .file("/proc/cmdline",
              "root=UUID=3c0e8a52-15f1-4c7c-9b0a-d3a1f4e0c111 password=hunter2 user=alicesmith "
              "inst.ks=http://proxyman:pr0xyPw@proxy.example.net/ks token=tok_9f8e7d6c5b "
              "acmecorp.license=ZX81-KEY ip=10.20.30.40::10.20.30.1 BOOTIF=01-a0-36-9f-aa-bb-cc "
              "netconsole=@2001:db8::dead:1/eth0 intel_iommu=on iommu=pt "
              "video=DP-1:antons-tv log_buf_len=PIN4711x i915.force_probe=4C53000199ABCD "
              "-- launchcode\n")
        .file("/etc/kernel/cmdline",
              "# of cmdline's author\n"
              "root=/dev/disk/by-id/ata-Samsung_SSD_860_S3Z9NB0K quiet "
              "isolcpus=1-3,bertas-cores\n")
        .file("/home/peggyolson/grub",
              "# bob.jones@example.org\nGRUB_DISTRIBUTOR=\"Bobs Laptop\"\nGRUB_CMDLINE_LINUX=\""
              "cryptdevice=LABEL=x:crypt-bob rd.luks.uuid=luks-77aa intel_iommu=on\"\n")
        .link("/etc/default/grub", "/home/peggyolson/grub")
        .file("/etc/modprobe.d/vfio.conf",
              "# carolina's\noptions vfio-pci ids=10de:1b81,claras-id # card of dave\n"
              "options cfg80211 regdom=QX\ninstall nouveau /usr/bin/notify-erin\n")
        .file("/etc/modprobe.d/erins-notebook.conf", "blacklist nouveau\n")
        .file("/boot/loader/entries/0123456789abcdef0123456789abcdef-6.12.conf",
              "title Ivans Linux\noptions x.key=ivans-key quiet\n");
  }

  void add_texts() {
    tree_
        .file("/etc/vfio-early.conf",
              "# ask frank\n[gaming]\nserial = 00-11-22-33-44-55-66-77\nonly-display = allow\n"
              "[franks-card]\nowner-frank = yes\nclass = class-of-frank\n")
        .file("/home/peggyolson/g", "; \n[second]\naddress = 0000:09:00\n")
        .link("/etc/vfio-early.conf.d/graces-laptop.conf", "/home/peggyolson/g")
        .file("/usr/lib/os-release",
              "ID=debian\nPRETTY_NAME=\"Debian of Martas\"\nVARIANT=\"Kevins spin\"\n"
              "HOME_URL=http://kevin\n")
        .link("/etc/os-release", "../usr/lib/os-release")
        .file("/proc/sys/kernel/hostname", "turing.lan\n")
        .file("/proc/sys/kernel/osrelease", "6.12.0_Turing-paulas\n")
        .file("/lib/modules/6.12.0_Turing-paulas/modules.alias", "alias pci:v000010DEd* nouveau\n")
        .file("/proc/sys/kernel/random/boot_id", "5d0c7f3e-0000-4000-8000-123456789abc\n")
        .file("/home/olivia/o.fd", "")
        .file("/usr/share/qemu/firmware/50-niajs.json",
              R"({"description": "Niaj", "interface-types": ["uefi"],
                  "mapping": {"executable": {"filename": "/home/olivia/o.fd"}},
                  "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*", "pc-siegfrieds"]}]})");
    const std::vector<std::string> lines = {
        "Linux version 6.12.0 (builder@farm) (gcc 12)",
        "Command line: x=s3cr3tboot",
        "pci 0000:01:00.0: [10de:1b81] type 00 class 0x030000 conventional PCI endpoint",
        "usb 1-1: SerialNumber: 4C530001",
        "nvme 0000:02:00.0: serial S4EWNX0R eui.0025388b01",
        "nvme nvme0: nqn.2014-08.org.nvmexpress",
        "mpt3sas 0000:03:00.0: sasaddr 5000c500a1b2c3d4",
        "firewire_ohci 0000:04:00.0: GUID 0011223344556677",
        "mlx5_core 0000:05:00.0: node_guid 0002:c903:00a1:b2c3, SN MT1234X",
        "e1000e 0000:00:1f.6: (PCI Express) a0:36:9f:01:02:03",
        "e1000e 0000:00:1f.6: at a0369f010204",
        "systemd[1]: mounting /run/user/judy",
        "vfio-pci 0000:01:00.0: by _TURING-lan",
        "DMAR: IOMMU enabled",
        "DMAR: Password is hansis1",
        "AMD-Vi: key: idas-99",
        "iommu: token=juttas",
        "DMAR: serial 5C4D30001AB9FE",
        "konrads_driver 0000:02:00.0: ready",
        "pci 0000:01:00.0: vgaarb: set by ludwigs hand",
    };
    std::string log;
    for (size_t i = 0; i < lines.size(); ++i)
      log += "6," + std::to_string(i) + "," + std::to_string(i * 400'000) + ",-;" + lines[i] + "\n";
    tree_.file("/dev/kmsg", log);
  }

  static record::FunctionRecord secret_record() {
    record::FunctionRecord record = record_of("0000:09:00.0");
    record.card = "second";
    record.id = {0x1234, 0x5678};
    record.found = "emils-driver";
    record.handling.reset_method = "friedas-reset";
    record.why = "the password is waltz99";
    record.remedy = "see /srv/xaver/keys";
    record.warnings = {"yolandas S/N is 77AA88BB99"};
    return record;
  }

  void add_record() {
    record::Record record;
    record.version = "0.1.0-dora";
    record.boot_id = "5d0c7f3e-0000-4000-8000-123456789abc";
    record.kernel_release = "6.12.0_Turing-paulas";
    record.gate = {.began_ns = 4'050'000'000, .ended_ns = 4'150'000'000};
    record.in_initramfs = true;
    record.configuration_files = {"/etc/vfio-early.conf",
                                  "/etc/vfio-early.conf.d/graces-laptop.conf"};
    record.configuration_hash = config::hash_text(
        config::read_configuration(tree_.root(), config::kConfigurationFile).hash);
    record.functions = {record_of(kVga), secret_record()};
    record.refusals = {{"franks-card", "/etc/vfio-early.conf", 6, "unknown key 'owner-frank'", ""}};
    record.warnings = {{"", "failed to read /home/heidi/x", ""}};
    std::string json = record::to_json(record);
    json.replace(json.find("1234:5678"), std::string("1234:5678").size(), "gustavs-id");
    json.insert(json.find('{') + 1, "\"of_later_version\": \"a field of heidi\",");
    tree_.file("/run/vfio-early/record.json", json);
  }

  std::string text_of(const std::string& path) const {
    return tree_.root().read(path).value_or("");
  }

  FakeTree tree_;
};

// True if the capture reads this file.
bool is_read(const std::string& path) {
  constexpr const char* kOthers[] = {"/dev/kmsg", "/run/vfio-early/record.json",
                                     "/proc/sys/kernel/hostname"};
  return std::find(std::begin(kOthers), std::end(kOthers), path) != std::end(kOthers) ||
         path.starts_with("/sys/class/dmi/id/") ||
         std::any_of(capture::sources().begin(), capture::sources().end(), [&](const auto& source) {
           return ::fnmatch(source.pattern, path.c_str(), FNM_PATHNAME) == 0;
         });
}

// The names, link targets and contents of the unpacked files.
std::string everything_in(const std::string& directory) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    all += entry.path().string().substr(directory.size()) + "\n";
    if (entry.is_symlink()) {
      all += std::filesystem::read_symlink(entry.path()).string() + "\n";
    } else if (entry.is_regular_file()) {
      std::stringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      all += text.str();
    }
  }
  return all;
}

capture::Unpacked packed_and_unpacked(const host::Root& root) {
  const std::string file = testing::TempDir() + "leak-test.tar.zst";
  std::ofstream(file, std::ios::binary) << *capture::pack(capture::capture_machine(root), file);
  auto unpacked = capture::Unpacked::from(file);
  std::filesystem::remove(file);
  EXPECT_TRUE(unpacked) << host::describe(unpacked.error());
  return std::move(*unpacked);
}

TEST_F(LeakTest, CaptureContainsNoSecret) {
  const capture::Unpacked unpacked = packed_and_unpacked(tree_.root());
  const std::string all = host::lower(everything_in(unpacked.root()));
  size_t checked = 0;
  for (const auto& [path, secret] : kSecrets) {
    const std::string file =
        path == kCardDevice ? std::string("/sys/bus/pci/devices/0000:01:00.0/config") : path;
    EXPECT_TRUE(is_read(file)) << file;
    EXPECT_TRUE(has_text(host::lower(file + text_of(file)), host::lower(secret)))
        << secret << " is not in " << file;
    EXPECT_FALSE(has_text(all, host::lower(secret))) << secret << " of " << file;
    ++checked;
  }
  EXPECT_GE(checked, 85u);
  for (const char* word :
       {"alice",  "bob",       "carol", "dave",   "erin",    "frank", "grace",   "heidi",
        "ivan",   "judy",      "kevin", "laura",  "mallory", "niaj",  "olivia",  "peggy",
        "turing", "anton",     "berta", "clara",  "dora",    "emil",  "frieda",  "gustav",
        "hansi",  "idas",      "jutta", "konrad", "ludwig",  "marta", "norbert", "ottokar",
        "paula",  "siegfried", "xaver", "yolanda"})
    EXPECT_FALSE(has_text(all, word)) << word << " in " << all.substr(all.find(word) - 100, 200);
}

// A machine's name may have one or two letters. Replacing it within words would damage them.
TEST_F(LeakTest, ShortHostNameIsReplacedAsWord) {
  tree_.file("/proc/sys/kernel/hostname", "zq\n")
      .file("/sys/class/dmi/id/board_name", "X1 of ZQ, zqx and xzq\n");
  const auto taken = capture::capture_machine(tree_.root());
  EXPECT_EQ(taken.entries.at("/sys/class/dmi/id/board_name").content,
            "X1 of hostname-1, zqx and xzq\n");
}

// In other files such a name is a number, and usually not the machine's name.
TEST_F(LeakTest, HexHostNameIsReplacedInDmi) {
  for (const std::string name : {"beef", "42", "cafe12"}) {
    tree_.file("/proc/sys/kernel/hostname", name + "\n")
        .file("/sys/class/dmi/id/board_name", "X1 of " + name + ", " + name + "x\n");
    const auto taken = capture::capture_machine(tree_.root());
    EXPECT_EQ(taken.entries.at("/sys/class/dmi/id/board_name").content,
              "X1 of hostname-1, " + name + "x\n");
  }
}

TEST_F(LeakTest, CommonSlotAndTypeNamesAreKept) {
  tree_.file("/sys/bus/pci/slots/4-1/address", "0000:04:00\n")
      .file("/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/i915-GVTg_V5_4/name", "x\n");
  const auto taken = capture::capture_machine(tree_.root());
  EXPECT_TRUE(taken.entries.contains("/sys/bus/pci/slots/4-1/address"));
  EXPECT_TRUE(
      taken.entries.contains(std::string(kCardDevice) + "/mdev_supported_types/nvidia-22/name"));
  EXPECT_TRUE(taken.entries.contains(std::string(kCardDevice) +
                                     "/mdev_supported_types/i915-GVTg_V5_4/name"));
}

// Messages of the kernel and of vfio-early without secrets are kept.
TEST_F(LeakTest, MessagesWithoutSecretsAreKept) {
  record::Record record;
  record.version = "0.1.0";
  record.functions = {record_of(kVga)};
  record.functions[0].why =
      "nouveau already held it when vfio-early started, and 'unbind = no' is set";
  record.functions[0].warnings = {
      "reset-method: it is not 'flr': write /sys/bus/pci/devices/0000:01:00.0/reset_method: "
      "Permission denied. Remedy: use one or more of flr bus"};
  tree_.file("/run/vfio-early/record.json", record::to_json(record));
  const auto taken = capture::capture_machine(tree_.root());
  const std::string text = taken.entries.at("/run/vfio-early/record.json").content;
  EXPECT_TRUE(has_text(text, "\"format\": 1,"));
  const auto kept = record::record_from_json(text);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->version, record.version);
  EXPECT_EQ(kept->functions[0].why, record.functions[0].why);
  EXPECT_EQ(kept->functions[0].warnings, record.functions[0].warnings);
  EXPECT_EQ(kept->functions[0].id, record.functions[0].id);
}

Findings findings_in(const host::Root& root) {
  const auto configuration = config::read_configuration(root, config::kConfigurationFile);
  auto inspection = inspect(root, configuration, {.live = false});
  EXPECT_TRUE(inspection);
  inspection->guest = guest::read_readiness(root, {}, {.live = false}, {}, {});
  return run_checks(*inspection);
}

TEST_F(LeakTest, CaptureGivesTheSameFindings) {
  const capture::Unpacked unpacked = packed_and_unpacked(tree_.root());
  const auto replayed = host::Root::open_tree(unpacked.root());
  const Findings before = findings_in(tree_.root()), after = findings_in(*replayed);
  ASSERT_EQ(before.size(), after.size());
  std::set<std::string> ids;
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].id + " " + before[i].subject, after[i].id + " " + after[i].subject);
    EXPECT_EQ(before[i].status, after[i].status)
        << before[i].id << ": " << before[i].evidence << " / " << after[i].evidence;
    if (before[i].status != Status::kSkip) ids.insert(before[i].id);
  }
  for (const char* id :
       {"bind.plan", "bind.history", "bar.framebuffer", "guest.uefi", "iommu.group"})
    EXPECT_TRUE(ids.contains(id)) << id;
  // A second capture of it is the same: nothing that was kept is replaced as a secret.
  const capture::Unpacked again = packed_and_unpacked(*replayed);
  const Findings later = findings_in(*host::Root::open_tree(again.root()));
  ASSERT_EQ(later.size(), after.size());
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(later[i].status, after[i].status);
}

// If the record's hash matches the configuration, it also matches in the capture, although comments
// and names are removed. If it does not match, it does not match in the capture either.
TEST_F(LeakTest, ConfigurationHashStillMatchesRecord) {
  const auto hash_matches = [](const host::Root& root) {
    const auto configuration = config::read_configuration(root, config::kConfigurationFile);
    return record::read_record(root)->configuration_hash == config::hash_text(configuration.hash);
  };
  EXPECT_TRUE(hash_matches(tree_.root()));
  const capture::Unpacked unpacked = packed_and_unpacked(tree_.root());
  EXPECT_TRUE(hash_matches(*host::Root::open_tree(unpacked.root())));
  tree_.file("/etc/vfio-early.conf.d/new.conf", "# another\n");
  EXPECT_FALSE(hash_matches(tree_.root()));
  const capture::Unpacked later = packed_and_unpacked(tree_.root());
  EXPECT_FALSE(hash_matches(*host::Root::open_tree(later.root())));
}

// A file hides one of the same name in another directory, and a later file wins.
TEST_F(LeakTest, FileNamesKeepTheirOrder) {
  tree_.file("/lib/modprobe.d/erins-notebook.conf", "options vfio-pci ids=1002:67df\n")
      .file("/lib/modprobe.d/pcspkr.conf", "blacklist pcspkr\n");
  const auto taken = capture::capture_machine(tree_.root());
  EXPECT_TRUE(taken.entries.contains("/etc/modprobe.d/001.conf"));
  EXPECT_TRUE(taken.entries.contains("/lib/modprobe.d/001.conf"));
  EXPECT_TRUE(has_text(taken.entries.at("/etc/modprobe.d/002.conf").content, "ids=10de:1b81"));
  EXPECT_FALSE(taken.entries.contains("/lib/modprobe.d/003.conf")) << "it holds nothing to keep";
  std::filesystem::remove(tree_.directory() / "etc/modprobe.d/erins-notebook.conf");
  std::filesystem::remove(tree_.directory() / "lib/modprobe.d/erins-notebook.conf");
  EXPECT_TRUE(capture::capture_machine(tree_.root()).entries.contains("/etc/modprobe.d/vfio.conf"));
}

}  // namespace
}  // namespace verify

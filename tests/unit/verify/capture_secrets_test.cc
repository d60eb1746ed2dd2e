// SPDX-License-Identifier: GPL-2.0-or-later
//
// How secrets are recognised and replaced, and what is kept of each kind of file.
#include <gtest/gtest.h>

#include "config/configuration.h"
#include "tests/unit/own_cost.h"
#include "tests/unit/verify/log_samples.h"
#include "verify/capture/anonymiser.h"
#include "verify/capture/boot_files.h"
#include "verify/capture/firmware_descriptor.h"
#include "verify/capture/log_lines.h"
#include "verify/capture/own_files.h"
#include "verify/capture/system_files.h"

namespace verify::capture {
namespace {

struct Case {
  const char* text;
  const char* kept;
};

TEST(Anonymiser, RecognisesSecretsByFormat) {
  const Case cases[] = {
      {"boot 3c0e8a52-15f1-4c7c-9b0a-d3a1f4e0c111", "boot 00000000-0000-0000-0000-000000000001"},
      {"uuid:3C0E8A52-15f1-4c7c-9b0a-d3a1f4e0c111", "uuid:00000000-0000-0000-0000-000000000001"},
      {"eth0: a0:36:9f:12:34:56 up", "eth0: 02:00:00:00:00:01 up"},
      {"mac:a0-36-9f-12-34-56", "mac:02:00:00:00:00:01"},
      {"eth_a0369f123456", "eth_02:00:00:00:00:01"},
      {"enxa0369f123456-rx-0", "enx020000000001-rx-0"},
      {"serial = 00-11-22-33-44-55-66-77", "serial = 00-00-00-00-00-00-00-01"},
      {"at 50:06:01:60:08:60:2b:3c up", "at wwn-1 up"},
      {"port 5000c500a1b2c3d4", "port wwn-1"},
      {"0123456789abcdef0123456789abcdef-6.12", "00000000000000000000000000000001-6.12"},
      {"SerialNumber: 4C530001", "SerialNumber: value-1"},
      {"user=alice, Password = \"hunter\"", "user=value-1, Password = \"value-2\""},
      {"http://alice:pw@proxy.example/x", "http://credentials-1/x"},
      {"from 10.0.0.7, 2001:db8::7 and fe80::1", "from ip-1, ip-2 and ip-3"},
      {"/home/alice/x /run/media/bob/y /Users/Carol",
       "/home/user-1/x /run/media/user-2/y /Users/user-3"},
      {"to alice@example.org.", "to mail-1"},
      {"nvme nqn.2014-08.org:x eui.00253 naa.5000c5", "nvme disk-1 disk-2 disk-3"},
      {"/dev/disk/by-id/ata-S3Z9 x", "/dev/disk/by-id/disk-1 x"},
      // These are no secrets.
      {"vfio-pci 0000:01:00.0: enabling device", "vfio-pci 0000:01:00.0: enabling device"},
      {"[10de:1b81:1458:3702] type 00", "[10de:1b81:1458:3702] type 00"},
      {"fee00000-feefffff : Reserved", "fee00000-feefffff : Reserved"},
      {"intel_iommu=on iommu=pt", "intel_iommu=on iommu=pt"},
      {"ivrs_ioapic=33@0000:00:14.0", "ivrs_ioapic=33@0000:00:14.0"},
      {"ver 1:0 cap 19ed008c40780c66 ecap 3ef9ea6f050df000",
       "ver 1:0 cap 19ed008c40780c66 ecap 3ef9ea6f050df000"},
      {"[mem 0x6000000000-0x6fffffffff 64bit pref]", "[mem 0x6000000000-0x6fffffffff 64bit pref]"},
      {"aa:bb:cc:dd:ee:ff:00", "aa:bb:cc:dd:ee:ff:00"},
      {"version 6.12.0, host::b", "version 6.12.0, host::b"},
  };
  for (const Case& c : cases) EXPECT_EQ(Anonymiser().text(c.text), c.kept);
}

TEST(Anonymiser, PlaceholdersAreConsistent) {
  Anonymiser anonymiser;
  EXPECT_EQ(anonymiser.text("a0:36:9f:12:34:56 A0-36-9F-12-34-56 a0:36:9f:12:34:57"),
            "02:00:00:00:00:01 02:00:00:00:00:01 02:00:00:00:00:02");
  EXPECT_EQ(anonymiser.text("a0:36:9f:12:34:57"), "02:00:00:00:00:02");
  EXPECT_EQ(anonymiser.counts()["mac"], 2u);
}

TEST(Anonymiser, KnownSecretsAreReplacedInAnyCase) {
  Anonymiser anonymiser;
  anonymiser.hide("turing", "hostname");
  anonymiser.hide("debian", "hostname");  // a common name: replacing it would damage texts
  anonymiser.hide("To be filled by O.E.M.", "board_serial");
  EXPECT_EQ(anonymiser.text("TURING: ID=debian, vg_turing, xturing2, To be filled by O.E.M."),
            "hostname-1: ID=debian, vg_hostname-1, xhostname-12, To be filled by O.E.M.");
}

TEST(Anonymiser, LearnedSecretsAreReplacedInOtherTexts) {
  Anonymiser anonymiser;
  anonymiser.learn("/home/alicesmith/x, a0:36:9f:12:34:56, bob.jones@example.org");
  EXPECT_EQ(anonymiser.text("lv_AliceSmith2 enp_A0369F123456x Bob.Jones"),
            "lv_user-12 enp_02:00:00:00:00:01x user-2");
}

// A machine's name may be a word that checks read.
TEST(Anonymiser, KeepsWordsThatChecksRead) {
  const std::string text =
      "intel_iommu=on amd_iommu=on nvidia nouveau 0000:01:00.0 10de:beef pcieport hugepages=16 "
      "video=efifb:off 01:00";
  for (const char* name :
       {"amd", "inte", "intel", "vfio", "beef", "0000:01:00.0", "10de:beef", "01:00", "huge",
        "hugepage", "iommu", "pcie", "pci", "on", "off", "root", "1024", "video", "nvid"}) {
    Anonymiser anonymiser;
    anonymiser.hide(name, "hostname");
    EXPECT_EQ(anonymiser.text(text), text) << name;
  }
  Anonymiser anonymiser;
  anonymiser.hide("inte", "hostname");
  EXPECT_EQ(anonymiser.text("intel on inte, _INTE_"), "intel on hostname-1, _hostname-1_");
}

// In seconds of processor time.
double cost_of(int secrets) {
  const double began = processor_seconds();
  Anonymiser anonymiser;
  std::string text;
  for (int i = 0; i < secrets; ++i) {
    const std::string name = "box" + std::to_string(100'000 + i);
    anonymiser.hide(name, "hostname");
    text += name + " ";
  }
  EXPECT_EQ(anonymiser.text(text).find("box"), std::string::npos);
  return processor_seconds() - began;
}

TEST(Anonymiser, CostIsLinearInSecrets) {
  constexpr int kFew = 2'000, kGrowth = 8;
  EXPECT_LT(cost_of(kGrowth * kFew), 3 * kGrowth * cost_of(kFew));
}

TEST(KeptParameters, OnlyListedParametersAreKept) {
  const Case cases[] = {
      {"root=UUID=3c0e8a52-15f1-4c7c-9b0a-d3a1f4e0c111 ro quiet", "root=value-1 ro quiet\n"},
      {"root=\"LABEL=My Disk\" intel_iommu=on", "root=value-1 intel_iommu=on\n"},
      {"rd.luks.uuid=luks-3c0e vfio-pci.ids=10de:1b81,10de:10f0",
       "rd.luks.uuid=value-1 vfio-pci.ids=10de:1b81,10de:10f0\n"},
      {"video=DP-1:1920x1080@60e video=DP-1:alices-tv", "video=DP-1:1920x1080@60e video=value-1\n"},
      {"isolcpus=nohz,domain,1-3,alice nohz_full=1-3",
       "isolcpus=nohz,domain,1-3,value-1 nohz_full=1-3\n"},
      {"pci=nomsi,resource_alignment=20@0000:cb:00.0",
       "pci=nomsi,resource_alignment=20@0000:cb:00.0\n"},
      {"pcie_acs_override=downstream,multifunction,id:8086:cafe",
       "pcie_acs_override=downstream,multifunction,id:8086:cafe\n"},
      {"vfio-pci.ids=10de:1b81:ffffffff:ffffffff:030000:ffff00 hugepagesz=1G hugepages=16 "
       "i915.force_probe=!56a0,* module_blacklist=nouveau,snd_hda_intel log_buf_len=4M "
       "intel_iommu=on,sm_on lockdown=integrity",
       "vfio-pci.ids=10de:1b81:ffffffff:ffffffff:030000:ffff00 hugepagesz=1G hugepages=16 "
       "i915.force_probe=!56a0,* module_blacklist=nouveau,snd_hda_intel log_buf_len=4M "
       "intel_iommu=on,sm_on lockdown=integrity\n"},
      {"i915.force_probe=4C53000199ABCD", "i915.force_probe=value-1\n"},
      {"acme.key=s3cret bare iommu=pt", "parameter-1 parameter-2 iommu=pt\n"},
      {"kvm.ignore_msrs=1 kvm.alice=x", "kvm.ignore_msrs=1 parameter-1\n"},
      {"\"odd name=x\" rdinit=/vfio-early rdinit=/bin/sh",
       "parameter-1 rdinit=/vfio-early rdinit=value-1\n"},
      {"iommu=pt -- user hunter2", "iommu=pt\n"},
      {"vfio_early.claim=\"0000:01:00,identity=10de:1b81 10de:10f0\"",
       "vfio_early.claim=\"0000:01:00,identity=10de:1b81 10de:10f0\"\n"},
      {"vfio_early.claim=alice,identity=bob", "vfio_early.claim=\"value-1,value-2\"\n"},
      {"# alice's\niommu=pt\n", "iommu=pt\n"},
  };
  for (const Case& c : cases) {
    Anonymiser anonymiser;
    EXPECT_EQ(kept_command_line(c.text, anonymiser), c.kept);
  }
}

TEST(KeptGrub, OnlyCommandLinesAreKept) {
  Anonymiser anonymiser;
  EXPECT_EQ(
      kept_grub(
          "# of alice\nGRUB_DISTRIBUTOR=\"alice's\"\n"
          "GRUB_CMDLINE_LINUX=\"iommu=pt \\\n acme=1 vfio_early.claim=\\\"01:00,group=claim\\\"\"\n"
          "GRUB_CMDLINE_LINUX_DEFAULT='quiet' # of alice\n"
          "GRUB_CMDLINE_X=ro#x\n",
          anonymiser),
      "GRUB_CMDLINE_LINUX=\"iommu=pt parameter-1 "
      "vfio_early.claim=\\\"01:00,group=claim\\\"\"\n"
      "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_X=\"ro\"\n");
}

TEST(KeptBootEntry, OnlyOptionsAndLinuxKeyAreKept) {
  Anonymiser anonymiser;
  EXPECT_EQ(kept_boot_entry("title Alice's\nmachine-id 0123\nlinux /alices/vmlinuz\n"
                            "options iommu=pt x=1\noptionsx a\n",
                            anonymiser),
            "linux\noptions iommu=pt parameter-1\n");
}

TEST(KeptModprobe, LineNumbersAreKept) {
  Anonymiser anonymiser;
  EXPECT_EQ(kept_modprobe("# of alice\n"
                          "options vfio-pci \\\n  ids=10de:1b81 alice=1 # hers\n"
                          "softdep nouveau pre: vfio-pci\n"
                          "options cfg80211 regdom=DE\n"
                          "install nouveau /usr/local/bin/alice\n"
                          "blacklist nouveau # alice\n"
                          "install nvidia /bin/false",
                          anonymiser),
            "\noptions vfio-pci ids=10de:1b81\n\nsoftdep nouveau pre: vfio-pci\n\n"
            "install nouveau (left out)\nblacklist nouveau\ninstall nvidia /bin/false\n");
  EXPECT_EQ(kept_modprobe("# alice\noptions cfg80211 a=b\nblacklist pcspkr\n", anonymiser), "");
}

TEST(KeptConfiguration, LinesKeysAndErrorsAreKept) {
  Anonymiser anonymiser;
  EXPECT_EQ(kept_configuration("stray\n# of alice\n[gaming]\naddress = 0000:01:00  \n"
                               "serial = 00-11-22-33-44-55-66-77\nalice = x\ngroup = alice\n"
                               "no entry of alice\n[alice's]\n[Alice's]\n[a[b]\n",
                               anonymiser),
            "(left out)\n\n[gaming]\naddress = 0000:01:00\nserial = 00-00-00-00-00-00-00-01\n"
            "key-1 = value-1\ngroup = value-2\n(left out)\n[card-1]\n[card-2]\n[]\n");
}

// The copy has the same errors in the same lines.
TEST(KeptConfiguration, CopyHasTheSameErrors) {
  const std::string text =
      "x = y\n[rx 580]\nid = 1002:67df\nid = 1002:67df\nbogus = 1\n[q]\nclass = zz\n" +
      std::string("[w]\n") + std::string(1200, 'y') + "\n[e\n[q]\nindex = 1\n";
  Anonymiser anonymiser;
  config::Configuration before, after;
  config::parse_configuration(text, "f", before);
  config::parse_configuration(kept_configuration(text, anonymiser), "f", after);
  ASSERT_EQ(before.refusals.size(), after.refusals.size());
  EXPECT_GT(before.refusals.size(), 5u);
  for (size_t i = 0; i < before.refusals.size(); ++i) {
    EXPECT_EQ(before.refusals[i].where(), after.refusals[i].where());
    EXPECT_EQ(before.refusals[i].why.substr(0, 9), after.refusals[i].why.substr(0, 9));
  }
  EXPECT_EQ(kept_configuration("a\nb\x01 alice", anonymiser), "\n\x01");
}

TEST(KeptLog, OnlyMessagesThatChecksReadAreKept) {
  Anonymiser anonymiser;
  for (const char* line :
       {"pci 0000:01:00.0: [10de:1b81] type 00 class 0x030000 conventional PCI endpoint",
        "DMAR: IOMMU enabled",
        "AMD-Vi: Interrupt remapping enabled",
        "pci 0000:01:00.0: BAR 1 [mem size 0x10000000 64bit pref]: failed to assign",
        "nvidia 0000:01:00.0: BAR 1: assigned [mem 0xc0000000-0xcfffffff]",
        "vfio-pci 0000:01:00.0: Unable to change power state from D3cold to D0, device "
        "inaccessible",
        "vfio-pci 0000:01:00.0: Invalid PCI ROM header signature: expecting 0xaa55, got 0xffff",
        "Warning: PCIe ACS overrides enabled; This may allow non-IOMMU protected peer-to-peer DMA",
        "[Firmware Bug]: AMD-Vi: IOAPIC[33] not in IVRS table",
        "IOAPIC[0]: apic_id 33, version 33, address 0xfec00000, GSI 0-23",
        "DMAR: Host address width 39",
        "DMAR: DRHD base: 0x000000fed90000 flags: 0x0",
        "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap 1c0000c40660462 ecap 19e2ff0505e",
        "DMAR: RMRR base: 0x0000009d800000 end: 0x0000009fffffff",
        "DMAR: [DMA Write NO_PASID] Request device [cb:00.0] fault addr 0xffdff000 [fault reason "
        "0x05] PTE Write access is not set",
        "DMAR: Intel(R) Virtualization Technology for Directed I/O",
        "DMAR-IR: IOAPIC id 2 under DRHD base  0xfed91000 IOMMU 1",
        "DMAR-IR: Queued invalidation will be enabled to support x2apic and Intr-remapping.",
        "AMD-Vi: Extended features (0x206d73ef22254ade, 0x0): PPR X2APIC NX GT IA GA PC GA_vAPIC",
        "pci 0000:00:00.2: AMD-Vi: Found IOMMU cap 0x40",
        "vfio-pci 0000:cb:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0010 "
        "address=0xfffffffdf8140200 flags=0x0070]",
        "iommu: Default domain type: Passthrough (set via kernel command line)",
        "pci 0000:00:02.0: [8086:3e9b] type 00 class 0x030000 PCIe Root Complex Integrated "
        "Endpoint",
        "pcieport 0000:00:01.0: Adding to iommu group 1",
        "vfio-pci 0000:01:00.0: vgaarb: VGA decodes changed: olddecodes=io+mem,decodes=none:owns="
        "none",
        "vfio-pci 0000:01:00.0: not ready 1023ms after FLR; waiting",
        "vfio-verify: live test begins, with DMA that the IOMMU must block: 0000:01:00.0",
        "vfio-verify: live test ended: 0000:01:00.0"})
    EXPECT_EQ(kept_log_line(line, anonymiser), line);
  const Case cases[] = {
      {"nvme 0000:02:00.0: serial S3Z9", "nvme 0000:02:00.0: (left out)"},
      {"vfio-pci: probe of 0000:01:00.0 failed with error -22",
       "vfio-pci: probe of 0000:01:00.0 (left out)"},
      {"[drm] Initialized nvidia-drm 0.0.0 alice for 0000:01:00.0 on minor 0",
       "[drm] Initialized nvidia-drm for 0000:01:00.0 on minor 0"},
      {"audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" profile=\"libvirt-alice\" "
       "name=\"/dev/vfio/4\" pid=1 comm=\"qemu-system-x86\" ouid=0",
       "audit(0): apparmor=\"DENIED\" name=\"/dev/vfio/4\" comm=\"qemu-system-x86\""},
      {"audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" name=\"/home/alice/disk\" comm=\"x\"",
       "(left out)"},
      {"Linux version 6.12 (alice@desk)", "(left out)"},
      {"Command line: root=x", "(left out)"},
      {"vfio-early: alice: 0000:01:00.0 is bound to vfio-pci", "(left out)"},
      {"DMAR: broken\\x0aBIOS vendor: alice", "DMAR: broken\\x0a"},
      {"DMAR: Password is hunter2", "DMAR: (left out)"},
      {"DMAR: IOMMU enabled by alice", "DMAR: (left out)"},
      {"DMAR: serial 5C4D30001AB9FE", "DMAR: (left out)"},
      {"alice: This system BIOS has enabled interrupt remapping",
       "This system BIOS has enabled interrupt remapping"},
      {"pci 0000:01:00.0: [10de:1b81] type 00 class 0x030000 of alice",
       "pci 0000:01:00.0: [10de:1b81] type 00 class 0x030000 (left out)"},
      {"alices_driver 0000:01:00.0: BAR 1: assigned [mem 0xc0000000-0xcfffffff]",
       "driver-1 0000:01:00.0: BAR 1: assigned [mem 0xc0000000-0xcfffffff]"},
  };
  for (const Case& c : cases) EXPECT_EQ(kept_log_line(c.text, anonymiser), c.kept);
}

// A check quotes these lines (verify/check/log_evidence.cc).
TEST(KeptLogLine, LinesThatChecksQuoteAreKept) {
  Anonymiser anonymiser;
  for (const LogSample& sample : kLogSamples) {
    const std::string line = sample.line;
    const size_t board = line.find("BIOS vendor:");
    EXPECT_EQ(kept_log_line(line, anonymiser), line.substr(0, board));
  }
  // Also those of the kernel's workarounds (verify/inspect/isolation/workarounds.cc), and of memory
  // encryption.
  for (const char* line :
       {"pci 0000:00:1c.0: Intel PCH root port ACS workaround enabled",
        "pci 0000:00:1c.0: Failed to enable Intel PCH ACS quirk",
        "pci 0000:03:02.0: Disabling broken ACS SV", "AMD Memory Encryption Features active: SME",
        "iommu: Memory encryption detected - Disabling default IOMMU Passthrough",
        "AMD-Vi: IOMMU SNP support enabled.",
        "DMAR: Intel-IOMMU force enabled due to platform opt in"})
    EXPECT_EQ(kept_log_line(line, anonymiser), line);
}

TEST(KeptSystemFiles, OnlyFieldsThatChecksReadAreKept) {
  Anonymiser anonymiser;
  EXPECT_EQ(
      kept_os_release("ID=debian\nHOME_URL=\"http://alice\"\nPRETTY_NAME=\"Debian\"\n", anonymiser),
      "ID=debian\nPRETTY_NAME=\"Debian\"\n");
  EXPECT_EQ(kept_cpuinfo(
                "vendor_id\t: AMD\nSerial : 1\nflags\t: svm\naddress sizes\t: 48 bits physical\n\n"
                "vendor_id: x\n",
                anonymiser),
            "vendor_id\t: AMD\nflags\t: svm\naddress sizes\t: 48 bits physical\n");
  EXPECT_EQ(
      kept_interrupts(" 24: 0 IR-PCI-MSI-0000:01:00.0 0-edge alice\n 9: 3 IO-APIC 9 acpi\nx\n",
                      anonymiser),
      "IR-PCI-MSI-0000:01:00.0\nIO-APIC\n");
  EXPECT_EQ(
      kept_iomem("c0000000-cfffffff : PCI Bus 0000:01\n  c0000000-c0ffffff : 0000:01:00.0\n"
                 "    c0000000-c0000fff : simpledrm\n  d0-d1 : alice\n  d2-d3 : alice's disk\n",
                 anonymiser),
      "c0000000-cfffffff : (left out)\n  c0000000-c0ffffff : 0000:01:00.0\n"
      "    c0000000-c0000fff : simpledrm\n  d0-d1 : driver-1\n  d2-d3 : (left out)\n");
  EXPECT_EQ(kept_loader(std::string("\6\0\0\0s\0y\0s\0t\0e\0m\0d\0-\0b\0o\0o\0t\0 \0x\0", 30),
                        anonymiser),
            std::string("\6\0\0\0systemd-boot", 16));
}

TEST(KeptFirmware, UnusualImagePathIsReplaced) {
  Anonymiser anonymiser;
  const auto other = kept_firmware(
      R"({"description":"alice","interface-types":["uefi"],
          "mapping":{"executable":{"filename":"/home/alice/x.fd"}},
          "targets":[{"architecture":"x86_64","machines":["pc-q35-*"]}]})",
      anonymiser);
  EXPECT_EQ(other.text.find("alice"), std::string::npos) << other.text;
  EXPECT_EQ(other.kept_image, "/usr/share/firmware-1");
  EXPECT_NE(other.text.find("pc-q35-*"), std::string::npos);
  const auto usual = kept_firmware(
      R"({"mapping":{"executable":{"filename":"/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"}}})",
      anonymiser);
  EXPECT_EQ(usual.kept_image, "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd");
  EXPECT_EQ(kept_firmware("no json", anonymiser).image, "");
}

}  // namespace
}  // namespace verify::capture

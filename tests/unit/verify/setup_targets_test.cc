// SPDX-License-Identifier: GPL-2.0-or-later
//
// `setup --for TARGET` on fake machines, with each form of a card. That the targets' own programs
// accept the snippets is shown by tests/setup-targets.
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/commands.h"
#include "verify/inspect_machine.h"
#include "verify/setup/qemu.h"
#include "verify/setup/setup.h"

namespace verify {
namespace {

class SetupTargets : public testing::Test {
 protected:
  SetupTargets() { tree_.iommu(); }

  void configure(const std::string& lines, const std::string& name = "gaming") {
    tree_.file("/etc/vfio-early.conf", "[" + name + "]\n" + lines + "only-display = allow\n");
  }
  // Functions of one slot, in a group of their own.
  void add_card() {
    tree_.function("0000:01:00.0", "10DE:1B81", "30000", "vfio-pci", "1462:3301");
    tree_.function("0000:01:00.1", "10DE:10F0", "40300", "vfio-pci", "1462:3301");
    tree_.group(14, {"0000:01:00.0", "0000:01:00.1"});
    configure("address = 0000:01:00\nidentity = 10de:1b81 10de:10f0\n");
  }
  void add_one_function() {
    tree_.function("0000:03:00.0", "1002:73BF", "38000", "vfio-pci", "1DA2:E445");
    tree_.group(20, {"0000:03:00.0"});
    configure("address = 0000:03:00.0\nidentity = 1002:73bf\n");
  }
  // The display and audio of a processor, in a slot with functions that stay with the host.
  void add_apu() {
    tree_.function("0000:c5:00.0", "1002:15BF", "30000", "vfio-pci", "1043:1F3F");
    tree_.function("0000:c5:00.1", "1002:1640", "40300", "vfio-pci", "1043:1F3F");
    tree_.function("0000:c5:00.3", "1022:15B9", "C0330", "xhci_hcd");
    tree_.group(16, {"0000:c5:00.0"}).group(17, {"0000:c5:00.1"}).group(18, {"0000:c5:00.3"});
    configure("address = 0000:c5:00\nidentity = 1002:15bf 1002:1640\n");
  }
  void add_card_and_usb() {
    add_card();
    tree_.function("0000:05:00.0", "1912:0015", "C0330", "vfio-pci", "1912:0015");
    tree_.group(21, {"0000:05:00.0"});
    configure("address = 0000:01:00 0000:05:00.0\nidentity = 10de:1b81 10de:10f0 1912:0015\n");
  }
  void add_virtual_function() {
    tree_.function("0000:00:02.0", "8086:46A6", "30000", "i915").group(0, {"0000:00:02.0"});
    tree_.function("0000:00:02.1", "8086:46A6", "30000", "vfio-pci").group(10, {"0000:00:02.1"});
    tree_.link("/sys/bus/pci/devices/0000:00:02.1/physfn", "../0000:00:02.0");
    configure("address = 0000:00:02.1\nidentity = 8086:46a6\n");
  }
  void add_card_of_domain() {
    tree_.function("0001:0a:00.0", "10DE:2330", "30200", "vfio-pci", "10DE:16C1");
    tree_.group(3, {"0001:0a:00.0"});
    configure("address = 0001:0a:00\nidentity = 10de:2330\n");
  }

  std::string setup(const char* target, const std::string& card = "gaming") const {
    const auto configuration = config::read_configuration(tree_.root(), config::kConfigurationFile);
    return setup_text(*inspect(tree_.root(), configuration, {.cards = {card}, .live = false}),
                      configuration, target_named(target));
  }
  void expect(const char* target, const std::string& wanted) const {
    const std::string text = setup(target);
    EXPECT_TRUE(has_text(text, wanted)) << "wanted: " << wanted << "\n" << text;
  }
  // Without the line breaks of its paragraph.
  void expect_sentence(const char* target, const std::string& wanted) const {
    std::string text = setup(target);
    for (size_t at = 0; (at = text.find("\n  ", at)) != text.npos;) text.replace(at, 3, " ");
    EXPECT_TRUE(has_text(text, wanted)) << "wanted: " << wanted << "\n" << text;
  }
  void expect_none(const char* target, const std::string& unwanted) const {
    const std::string text = setup(target);
    EXPECT_FALSE(has_text(text, unwanted)) << "unwanted: " << unwanted << "\n" << text;
  }

  FakeTree tree_;
};

std::string rebind_of(const std::string& address) {
  return "  ---\n  apiVersion: v1alpha1\n  kind: PCIDriverRebindConfig\n  name: \"" + address +
         "\"\n  targetDriver: vfio-pci\n";
}

TEST_F(SetupTargets, EachTargetHasItsGuestAndNoOther) {
  add_card();
  const std::pair<const char*, const char*> guests[] = {
      {"libvirt", "<hostdev"},          {"qemu", "-device vfio-pci"},
      {"proxmox", "qm set VMID"},       {"kubevirt", "permittedHostDevices:"},
      {"talos", "kind: PCIDriver"},     {"incus", "incus config device add"},
      {"nixos", "boot.initrd.prepend"},
  };
  ASSERT_EQ(std::size(guests), targets().size());
  for (const Target& target : targets()) {
    const std::string text = setup(target.name);
    EXPECT_TRUE(has_text(text, "\n  See ")) << text;
    EXPECT_TRUE(has_text(text, target.documentation)) << text;
    for (const auto& [name, guest] : guests) {
      const bool also = (target.name == std::string("talos") && name == std::string("kubevirt")) ||
                        (target.name == std::string("nixos") &&
                         (name == std::string("libvirt") || name == std::string("qemu")));
      EXPECT_EQ(has_text(text, guest), target.name == std::string(name) || also)
          << target.name << " and " << name << "\n"
          << text;
    }
  }
  EXPECT_EQ(target_named(""), nullptr);
  EXPECT_EQ(target_named("xen"), nullptr);
}

TEST_F(SetupTargets, WithoutATargetTheMachineDecides) {
  add_card();
  EXPECT_EQ(setup(""),
            "1. Give the card to a guest of libvirt: add to <devices> (virsh edit DOMAIN)\n\n"
            "  <hostdev mode='subsystem' type='pci' managed='no'>\n"
            "    <source>\n"
            "      <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>\n"
            "    </source>\n"
            "  </hostdev>\n"
            "  <hostdev mode='subsystem' type='pci' managed='no'>\n"
            "    <source>\n"
            "      <address domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>\n"
            "    </source>\n"
            "  </hostdev>\n\n"
            "2. Or add to QEMU's command line, for a q35 machine\n\n"
            "  -device pcie-root-port,id=gpu,chassis=16 \\\n"
            "  -device vfio-pci,host=0000:01:00.0,bus=gpu,addr=0.0,multifunction=on \\\n"
            "  -device vfio-pci,host=0000:01:00.1,bus=gpu,addr=0.1\n");
  tree_.file("/usr/bin/pveversion", "");
  EXPECT_EQ(setup(""),
            "1. Give the card to a VM of Proxmox VE that has the machine type q35\n\n"
            "  qm set VMID -hostpci0 0000:01:00,pcie=1\n");
  expect_none("libvirt", "qm set");
}

TEST_F(SetupTargets, SectionAndImageComeFirst) {
  tree_.function("0000:01:00.0", "10DE:1B81", "30000").group(14, {"0000:01:00.0"});
  tree_.function("0000:00:02.0", "8086:9BC5", "30000", "i915").group(2, {"0000:00:02.0"});
  for (const char* target : {"libvirt", "qemu", "proxmox", "kubevirt", "incus", "nixos"}) {
    const std::string text = setup(target, "0000:01:00");
    EXPECT_TRUE(text.starts_with("1. Add the card to /etc/vfio-early.conf")) << text;
    EXPECT_TRUE(has_text(text, "2. Include it in the initramfs")) << text;
  }
  const std::string talos = setup("talos", "0000:01:00");
  EXPECT_FALSE(has_text(talos, "vfio-early.conf") || has_text(talos, "Include it")) << talos;
  EXPECT_TRUE(has_text(talos, "vfio-early cannot run in Talos' initramfs")) << talos;
}

TEST_F(SetupTargets, FindingsStay) {
  add_card();
  tree_.function("0000:00:02.0", "8086:9BC5", "30000", "i915").group(14, {"0000:00:02.0"});
  for (const Target& target : targets())
    EXPECT_TRUE(has_text(setup(target.name), "Isolate the card")) << target.name;
}

TEST_F(SetupTargets, RefusedCardHasNoGuest) {
  add_card();
  configure("address = 0000:01:00\nidentity = 10de:1b81 10de:ffff\n");
  for (const Target& target : targets())
    EXPECT_FALSE(has_text(setup(target.name), "Give the card")) << target.name;
}

TEST_F(SetupTargets, OneFunction) {
  add_one_function();
  expect("libvirt", "domain='0x0000' bus='0x03' slot='0x00' function='0x0'");
  expect("qemu",
         "\n  -device pcie-root-port,id=gpu,chassis=16 \\\n"
         "  -device vfio-pci,host=0000:03:00.0,bus=gpu,addr=0.0\n");
  expect("proxmox", "\n  qm set VMID -hostpci0 0000:03:00,pcie=1\n");
  expect("kubevirt",
         "      permittedHostDevices:\n"
         "        pciHostDevices:\n"
         "          - pciVendorSelector: \"1002:73BF\"\n"
         "            resourceName: amd.com/pci-1002-73bf\n"
         "            externalResourceProvider: false\n\n");
  expect("kubevirt",
         "gpus:\n          - name: gaming\n            deviceName: amd.com/pci-1002-73bf\n");
  expect_none("kubevirt", "hostDevices:");
  expect_none("kubevirt", "featureGates");
  expect("talos", "- ids=1002:73bf\n" + rebind_of("0000:03:00.0") + "\n");
  expect("incus", "\n  incus config device add VM gaming gpu gputype=physical pci=0000:03:00.0\n");
  expect_none("incus", "Incus also passes");
}

TEST_F(SetupTargets, WholeSlotWithAudio) {
  add_card();
  expect("proxmox", "\n  qm set VMID -hostpci0 0000:01:00,pcie=1\n");
  expect("proxmox",
         "\n  pvesh create /cluster/mapping/pci --id gaming --map \"node=$(hostname -s),"
         "path=0000:01:00,id=10de:1b81,subsystem-id=1462:3301,iommugroup=14\"\n"
         "  qm set VMID -hostpci0 mapping=gaming,pcie=1\n");
  expect("kubevirt", "        featureGates:\n          - HostDevices\n");
  expect(
      "kubevirt",
      "        gpus:\n          - name: gaming\n            deviceName: nvidia.com/pci-10de-1b81\n"
      "        hostDevices:\n          - name: gaming-1\n"
      "            deviceName: nvidia.com/pci-10de-10f0\n");
  expect("talos", "- ids=10de:1b81,10de:10f0\n" + rebind_of("0000:01:00.0") +
                      rebind_of("0000:01:00.1") + "\n");
  // Incus would pass the audio function twice.
  const std::string incus = setup("incus");
  const std::string first = incus.substr(0, incus.find("Incus also passes 0000:01:00.1"));
  EXPECT_TRUE(has_text(first, "gaming gpu gputype=physical pci=0000:01:00.0\n\n")) << incus;
  EXPECT_FALSE(has_text(first, "0000:01:00.1")) << incus;
  EXPECT_TRUE(has_text(incus,
                       "\n  incus config device add VM gaming pci address=0000:01:00.0\n"
                       "  incus config device add VM gaming-1 pci address=0000:01:00.1\n"))
      << incus;
}

// An audio function with a group of its own is not passed with the GPU.
TEST_F(SetupTargets, AudioInAnotherGroup) {
  tree_.function("0000:01:00.0", "1002:73BF", "30000", "vfio-pci").group(14, {"0000:01:00.0"});
  tree_.function("0000:01:00.1", "1002:AB28", "40300", "vfio-pci").group(15, {"0000:01:00.1"});
  configure("address = 0000:01:00\nidentity = 1002:73bf 1002:ab28\n");
  expect("incus",
         "gaming gpu gputype=physical pci=0000:01:00.0\n"
         "  incus config device add VM gaming-1 pci address=0000:01:00.1\n");
  expect_none("incus", "Incus also passes");
}

TEST_F(SetupTargets, FunctionsOfAProcessor) {
  add_apu();
  expect("libvirt", "bus='0xc5' slot='0x00' function='0x1'");
  expect("qemu", "host=0000:c5:00.1,bus=gpu,addr=0.1\n");
  expect("proxmox", "\n  qm set VMID -hostpci0 '0000:c5:00.0;0000:c5:00.1,pcie=1'\n");
  // A mapping has one id, so each function has its own.
  expect("proxmox",
         "--id gaming --map \"node=$(hostname -s),path=0000:c5:00.0,id=1002:15bf,"
         "subsystem-id=1043:1f3f,iommugroup=16\"\n");
  expect("proxmox",
         "--id gaming-1 --map \"node=$(hostname -s),path=0000:c5:00.1,id=1002:1640,"
         "subsystem-id=1043:1f3f,iommugroup=17\"\n"
         "  qm set VMID -hostpci0 mapping=gaming,pcie=1 -hostpci1 mapping=gaming-1,pcie=1\n");
  for (const char* target : {"libvirt", "qemu", "proxmox", "kubevirt", "talos", "incus"}) {
    expect_none(target, "15B9");
    expect_none(target, "c5:00.3,");
    expect_none(target, "address=0000:c5:00.3");
  }
}

// With the GPU, Incus would take the USB controller that stays with the host.
TEST_F(SetupTargets, IncusDoesNotTakeWhatStays) {
  tree_.function("0000:c5:00.0", "1002:15BF", "30000", "vfio-pci");
  tree_.function("0000:c5:00.1", "1002:1640", "40300", "vfio-pci");
  tree_.function("0000:c5:00.3", "1022:15B9", "C0330", "xhci_hcd");
  tree_.group(16, {"0000:c5:00.0", "0000:c5:00.1", "0000:c5:00.3"});
  configure("address = 0000:c5:00\nidentity = 1002:15bf 1002:1640\n");
  expect("incus",
         "gaming pci address=0000:c5:00.0\n"
         "  incus config device add VM gaming-1 pci address=0000:c5:00.1\n");
  expect_none("incus", "gputype");
}

TEST_F(SetupTargets, IntelIgpuHasItsPlace) {
  tree_.function("0000:00:02.0", "8086:3E92", "30000", "vfio-pci").group(2, {"0000:00:02.0"});
  configure("address = 0000:00:02.0\nidentity = 8086:3e92\n");
  expect("libvirt", "<address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>");
  expect("qemu", "vfio-pci,host=0000:00:02.0,bus=pcie.0,addr=02.0,x-igd-opregion=on\n");
  expect("kubevirt", "resourceName: intel.com/pci-8086-3e92\n");
}

TEST_F(SetupTargets, TwoSlots) {
  add_card_and_usb();
  expect("libvirt", "bus='0x05' slot='0x00' function='0x0'");
  expect("qemu",
         "\n  -device pcie-root-port,id=gpu,chassis=16 \\\n"
         "  -device vfio-pci,host=0000:01:00.0,bus=gpu,addr=0.0,multifunction=on \\\n"
         "  -device vfio-pci,host=0000:01:00.1,bus=gpu,addr=0.1 \\\n"
         "  -device pcie-root-port,id=gpu1,chassis=17 \\\n"
         "  -device vfio-pci,host=0000:05:00.0,bus=gpu1,addr=0.0\n");
  expect("proxmox", "\n  qm set VMID -hostpci0 0000:01:00,pcie=1 -hostpci1 0000:05:00,pcie=1\n");
  expect("proxmox", "-hostpci0 mapping=gaming,pcie=1 -hostpci1 mapping=gaming-2,pcie=1\n");
  expect("kubevirt",
         "          - name: gaming-2\n            deviceName: vfio.local/pci-1912-0015\n");
  expect("talos", "- ids=10de:1b81,10de:10f0,1912:0015\n");
  expect("incus",
         "gputype=physical pci=0000:01:00.0\n"
         "  incus config device add VM gaming-2 pci address=0000:05:00.0\n");
}

TEST_F(SetupTargets, VirtualFunction) {
  add_virtual_function();
  expect("libvirt", "bus='0x00' slot='0x02' function='0x1'");
  expect("qemu", "host=0000:00:02.1,bus=gpu,addr=0.0\n");
  expect("proxmox", "\n  qm set VMID -hostpci0 0000:00:02.1,pcie=1\n");
  expect("proxmox", "path=0000:00:02.1,id=8086:46a6,");
  // Incus' gputype=physical does not find it, and gputype=sriov selects one itself.
  expect("incus", "\n  incus config device add VM gaming pci address=0000:00:02.1\n");
  // The physical function has the same id: `ids` would take it from the host.
  expect_none("talos", "ids=");
  expect("talos", "- name: vfio_pci\n" + rebind_of("0000:00:02.1"));
  expect_sentence("kubevirt", "have the same id: 0000:00:02.0. If they are bound");
}

TEST_F(SetupTargets, OtherDomain) {
  add_card_of_domain();
  expect("libvirt", "<address domain='0x0001' bus='0x0a' slot='0x00' function='0x0'/>");
  expect("qemu", "host=0001:0a:00.0,bus=gpu");
  expect("proxmox", "-hostpci0 0001:0a:00,pcie=1\n");
  expect("proxmox", "path=0001:0a:00,id=10de:2330,");
  expect("talos", rebind_of("0001:0a:00.0"));
  expect("incus", "gputype=physical pci=0001:0a:00.0\n");
}

TEST_F(SetupTargets, EqualCardThatStaysIsNamed) {
  add_card();
  tree_.function("0000:02:00.0", "10DE:1B81", "30000", "nouveau").group(15, {"0000:02:00.0"});
  expect_sentence("kubevirt", "It distinguishes equal cards only by their driver.");
  expect_sentence("kubevirt", "have the same id: 0000:02:00.0. If they are bound");
  expect("talos", "- ids=10de:10f0\n");
  tree_.function("0000:03:00.0", "10DE:1B81", "30000", "vfio-pci").group(16, {"0000:03:00.0"});
  expect_sentence("kubevirt", "also bound to vfio-pci: 0000:03:00.0.");
}

TEST_F(SetupTargets, KubevirtOffersOneOfEqualFunctionsInAGroup) {
  tree_.function("0000:01:00.0", "10DE:102D", "30200", "vfio-pci");
  tree_.function("0000:02:00.0", "10DE:102D", "30200", "vfio-pci");
  tree_.group(14, {"0000:01:00.0"}).group(15, {"0000:02:00.0"});
  configure("address = 0000:01:00 0000:02:00\nidentity = 10de:102d 10de:102d\n");
  expect_none("kubevirt", "offers only one of them");
  const std::string text = setup("kubevirt");
  EXPECT_EQ(text.find("pciVendorSelector"), text.rfind("pciVendorSelector")) << text;
  for (const char* address : {"0000:01:00.0", "0000:02:00.0"}) {
    const std::string link = std::string("/sys/bus/pci/devices/") + address + "/iommu_group";
    std::filesystem::remove(tree_.directory() / link.substr(1));
  }
  tree_.group(16, {"0000:01:00.0", "0000:02:00.0"});
  expect_sentence("kubevirt",
                  "0000:01:00.0 and 0000:02:00.0 have the same id and the same IOMMU group");
}

TEST_F(SetupTargets, KubevirtDoesNotOfferAVariantDriver) {
  add_one_function();
  expect_none("kubevirt", "does not offer");
  tree_.function("0000:04:00.0", "15B3:101E", "20000", "mlx5_vfio_pci");
  tree_.group(22, {"0000:04:00.0"});
  configure("address = 0000:04:00.0\nidentity = 15b3:101e\ndriver = auto\n");
  expect_sentence("kubevirt",
                  "0000:04:00.0 is bound to mlx5_vfio_pci, so KubeVirt does not offer it.");
}

TEST_F(SetupTargets, TalosNeedsAParameterOnIntelAlone) {
  add_card();
  std::filesystem::remove_all(tree_.directory() / "sys/class/iommu");
  tree_.file("/proc/cpuinfo", "vendor_id\t: GenuineIntel\n");
  expect("talos", "  machine:\n    install:\n      extraKernelArgs:\n        - intel_iommu=on\n\n");
  expect("talos", "  customization:\n    extraKernelArgs:\n      - intel_iommu=on\n");
  tree_.file("/proc/cpuinfo", "vendor_id\t: AuthenticAMD\n");
  expect_none("talos", "intel_iommu");
}

// The lines of the platform that was asked for, on any machine.
TEST_F(SetupTargets, NixosHasItsLines) {
  add_card();
  tree_.file("/etc/os-release", "ID=debian\n");
  expect("nixos",
         "    boot.initrd.prepend = [ \"${./vfio-early.img}\" ];\n"
         "    boot.kernelParams = [ \"rdinit=/vfio-early\" ];\n");
  expect("nixos", "import packaging/nix/module.nix");
  expect("nixos", "<hostdev");
  expect_none("nixos", "update-initramfs");
  expect_none("libvirt", "boot.initrd");
}

// Of a section: any text; what Kubernetes, Proxmox VE and Incus accept.
TEST(SetupNames, ArePlain) {
  const std::pair<const char*, const char*> names[] = {{"gaming", "gaming"},
                                                       {"Gaming GPU", "gaming-gpu"},
                                                       {"pci-0000:01:00.0", "pci-0000-01-00-0"},
                                                       {"1", "card-1"},
                                                       {"a", "card-a"},
                                                       {"", "card"},
                                                       {"-- rm -rf $(x)", "rm-rf-x"},
                                                       {"a: b # c", "a-b-c"},
                                                       {"ü", "card"}};
  for (const auto& [name, plain] : names) EXPECT_EQ(plain_name(name), plain) << name;
  EXPECT_EQ(plain_name(std::string(39, 'a') + " b"), std::string(39, 'a'));
  EXPECT_EQ(function_name("gaming", 0), "gaming");
  EXPECT_EQ(function_name("gaming", 3), "gaming-3");
}

// A slot of a guest has at most 8 functions.
TEST(SetupQemu, ManyVirtualFunctionsFit) {
  std::vector<host::PciAddress> functions;
  for (uint8_t i = 0; i < 16; ++i) functions.push_back({{0, 3, uint8_t(i / 8)}, uint8_t(i % 8)});
  const std::string arguments = qemu_arguments(functions);
  EXPECT_FALSE(has_text(arguments, "addr=0.8")) << arguments;
  EXPECT_TRUE(has_text(arguments, "host=0000:03:01.7,bus=gpu1,addr=0.7")) << arguments;
}

ParsedOptions parsed(std::vector<const char*> words) {
  words.insert(words.begin(), "vfio-verify");
  return parse_options(commands(), static_cast<int>(words.size()), words.data());
}

TEST(SetupOptions, TargetsAreTheValuesOfFor) {
  for (const Target& target : targets()) {
    const auto options = parsed({"setup", "gaming", "--for", target.name}).options;
    ASSERT_TRUE(options) << target.name;
    EXPECT_EQ(target_named(options->target), &target);
  }
  EXPECT_EQ(parsed({"setup", "gaming"}).options->target, "");
}

TEST(SetupOptions, UnknownTargetListsTheTargets) {
  const auto wrong = parsed({"setup", "gaming", "--for", "xen"}).early_exit;
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->exit_code, kExitUsage);
  EXPECT_TRUE(has_text(wrong->error, "xen")) << wrong->error;
  for (const Target& target : targets())
    EXPECT_TRUE(has_text(wrong->error, target.name)) << wrong->error;
  EXPECT_TRUE(parsed({"setup", "gaming", "--for"}).early_exit);
  EXPECT_TRUE(parsed({"list", "--for", "libvirt"}).early_exit) << "only setup takes it";
}

}  // namespace
}  // namespace verify

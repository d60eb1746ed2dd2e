// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "bench/comparison.h"
#include "bench/domain.h"
#include "bench/expectation.h"
#include "bench/guest/card.h"
#include "bench/guest/renderer.h"
#include "bench/guest_run.h"
#include "bench/own_root.h"
#include "bench/qemu.h"
#include "bench/report.h"
#include "bench/virtio_3d.h"
#include "host/text.h"
#include "tests/unit/fake_tree.h"

namespace {

using bench::CardMode;

constexpr const char* kPair = "0000:01:00=bochs-display";

// A guest's report of a run with `bandwidth` bytes a second of BAR writes, a register read in
// `time` ns, and failed dirty commands.
nlohmann::json guest_report(double bandwidth, double time) {
  return {{"context", {{"driver", "bochs-drm"}}},
          {"benchmarks",
           {{{"name", "BarWrite/uncached/real_time"},
             {"bytes_per_second", bandwidth},
             {"real_time", 5.0},
             {"time_unit", "ns"}},
            {{"name", "RegisterRead/real_time"}, {"real_time", time}, {"time_unit", "ns"}},
            {{"name", "PageFlip/min_time:1.000/real_time"},
             {"items_per_second", 100.0},
             {"iterations", 14},
             {"interrupts", 7.0}},
            {{"name", "GraphicsLoad/iterations:20/real_time"},
             {"items_per_second", 60.0},
             {"label", "a card"},
             {"checksum", 4294967295.0},
             {"red", 10.0 + time / 100}},
            {{"name", "DirtyTile/real_time"},
             {"error_occurred", true},
             {"error_message", "no such thing"},
             {"items_per_second", 1.0}}}}};
}

const bench::Row* row(const std::vector<bench::Row>& rows, const std::string& metric) {
  for (const bench::Row& found : rows)
    if (found.metric->name == metric) return &found;
  return nullptr;
}

class Comparison : public testing::Test {
 protected:
  Comparison() {
    for (const double bandwidth : {100e6, 300e6, 200e6})
      results_.add(kPair, CardMode::kPassedThrough, round_++, guest_report(bandwidth, 50));
    results_.add(kPair, CardMode::kEmulated, 0, guest_report(100e6, 1500));
    // As read back from a file.
    rows_ = bench::compare(*bench::Results::parse(results_.text()));
  }
  int round_ = 0;
  bench::Results results_;
  std::vector<bench::Row> rows_;
};

TEST_F(Comparison, HasMedianAndSpread) {
  const bench::Row* write = row(rows_, "BarWrite/uncached");
  ASSERT_TRUE(write);
  EXPECT_DOUBLE_EQ(write->passed_through->median, 200);  // MB/s
  EXPECT_DOUBLE_EQ(write->passed_through->spread, 0.5);
  EXPECT_DOUBLE_EQ(*write->ratio(), 2);
}

TEST_F(Comparison, RatioOfTimesIsInverted) {
  EXPECT_DOUBLE_EQ(*row(rows_, "RegisterRead")->ratio(), 30);
}

TEST_F(Comparison, OmitsFailedAndUnmeasuredWorkloads) {
  EXPECT_FALSE(row(rows_, "DirtyTile"));
  EXPECT_FALSE(row(rows_, "BarRead/uncached"));
}

TEST_F(Comparison, CountsInterruptsPerOperation) {
  EXPECT_DOUBLE_EQ(*row(rows_, "PageFlip")->passed_through->interrupts, 0.5);
  EXPECT_FALSE(row(rows_, "RegisterRead")->passed_through->interrupts) << "nobody counted them";
  EXPECT_NE(bench::as_markdown(results_).find("0.50 / 0.50"), std::string::npos);
}

TEST_F(Comparison, FailedWorkloadIsReportedWithReason) {
  ASSERT_EQ(bench::failures(results_).size(), 2U) << "once, not once a round";
  EXPECT_EQ(bench::sentence_of(bench::failures(results_).back()),
            "emulated: DirtyTile: no such thing.");
  EXPECT_NE(bench::as_markdown(results_).find("Not measured: emulated: DirtyTile: no such thing."),
            std::string::npos);
}

TEST_F(Comparison, OneSidedWorkloadIsReported) {
  nlohmann::json report = guest_report(1, 2);
  report["benchmarks"].push_back(
      {{"name", "DirtyFrame/real_time"}, {"items_per_second", 3.0}, {"iterations", 1}});
  const auto sentences = [](const bench::Results& results) {
    std::string all;
    for (const auto& missing : bench::incomparable_metrics(results))
      all += bench::sentence_of(missing) + "\n";
    return all;
  };
  bench::Results emulated_only, both = results_;
  emulated_only.add(kPair, CardMode::kEmulated, 0, report);
  EXPECT_EQ(sentences(emulated_only).find("DirtyFrame"), std::string::npos)
      << "nothing to compare with";
  both.add(kPair, CardMode::kEmulated, 1, report);
  EXPECT_NE(sentences(both).find("passed through: DirtyFrame: the guest cannot measure"),
            std::string::npos)
      << sentences(both);
  EXPECT_EQ(bench::failures(both).size(), bench::failures(results_).size()) << "it is no failure";
  both.add(kPair, CardMode::kPassedThrough, 3,
           {{"benchmarks",
             {{{"name", "DirtyFrame"}, {"error_occurred", true}, {"error_message", "why"}}}}});
  EXPECT_EQ(sentences(both).find("cannot measure it"), std::string::npos)
      << "the guest said why itself";
}

TEST_F(Comparison, PicturesAreCompared) {
  const auto drawn = bench::drawings(results_);
  ASSERT_EQ(drawn.size(), 2U);
  EXPECT_EQ(drawn[0].checksum, 0xffffffffU);
  EXPECT_EQ(drawn[0].renderer, "a card");
  EXPECT_EQ(row(rows_, "GraphicsLoad")->emulated->median, 60);
  const auto report = [&](uint32_t checksum, double red) {
    bench::Results results = results_;
    auto last = guest_report(1, 50);
    last["benchmarks"][3]["checksum"] = checksum;
    last["benchmarks"][3]["red"] = red;
    results.add(kPair, CardMode::kPassedThrough, round_, last);
    return bench::as_markdown(results);
  };
  EXPECT_NE(report(0xffffffffU, 25).find("are identical"), std::string::npos);
  EXPECT_NE(report(1, 24.5).find("look the same"), std::string::npos);
  EXPECT_NE(report(1, 99).find("DIFFER"), std::string::npos);
}

TEST(Rounds, FirstOfManyIsDropped) {
  bench::Results results;
  for (int round = 0; round < bench::kRoundsToDropFrom; ++round) {
    results.add(kPair, CardMode::kEmulated, round, guest_report(1, round == 0 ? 900 : 30));
    results.add("b=c", CardMode::kEmulated, 0, guest_report(1, 900));
  }
  const auto rows = bench::compare(results);
  EXPECT_DOUBLE_EQ(row(rows, "RegisterRead")->emulated->spread, 0);
}

TEST_F(Comparison, HasMarkdownAndCsvForms) {
  const std::string table = bench::as_markdown(results_);
  EXPECT_NE(table.find("0000:01:00 against an emulated bochs-display"), std::string::npos) << table;
  EXPECT_NE(table.find("200 MB/s ± 50.0 %"), std::string::npos) << table;
  EXPECT_NE(
      bench::as_csv(rows_).find("\"0000:01:00=bochs-display\",BarWrite/uncached,MB/s,200,0.5,100,"
                                "0,2,,,\n"),
      std::string::npos)
      << bench::as_csv(rows_);
}

TEST_F(Comparison, UnmetExpectationIsAViolation) {
  const auto violations = [&](const char* text) {
    return bench::violations(*bench::Expectation::parse(text), rows_);
  };
  EXPECT_TRUE(violations("RegisterRead=5:").empty());
  EXPECT_TRUE(violations("BarWrite/uncached=1.9:2.1").empty());
  EXPECT_EQ(violations("BarWrite/uncached=0.98:1.02").size(), 1U);
  EXPECT_EQ(violations("RegisterRead=:5").size(), 1U);
  EXPECT_EQ(violations("DirtyTile=1:").size(), 1U) << "nothing was shown";
}

TEST_F(Comparison, ModelExpectationAppliesToItsModelOnly) {
  const auto violations = [&](const char* text) {
    return bench::violations(*bench::Expectation::parse(text), rows_);
  };
  EXPECT_TRUE(violations("bochs-display:RegisterRead=5:").empty());
  EXPECT_EQ(violations("bochs-display:RegisterRead=:5").size(), 1U);
  EXPECT_EQ(violations("secondary-vga:RegisterRead=5:").front(),
            "RegisterRead was not measured in both guests for secondary-vga");
}

TEST_F(Comparison, DifferencesBetweenRunsAreReported) {
  const auto with = [](double bandwidth, const char* pair = kPair) {
    bench::Results results;
    results.add(pair, CardMode::kPassedThrough, 0, guest_report(bandwidth, 50));
    results.add(pair, CardMode::kEmulated, 0, guest_report(100e6, 1500));
    return bench::compare(results);
  };
  EXPECT_TRUE(bench::differences(with(100e6), with(102e6), 3).empty());
  const auto different = bench::differences(with(100e6), with(104e6), 3);
  ASSERT_EQ(different.size(), 1U);
  EXPECT_NE(different.front().find("BarWrite/uncached of 0000:01:00=bochs-display is 1.000"),
            std::string::npos)
      << different.front();
  EXPECT_EQ(bench::differences(with(100e6), with(100e6, "b=c"), 3).size(), with(100e6).size() * 2)
      << "what one of them lacks";
}

TEST_F(Comparison, ReportNamesQemuAndCards) {
  bench::Results results;
  results.note("qemu", "QEMU emulator version 7.2");
  results.note("accelerator", "tcg");
  auto report = guest_report(100e6, 50);
  report["context"] = {{"card", "1234:1111"}, {"driver", ""}, {"beside", "8086:2668 (x)"}};
  report["benchmarks"][2]["msix"] = 7.0;
  results.add(kPair, CardMode::kPassedThrough, 0, report);
  report["context"]["driver"] = "bochs-drm";
  results.add(kPair, CardMode::kEmulated, 0, report);
  const std::string text = bench::as_markdown(*bench::Results::parse(results.text()));
  for (const char* part : {"Measured under QEMU emulator version 7.2, tcg.",
                           "Passed through: 1234:1111 (no driver), with 8086:2668 (x); "
                           "emulated: 1234:1111 (bochs-drm)",
                           "0.50 / 0.50 MSI-X"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(Expectation, InvalidTextIsRejected) {
  for (const char* text :
       {"", "RegisterRead", "RegisterRead=5", "Register=5:", "RegisterRead=x:", "RegisterRead=:",
        "RegisterRead=nan:", "RegisterRead=5:2", ":RegisterRead=5:", "a:b:RegisterRead=5:"})
    EXPECT_FALSE(bench::Expectation::parse(text)) << text;
}

TEST(Results, InvalidJsonIsRejected) {
  for (const char* text : {"", "[]", "{}", R"({"benchmarks": 3})", R"({"benchmarks": [3]})"})
    EXPECT_FALSE(bench::Results::parse(text)) << text;
  // Values of the wrong type are not figures.
  const auto results = bench::Results::parse(
      R"({"benchmarks": [{"pair": 1, "way": [], "workload": {}},
          {"pair": "a=b", "way": "emulated", "workload": "RegisterRead", "real_time": "x"},
          {"pair": "c=d", "way": "emulated", "workload": "RegisterRead", "real_time": 1, "time_unit": 3}]})");
  ASSERT_TRUE(results);
  EXPECT_EQ(bench::compare(*results).size(), 1U) << "a unit that is none is the usual one";
}

constexpr const char* kReport =
    "[ 1.0] a kernel's word\nworkloads: begin\n{\"context\": {\"card\": \"1:2\"}, "
    "\"benchmarks\": [{\"name\": \"A\"}]}\nworkloads: the end\n";

TEST(Reports, AreJoined) {
  const auto two = bench::reports_in(std::string(kReport) + "x\n" + kReport, 2);
  ASSERT_TRUE(two);
  EXPECT_EQ((*two)["benchmarks"].size(), 2U);
  EXPECT_EQ((*two)["context"]["card"], "1:2");
  const auto none = bench::reports_in("workloads: begin\nworkloads: the end\n", 1);
  ASSERT_TRUE(none) << "a card on which it can do nothing";
  EXPECT_TRUE((*none)["benchmarks"].empty());
}

TEST(Reports, IncompleteReportIsRejected) {
  const std::string whole = kReport;
  EXPECT_FALSE(bench::reports_in("", 1));
  EXPECT_FALSE(bench::reports_in(whole, 2)) << "a program did not come to report";
  EXPECT_FALSE(bench::reports_in(whole.substr(0, whole.rfind("workloads")), 1));
  for (const char* text : {"{", "{}", "{\"benchmarks\": 3}"})
    EXPECT_FALSE(
        bench::reports_in(std::string("workloads: begin\n") + text + "\nworkloads: the end\n", 1))
        << text;
}

TEST(Renderer, SoftwareRendererIsRecognised) {
  for (const char* software :
       {"llvmpipe (LLVM 15.0.6, 256 bits)", "softpipe", "swrast", "virgl (LLVMPIPE (LLVM 12))",
        "zink (llvmpipe)", "Google SwiftShader", "Software Rasterizer"})
    EXPECT_TRUE(bench::is_software(software)) << software;
  for (const char* card : {"AMD Radeon RX 6600 (navi23, LLVM 15.0.6, DRM 3.49, 6.1.0)", "NV132",
                           "NVIDIA GeForce GTX 1070/PCIe/SSE2", "Mesa Intel(R) Arc(tm) A380",
                           "virgl (NVIDIA GeForce)"})
    EXPECT_FALSE(bench::is_software(card)) << card;
}

// The names that Mesa 22.3 to 26.2 has for them.
constexpr const char* kVirgl = "virgl (LLVMPIPE (LLVM 15.0.6, 256 bits))";
constexpr const char* kVenus = "Virtio-GPU Venus (llvmpipe (LLVM 19.1.7, 256 bits))";
constexpr const char* kZink =
    "zink Vulkan 1.4(Virtio-GPU Venus (llvmpipe (LLVM 19.1.7, 256 bits)) (MESA_VENUS))";
constexpr const char* kLlvmpipe = "llvmpipe (LLVM 15.0.6, 256 bits)";

TEST(Renderer, MachineThatDrawsIsKnown) {
  using bench::Drawer;
  for (const char* renderer : {kVirgl, kVenus, kZink})
    EXPECT_EQ(bench::drawer_of(renderer), Drawer::kHostProcessor) << renderer;
  for (const char* renderer : {kLlvmpipe, "zink Vulkan 1.4(llvmpipe (LLVM 19.1.7, 256 bits))"})
    EXPECT_EQ(bench::drawer_of(renderer), Drawer::kGuestProcessor) << renderer;
  for (const char* renderer : {"virgl (AMD Radeon RX 6600)", "Virtio-GPU Venus (NVIDIA GeForce)",
                               "AMD Radeon RX 6600 (radeonsi, navi23)"})
    EXPECT_EQ(bench::drawer_of(renderer), Drawer::kCard) << renderer;
}

TEST(Renderer, AnotherRendererIsAMismatch) {
  EXPECT_EQ(bench::mismatch(kVirgl, "virgl"), "");
  EXPECT_EQ(bench::mismatch(kVenus, "venus"), "");
  EXPECT_EQ(bench::mismatch(kZink, "venus"), "");
  EXPECT_EQ(bench::mismatch("AMD Radeon RX 6600 (radeonsi, navi23)", "native"), "");
  EXPECT_EQ(bench::mismatch(kLlvmpipe, "venus"),
            std::string("the renderer is '") + kLlvmpipe +
                "', not venus: Mesa fell back to the guest's processor");
  EXPECT_EQ(bench::mismatch(kVirgl, "venus"),
            std::string("the renderer is '") + kVirgl + "', not venus");
  for (const char* renderer : {kVirgl, kVenus, kZink, kLlvmpipe})
    EXPECT_NE(bench::mismatch(renderer, "native").find("not a native context"), std::string::npos)
        << renderer;
  for (const char* renderer : {kVenus, kZink, kLlvmpipe, "AMD Radeon RX 6600"})
    EXPECT_NE(bench::mismatch(renderer, "virgl"), "") << renderer;
  EXPECT_NE(bench::mismatch(kVirgl, "unknown"), "");
}

TEST(OwnRoot, LoadsEachModuleOnceInOrder) {
  EXPECT_EQ(bench::files_to_load("insmod /m/netfs.ko.xz \nbuiltin virtio_pci\n"
                                 "insmod /m/9p.ko.xz option=1\ninsmod /m/netfs.ko.xz \n"),
            (std::vector<std::string>{"/m/netfs.ko.xz", "/m/9p.ko.xz"}));
}

TEST(OwnRoot, MissingKernelIsReported) {
  const auto own = bench::find_own_root(*host::Root::open(), {.kernel = "", .modules = "/nowhere"});
  ASSERT_FALSE(own);
  EXPECT_NE(own.error().step.find("/nowhere does not contain the modules of a kernel"),
            std::string::npos);
}

TEST(Domain, ListsItsHostPciFunctions) {
  // libvirt 9.0's format, with a USB device, and with an address in the guest, which is not a host
  // address.
  const auto functions = bench::passed_through_functions(R"(<devices>
    <hostdev mode='subsystem' type='usb' managed='yes'>
      <source><address bus='1' device='2'/></source>
    </hostdev>
    <hostdev mode='subsystem' type='pci' managed='no'>
      <driver name='vfio'/>
      <source>
        <address domain='0x0000' bus='0x0a' slot='0x00' function='0x1'/>
      </source>
      <address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
    </hostdev>
    <hostdev mode='subsystem' type='pci'><source></source></hostdev>
  </devices>)");
  ASSERT_EQ(functions.size(), 1U);
  EXPECT_EQ(functions[0].str(), "0000:0a:00.1");
  EXPECT_TRUE(bench::passed_through_functions("<hostdev type='pci'").empty());
}

TEST(PassedThrough, IncludesAllFunctionsOfSlot) {
  FakeTree machine;
  machine.function("0000:01:00.0", "1234:1111", "38000", "vfio-pci")
      .function("0000:01:00.1", "8086:2668", "40300", "vfio-pci")
      .function("0000:02:00.0", "1234:1111", "38000", "bochs-drm");
  const auto card = bench::passed_through(machine.root(), "0000:01:00", false);
  ASSERT_TRUE(card);
  EXPECT_EQ(*card, (host::Command{"-device",
                                  "vfio-pci,host=0000:01:00.0,bus=below,addr=0.0,multifunction=on",
                                  "-device", "vfio-pci,host=0000:01:00.1,bus=below,addr=0.1"}));
  const auto trapped = bench::passed_through(machine.root(), "0000:01:00", true);
  EXPECT_TRUE(trapped->back().ends_with(",x-no-mmap=on"));
  const auto with_rom =
      bench::passed_through(machine.root(), "0000:01:00", false, "romfile=/my card.rom");
  EXPECT_TRUE((*with_rom)[1].ends_with(",multifunction=on,romfile=/my card.rom")) << (*with_rom)[1];
  EXPECT_TRUE(with_rom->back().ends_with("addr=0.1")) << "of the first function alone";
}

TEST(PassedThrough, LostFunctionIsNamed) {
  FakeTree machine;
  const std::string device = "/sys/bus/pci/devices/0000:01:00.";
  machine.function("0000:01:00.0", "1234:1111", "38000", "vfio-pci")
      .function("0000:01:00.1", "8086:2668", "40300", "vfio-pci")
      .file(device + "0/config", "\x34\x12\x11\x11")
      .file(device + "1/config", "\x86\x80\x68\x26");
  EXPECT_EQ(bench::lost_function(machine.root(), "0000:01:00"), "");
  machine.file(device + "1/config", std::string(256, '\xff'));
  EXPECT_EQ(bench::lost_function(machine.root(), "0000:01:00"), "0000:01:00.1");
}

TEST(PassedThrough, IsRefusedOnHostDriver) {
  FakeTree machine;
  machine.function("0000:02:00.0", "1234:1111", "38000", "bochs-drm");
  const auto card = bench::passed_through(machine.root(), "0000:02:00", false);
  ASSERT_FALSE(card);
  const std::string message = host::describe(card.error());
  EXPECT_NE(message.find("0000:02:00.0 is bound to bochs-drm"), std::string::npos) << message;
  EXPECT_NE(message.find("vfio-early claim"), std::string::npos) << message;
  EXPECT_FALSE(bench::passed_through(machine.root(), "0000:03:00", false));
}

TEST(Card, IsTheFirstDisplay) {
  FakeTree machine;
  machine.function("0000:00:02.0", "1AF4:1041", "20000")
      .function("0000:01:00.0", "10DE:1B81", "30000");
  const auto card = bench::find_card(machine.root());
  ASSERT_TRUE(card);
  EXPECT_EQ(card->function.address.str(), "0000:01:00.0");
  EXPECT_FALSE(card->safe_memory) << "nobody knows what its driver keeps in its memory";
  EXPECT_FALSE(bench::find_card(FakeTree().root()));
}

TEST(Card, CountsItsOwnInterrupts) {
  FakeTree machine;
  const std::string device = "/sys/bus/pci/devices/0000:01:00.0";
  machine.function("0000:01:00.0", "1AF4:1050", "38000", "virtio-pci")
      .file(device + "/irq", "10\n")
      .file(device + "/msi_irqs/24", "msix\n")
      .file(device + "/msi_irqs/25", "msix\n")
      .file("/proc/interrupts",
            "           CPU0       CPU1\n"
            "  0:       9999          0  IO-APIC   2-edge      timer\n"
            "  4:        100          0  IO-APIC   4-edge      ttyS0\n"
            " 24:          1          2  PCI-MSIX-0000:01:00.0   0-edge      virtio0-config\n"
            " 25:         40          0  PCI-MSIX-0000:01:00.0   1-edge      virtio0-control\n"
            "NMI:          9          9   Non-maskable interrupts\n");
  const auto counted =
      bench::interrupts_of(machine.root(), *host::PciAddress::parse("0000:01:00.0"));
  EXPECT_EQ(counted.all, 43U);
  EXPECT_EQ(counted.msix, 43U);
  machine.file(device + "/msi_irqs/24", "msi\n");
  EXPECT_EQ(bench::interrupts_of(machine.root(), *host::PciAddress::parse("0000:01:00.0")).msix,
            40U);
}

TEST(Card, ListsOtherFunctionsInSlot) {
  FakeTree machine;
  machine.function("0000:01:00.0", "1234:1111", "30000", "bochs-drm");
  EXPECT_EQ(bench::others_in_slot(machine.root(), *bench::find_card(machine.root())), "");
  machine.function("0000:01:00.1", "8086:2668", "40300")
      .function("0000:02:00.0", "8086:100E", "20000", "e1000");
  EXPECT_EQ(bench::others_in_slot(machine.root(), *bench::find_card(machine.root())),
            "8086:2668 (no driver)");
}

// The boot tests use the same command.
TEST(Qemu, CommandIsWithoutDefaultDevices) {
  host::Command command = bench::qemu_command(
      {.properties = "kernel-irqchip=split", .processor = "-accel tcg -smp 2", .memory = 512});
  bench::add(command, "-device pcie-root-port," + bench::port_properties("below", "pcie.0", 3));
  EXPECT_EQ(host::join(command, " "),
            "qemu-system-x86_64 -nodefaults -machine q35,kernel-irqchip=split -m 512 -accel tcg "
            "-smp 2 -display none -vga none -no-reboot -device "
            "pcie-root-port,id=below,bus=pcie.0,chassis=3,slot=3");
  EXPECT_EQ(bench::qemu_command({.program = "/q"})[3], "q35");
  EXPECT_NE(host::join(bench::qemu_command({.display = "dbus,p2p=on,gl=on"}), " ")
                .find("-display dbus,p2p=on,gl=on -vga none"),
            std::string::npos);
  EXPECT_STREQ(bench::processor_model("kvm"), "host");
  EXPECT_STREQ(bench::processor_model("tcg"), "max,-cx16");
}

TEST(Qemu, HelpIsRead) {
  EXPECT_EQ(bench::properties_in("virtio-gpu-gl-pci options:\n"
                                 "  blob=<bool>            - on/off (default: off)\n"
                                 "  hostmem=<size>         -  (default: 0)\n"),
            (std::set<std::string>{"blob", "hostmem"}));
  EXPECT_TRUE(bench::properties_in("").empty());
  EXPECT_EQ(bench::displays_in("Available display backend types:\nnone\negl-headless\ndbus\n\n"
                               "Some display backends support suboptions, which can be set with\n"
                               "   -display backend,option=value,option=value...\n"),
            (std::set<std::string>{"none", "egl-headless", "dbus"}));
}

// What a QEMU 11 with all modules offers.
const bench::QemuGraphics kAllOfQemu = {
    .properties = {"blob", "hostmem", "venus", "drm_native_context"},
    .displays = {"none", "egl-headless", "dbus"}};
constexpr const char* kNode = "/dev/dri/renderD128";

class Virtio3d : public testing::Test {
 protected:
  Virtio3d() {
    machine_.file("/usr/libexec/virgl_render_server", "")
        .file("/usr/share/vulkan/icd.d/lvp_icd.json", "")
        .file("/usr/share/vulkan/icd.d/virtio_icd.i686.json", "")
        .file("/usr/share/vulkan/icd.d/virtio_icd.x86_64.json", "")
        .file(kNode, "");
  }
  auto prepared(const char* model, const bench::QemuGraphics& qemu = kAllOfQemu,
                const std::string& node = kNode) const {
    return bench::prepare_virtio_3d(machine_.root(), qemu, *bench::virtio_3d(model), node);
  }
  std::string refusal(const char* model, const bench::QemuGraphics& qemu = kAllOfQemu,
                      const std::string& node = kNode) const {
    const auto guest = prepared(model, qemu, node);
    return guest ? "accepted" : host::describe(guest.error());
  }
  void remove(const char* path) {
    ASSERT_TRUE(std::filesystem::remove(machine_.directory() / path));
  }
  FakeTree machine_;
};

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

TEST_F(Virtio3d, ModelsAreNamed) {
  for (const char* name : {"virtio-gpu-gl", "venus", "native"}) EXPECT_TRUE(bench::virtio_3d(name));
  for (const char* name : {"virtio-gpu-pci", "virtio-gpu-gl-pci", "Venus", "", "bochs-display"})
    EXPECT_FALSE(bench::virtio_3d(name)) << name;
  EXPECT_FALSE(bench::virtio_3d("virtio-gpu-gl")->vulkan);
  EXPECT_TRUE(bench::virtio_3d("venus")->vulkan);
}

TEST_F(Virtio3d, CommandLineHasDisplayAndNode) {
  const auto virgl = prepared("virtio-gpu-gl");
  ASSERT_TRUE(virgl);
  EXPECT_EQ(virgl->device, "virtio-gpu-gl-pci");
  EXPECT_EQ(virgl->display, "dbus,p2p=on,gl=on,rendernode=/dev/dri/renderD128");
  EXPECT_EQ(virgl->arguments, "");
  EXPECT_TRUE(virgl->environment.empty());
  EXPECT_EQ(virgl->description, "QEMU's display dbus, render node /dev/dri/renderD128");
  const auto native = prepared("native");
  ASSERT_TRUE(native);
  EXPECT_EQ(native->device, "virtio-gpu-gl-pci,drm_native_context=on,blob=on,hostmem=256M");
  const auto headless =
      prepared("virtio-gpu-gl", {.properties = {"blob"}, .displays = {"none", "egl-headless"}});
  ASSERT_TRUE(headless);
  EXPECT_EQ(headless->display, "egl-headless,rendernode=/dev/dri/renderD128");
}

TEST_F(Virtio3d, VenusIsReachedThroughZink) {
  const auto venus = prepared("venus");
  ASSERT_TRUE(venus);
  EXPECT_EQ(venus->device, "virtio-gpu-gl-pci,venus=on,blob=on,hostmem=256M");
  EXPECT_EQ(venus->arguments,
            "MESA_LOADER_DRIVER_OVERRIDE=zink "
            "VK_DRIVER_FILES=/usr/share/vulkan/icd.d/virtio_icd.x86_64.json");
  const auto software = prepared("venus", kAllOfQemu, "/dev/null");
  ASSERT_TRUE(software);
  EXPECT_TRUE(software->arguments.ends_with(" LIBGL_ALWAYS_SOFTWARE=1")) << software->arguments;
  EXPECT_EQ(software->environment, (std::vector<std::string>{"GBM_ALWAYS_SOFTWARE=1"}));
  EXPECT_EQ(software->display, "dbus,p2p=on,gl=on,rendernode=/dev/null");
  EXPECT_TRUE(has(software->description, "no GPU")) << software->description;
}

TEST_F(Virtio3d, IsRefusedIfQemuCannotEmulateIt) {
  const bench::QemuGraphics none, old = {.properties = {"blob"}, .displays = {"dbus"}};
  for (const char* model : {"virtio-gpu-gl", "venus", "native"})
    EXPECT_TRUE(has(refusal(model, none), "this QEMU has no virtio-gpu-gl-pci; install"))
        << refusal(model, none);
  EXPECT_EQ(refusal("virtio-gpu-gl", old), "accepted");
  EXPECT_EQ(refusal("venus", old),
            "venus cannot be measured: virtio-gpu-gl-pci of this QEMU has no property venus; "
            "QEMU 9.2 has it");
  EXPECT_TRUE(has(refusal("native", old), "no property drm_native_context"));
  EXPECT_TRUE(has(refusal("virtio-gpu-gl", {.properties = {"blob"}, .displays = {"none"}}),
                  "neither the display dbus nor egl-headless"));
}

TEST_F(Virtio3d, NativeContextNeedsAGpu) {
  EXPECT_EQ(refusal("native"), "accepted");
  EXPECT_TRUE(has(refusal("native", kAllOfQemu, "/dev/null"), "it needs a GPU of this machine"));
}

TEST_F(Virtio3d, VenusNeedsServerAndDrivers) {
  remove("usr/libexec/virgl_render_server");
  EXPECT_TRUE(has(refusal("venus"), "virgl_render_server was not found")) << refusal("venus");
  EXPECT_EQ(refusal("virtio-gpu-gl"), "accepted");
  machine_.file("/usr/lib/virgl_render_server", "");
  EXPECT_EQ(refusal("venus"), "accepted");
  remove("usr/share/vulkan/icd.d/lvp_icd.json");
  EXPECT_TRUE(has(refusal("venus"), "this machine has no Vulkan driver; install"));
  machine_.file("/usr/share/vulkan/icd.d/radeon_icd.json", "");
  EXPECT_EQ(refusal("venus"), "accepted");
  EXPECT_TRUE(has(refusal("venus", kAllOfQemu, "/dev/null"), "draws with the processor"))
      << "a driver for a GPU draws nothing without one";
  remove("usr/share/vulkan/icd.d/virtio_icd.x86_64.json");
  EXPECT_TRUE(has(refusal("venus"), "has no Vulkan driver for virtio-gpu"))
      << "that of 32-bit programs is not enough";
}

TEST_F(Virtio3d, RenderNodeIsChosenOrNamed) {
  const auto node = [&](const std::string& named = "") {
    const auto found = bench::find_render_node(machine_.root(), named);
    return found ? *found : host::describe(found.error());
  };
  machine_.file("/dev/dri/card0", "").file("/dev/dri/renderD129", "");
  EXPECT_EQ(node(), kNode);
  machine_.link("/sys/class/drm/renderD128/device/driver", "../../bus/faux/drivers/vgem");
  EXPECT_EQ(node(), "/dev/dri/renderD129") << "vgem draws nothing";
  EXPECT_EQ(node(kNode), kNode);
  EXPECT_EQ(node("/dev/null"), "/dev/null");
  EXPECT_EQ(node("/dev/dri/renderD200"),
            "open the render node /dev/dri/renderD200: No such file or directory");
  remove("dev/dri/renderD129");
  EXPECT_EQ(node(), "/dev/null");
}

TEST_F(Virtio3d, NodeThatCannotBeOpenedIsNoMissingGpu) {
  remove("dev/dri/renderD128");
  std::filesystem::create_directory(machine_.directory() / "dev/dri/renderD128");
  const auto found = bench::find_render_node(machine_.root(), "");
  ASSERT_FALSE(found) << *found;
  EXPECT_TRUE(has(host::describe(found.error()), "open the render node /dev/dri/renderD128"));
}

// A program in the place of QEMU, which writes a complete report to the guest's serial port.
class FakeQemu : public testing::Test {
 protected:
  auto run(const std::string& then, size_t reports = 1) {
    tree_.file("/qemu",
               "#!/bin/sh\nfor word; do case $word in file:*/report) "
               "printf 'workloads: begin\\n{\"benchmarks\": [{\"name\": \"A\"}]}\\n"
               "workloads: the end\\n' >${word#file:};; esac; done\n" +
                   then + "\n");
    const auto program = tree_.directory() / "qemu";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return bench::run_guest({.qemu = program.string(),
                             .reports = reports,
                             .limit = std::chrono::seconds(reports == 1 ? 300 : 2),
                             .end_limit = std::chrono::seconds(1)},
                            {}, tree_.directory().string());
  }
  FakeTree tree_;
};

TEST_F(FakeQemu, IsKilledIfItHangsAfterItsGuest) {
  const auto began = std::chrono::steady_clock::now();
  const auto report = run("sleep 1000");
  ASSERT_TRUE(report) << host::describe(report.error());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(200));
  EXPECT_EQ((*report)["benchmarks"].size(), 1U);
  const std::string remark = (*report)["context"].value(bench::kQemuEnd, "");
  EXPECT_TRUE(has(remark, "QEMU did not end within 1 s after its guest, and was killed")) << remark;
  bench::Results results;
  results.add(kPair, CardMode::kEmulated, 0, *report);
  EXPECT_TRUE(has(bench::as_markdown(results), "Note: emulated: QEMU did not end within 1 s"))
      << bench::as_markdown(results);
}

TEST_F(FakeQemu, IsNotMentionedIfItEnds) {
  const auto report = run("exit 0");
  ASSERT_TRUE(report) << host::describe(report.error());
  EXPECT_FALSE((*report)["context"].contains(bench::kQemuEnd));
}

TEST_F(FakeQemu, ItsGuestIsUnfinishedWithoutAllReports) {
  const auto report = run("sleep 1000", 2);
  ASSERT_FALSE(report);
  EXPECT_TRUE(has(host::describe(report.error()), "1 of 2 programs reported"));
  EXPECT_FALSE(run("exit 3")) << "QEMU failed";
}

// A guest with a graphics load, an error of the Vulkan load or a skipped one.
nlohmann::json drawn(const char* renderer, double checksum) {
  return {{"context", {{"display", "QEMU's display dbus, no GPU"}}},
          {"benchmarks",
           {{{"name", "GraphicsLoad/iterations:5/real_time"},
             {"items_per_second", 60.0},
             {"label", renderer},
             {"checksum", checksum}},
            {{"name", "VulkanLoad/iterations:5/real_time"},
             {"skipped", true},
             {"skip_message", "no driver"}}}}};
}

class Models : public testing::Test {
 protected:
  Models() {
    results_.add("a=virtio-gpu-gl", CardMode::kEmulated, 0, drawn(kVirgl, 1));
    results_.add("a=venus", CardMode::kEmulated, 0, drawn(kZink, 1));
    results_.add("a=bochs-display", CardMode::kEmulated, 0, drawn(kLlvmpipe, 2));
  }
  bench::Results results_;
};

TEST_F(Models, TableSaysWhichProcessorDrew) {
  const std::string text = bench::as_markdown(results_);
  EXPECT_TRUE(has(text, "60 1/s (host's processor)")) << text;
  EXPECT_TRUE(has(text, "60 1/s (guest's processor)")) << text;
  EXPECT_TRUE(has(text, std::string("drawn by ") + kZink + ", which is the host's processor"));
  EXPECT_TRUE(has(text, std::string("drawn by ") + kLlvmpipe + ", which is the guest's processor"));
  EXPECT_TRUE(has(text, "Note: emulated: QEMU's display dbus, no GPU."));
  results_.add("a=virtio-gpu-gl", CardMode::kPassedThrough, 0, drawn("AMD Radeon", 1));
  EXPECT_TRUE(has(bench::as_markdown(results_), "60 1/s |")) << bench::as_markdown(results_);
  EXPECT_TRUE(has(bench::as_gnuplot(bench::compare(results_), "p.svg"), "(a processor draws)"));
}

TEST_F(Models, PicturesOfModelsAreCompared) {
  const std::string text = bench::as_markdown(results_);
  EXPECT_TRUE(has(text, "the pictures of virtio-gpu-gl and venus are identical.")) << text;
  EXPECT_TRUE(has(text, "the pictures of virtio-gpu-gl and bochs-display look the same")) << text;
  const auto drawings = bench::drawings(results_);
  EXPECT_TRUE(bench::different_pictures({"virtio-gpu-gl", "venus"}, drawings).empty());
  EXPECT_TRUE(bench::different_pictures({}, drawings).empty());
  const auto differ = bench::different_pictures({"virtio-gpu-gl", "bochs-display"}, drawings);
  ASSERT_EQ(differ.size(), 1U);
  EXPECT_TRUE(has(differ[0], "the picture of GraphicsLoad differs: checksum 00000001 of"))
      << differ[0];
  EXPECT_TRUE(has(differ[0], "00000002 of bochs-display, drawn by llvmpipe")) << differ[0];
  EXPECT_EQ(bench::different_pictures({"virtio-gpu-gl", "native"}, drawings),
            (std::vector<std::string>{"the graphics load was not measured for native"}));
}

TEST_F(Models, PicturesOfEachLoadAreCompared) {
  nlohmann::json both = drawn("AMD Radeon", 1);
  both["benchmarks"][1] = {{"name", "VulkanLoad/real_time"}, {"label", "RADV"}, {"checksum", 7.0}};
  results_.add("a=venus", CardMode::kPassedThrough, 0, both);
  both["benchmarks"][1]["checksum"] = 8.0;
  both["benchmarks"][1]["red"] = 99.0;
  results_.add("a=venus", CardMode::kEmulated, 1, both);
  const std::string text = bench::as_markdown(results_);
  EXPECT_TRUE(has(text,
                  "Graphics load, emulated: drawn by AMD Radeon, checksum 00000001.\n"
                  "The two pictures are identical."))
      << text;
  EXPECT_TRUE(has(text,
                  "Vulkan load, emulated: drawn by RADV, checksum 00000008.\n"
                  "The two pictures DIFFER"))
      << text;
}

TEST_F(Models, SkippedWorkloadIsNoFailure) {
  EXPECT_TRUE(bench::failures(results_).empty());
  const auto skipped = bench::skipped_workloads(results_);
  ASSERT_EQ(skipped.size(), 3U);
  EXPECT_EQ(bench::sentence_of(skipped[0]), "emulated: VulkanLoad: no driver.");
  EXPECT_TRUE(has(bench::as_markdown(results_), "Skipped: emulated: VulkanLoad: no driver."));
  nlohmann::json measured = drawn("AMD Radeon", 1);
  measured["benchmarks"][1] = {{"name", "VulkanLoad/real_time"}, {"items_per_second", 9.0}};
  results_.add("a=venus", CardMode::kPassedThrough, 0, measured);
  EXPECT_TRUE(bench::incomparable_metrics(results_).empty()) << "the reason is known";
}

}  // namespace

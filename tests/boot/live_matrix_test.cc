// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify --live over every IOMMU that QEMU has.
#include <iostream>

#include "tests/boot/live_fixture.h"
#include "tests/lab/images.h"

namespace {

using lab::Kind;
using lab::kLiveCheckIds;
using lab::LiveTest;

// Every kind of device behind every kind of IOMMU, through both interfaces if the kernel has them.
// Checks what passes, and the message if the kernel refuses. Prints "measured: live …" for each
// cell. --force: on the root bus there is no bridge that could reset a device.
class LiveMatrix : public LiveTest {
 protected:
  struct TestedDevice {
    const char* name;      // of the section, and in the output
    const char* function;  // on the root bus: see lab::Upstream::kRootBus
  };
  static constexpr TestedDevice kTestedDevices[] = {{"hda", "0000:00:11.1"},
                                                    {"xhci", "0000:00:12.0"},
                                                    {"nvme", "0000:00:13.0"},
                                                    {"edu", "0000:00:14.0"},
                                                    {"gpu", "0000:00:15.0"}};

  static std::vector<std::string> backends() {
    if (kernel().starts_with("test-")) return {"type1", "iommufd"};
    return {"type1"};  // see LiveWithoutIommufd for iommufd
  }

  static lab::Boot boot_with_devices(lab::Iommu iommu,
                                     const std::vector<lab::Question>& questions) {
    std::vector<lab::Card> cards;
    for (const Kind kind : {Kind::kGraphics, Kind::kUsb, Kind::kNvme, Kind::kEdu, Kind::kVirtioGpu})
      cards.push_back({.upstream = lab::Upstream::kRootBus, .kind = kind});
    return lab::boot({.kernel = kernel(), .iommu = iommu, .cards = cards},
                     {.configuration = "[hda]\naddress = 0000:00:11\nonly-display = allow\n"
                                       "[xhci]\naddress = 0000:00:12.0\n"
                                       "[nvme]\naddress = 0000:00:13.0\n"
                                       "[edu]\naddress = 0000:00:14.0\n"
                                       "[gpu]\naddress = 0000:00:15.0\nonly-display = allow\n"
                                       "unbind = display\n",
                      .systemd = false},
                     questions);
  }

  static std::vector<lab::Question> questions_per_backend() {
    std::vector<lab::Question> questions;
    for (const std::string& backend : backends())
      questions.push_back(
          {backend, "vfio-verify --live --force --format json --backend " + backend});
    return questions;
  }

  // The user allows unsafe interrupts in both interfaces.
  static lab::Question allow_unsafe_interrupts(const char* module) {
    return {"unsafe", std::string("sh -c 'echo 1 > /sys/module/") + module +
                          "/parameters/allow_unsafe_interrupts'"};
  }

  static void expect_device(const lab::Boot& seen, const std::string& question,
                            const TestedDevice& device, const char* iommu, const char* interrupts) {
    int passed = 0;
    std::string others;
    for (const char* id : kLiveCheckIds) {
      const std::string status = finding_value(seen, question, "status", id, device.function);
      const std::string evidence = finding_value(seen, question, "evidence", id, device.function);
      const bool needs_wide = needs_wide_addresses(id) && device.name == std::string("edu");
      const bool irq = id == std::string("irq.delivered");
      EXPECT_TRUE(status == (irq ? interrupts : "pass") || (needs_wide && status == "skip"))
          << iommu << " " << question << " " << device.name << " " << id << ": " << status << " "
          << evidence;
      if (irq) {
        EXPECT_EQ(contains(evidence, "IR-"), interrupts == std::string("pass")) << evidence;
      }
      passed += status == "pass";
      if (status != "pass" || irq)
        others += "; " + std::string(id) + " " + status + ": " + evidence;
    }
    std::cout << "measured: live " << device.name << ", " << question << ", " << kernel() << ", "
              << iommu << ": " << passed << " of " << std::size(kLiveCheckIds) << " pass" << others
              << "\n";
  }

  static void expect_all_devices(const lab::Boot& seen, const char* iommu, const char* interrupts) {
    for (const std::string& backend : backends())
      for (const TestedDevice& device : kTestedDevices)
        expect_device(seen, backend, device, iommu, interrupts);
  }

  void test_with_remapping(lab::Iommu iommu, const char* name) {
    const lab::Boot seen = boot_with_devices(iommu, questions_per_backend());
    expect_all_devices(seen, name, "pass");
    for (const std::string& backend : backends())
      EXPECT_EQ(finding_value(seen, backend, "status", "irq.remapping", "host"), "pass");
  }

  // First the kernel refuses; then the user allows unsafe interrupts.
  void test_without_remapping(lab::Iommu iommu, const char* name) {
    std::vector<lab::Question> questions = {{"refused", "vfio-verify --live --force --format json"},
                                            allow_unsafe_interrupts("vfio_iommu_type1")};
    if (backends().size() > 1) {
      questions.push_back(
          {"half", "vfio-verify --live --force --format json --backend iommufd xhci"});
      questions.push_back(allow_unsafe_interrupts("iommufd"));
    }
    for (const lab::Question& question : questions_per_backend()) questions.push_back(question);
    const lab::Boot seen = boot_with_devices(iommu, questions);
    expect_refusal(seen, iommu, name);
    if (backends().size() > 1) {
      EXPECT_EQ(finding_value(seen, "half", "status", "dma.read", "0000:00:12.0"), "fail");
      EXPECT_TRUE(contains(finding_value(seen, "half", "evidence", "dma.read", "0000:00:12.0"),
                           "interrupts are not remapped"))
          << finding_value(seen, "half", "evidence", "dma.read", "0000:00:12.0");
    }
    expect_all_devices(seen, name, "warn");
    for (const std::string& backend : backends()) {
      EXPECT_EQ(seen.answer(backend).exit, 1) << "what is delivered is not safe";
      EXPECT_EQ(finding_value(seen, backend, "status", "irq.remapping", "host"), "fail");
      EXPECT_TRUE(contains(finding_value(seen, backend, "evidence", "irq.remapping", "host"),
                           "allow_unsafe_interrupts=Y"));
    }
  }

  static void expect_refusal(const lab::Boot& seen, lab::Iommu iommu, const char* name) {
    EXPECT_EQ(seen.answer("refused").exit, 1);
    EXPECT_EQ(finding_value(seen, "refused", "status", "irq.remapping", "host"), "fail");
    const std::string why = finding_value(seen, "refused", "evidence", "irq.remapping", "host");
    const bool none = iommu == lab::Iommu::kVirtio;
    EXPECT_TRUE(
        contains(why, none ? "does not remap interrupts" : "interrupt remapping is disabled"))
        << why;
    const std::string remedy = finding_value(seen, "refused", "remedy", "irq.remapping", "host");
    const bool amd = iommu == lab::Iommu::kAmd || iommu == lab::Iommu::kAmdWithoutRemapping;
    const char* expected = none || amd ? "an IOMMU that remaps" : "firmware setup";
    EXPECT_TRUE(contains(remedy, expected)) << remedy;
    for (const TestedDevice& device : kTestedDevices)
      for (const char* id : kLiveCheckIds) {
        const std::string evidence =
            finding_value(seen, "refused", "evidence", id, device.function);
        EXPECT_EQ(finding_value(seen, "refused", "status", id, device.function), "skip")
            << evidence;
        EXPECT_TRUE(contains(evidence, "see iommu.attach")) << evidence;
      }
    std::cout << "measured: live all, " << kernel() << ", " << name << ": refused: " << why << "\n";
  }
};

TEST_P(LiveMatrix, PassesOnIntel) {
  test_with_remapping(lab::Iommu::kIntel, "Intel");
}
TEST_P(LiveMatrix, PassesOnIntelScalable) {
  test_with_remapping(lab::Iommu::kIntelScalable, "Intel in scalable mode");
}
TEST_P(LiveMatrix, PassesOnIntelX2apic) {
  test_with_remapping(lab::Iommu::kIntelX2apic, "Intel in x2APIC mode");
}
TEST_P(LiveMatrix, DependsOnRemappingOnAmd) {
  if (lab::amd_remaps_interrupts(kernel())) return test_with_remapping(lab::Iommu::kAmd, "AMD");
  test_without_remapping(lab::Iommu::kAmd, "AMD without remapping by the kernel");
}
// QEMU 7.2's amd-iommu stops all DMA of a device behind a port. With every version of QEMU, the
// findings must not contradict each other.
TEST_P(LiveMatrix, IsConsistentOnAmdBehindPort) {
  const char* audio = "0000:01:00.1";
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .iommu = lab::Iommu::kAmd, .cards = {{}}},
                {.configuration = "[card]\naddress = 0000:01:00\nonly-display = allow\n"},
                {{"live", "vfio-verify --live --force --format json"}});
  const std::string read = finding_value(seen, "live", "status", "dma.read", audio);
  std::cout << "measured: live behind a port, " << kernel() << ", AMD: dma.read " << read << ": "
            << finding_value(seen, "live", "evidence", "dma.read", audio) << "\n";
  for (const char* id : kLiveCheckIds) {
    const std::string status = finding_value(seen, "live", "status", id, audio);
    const std::string evidence = finding_value(seen, "live", "evidence", id, audio);
    EXPECT_FALSE(contains(evidence, "answered at first, but not after")) << id << ": " << evidence;
    if (read == "fail") {
      EXPECT_TRUE(contains(evidence, "not answer") || contains(evidence, "0 of 4 answers"))
          << id << " " << status << ": " << evidence;
    }
  }
}

TEST_P(LiveMatrix, IsRefusedOnIntelWithoutRemapping) {
  test_without_remapping(lab::Iommu::kIntelWithoutRemapping, "Intel without remapping");
}
TEST_P(LiveMatrix, IsRefusedOnAmdWithoutRemapping) {
  test_without_remapping(lab::Iommu::kAmdWithoutRemapping, "AMD without remapping");
}

LONG_ON_STOCK_KERNELS(LiveMatrix, "test-6.12", "test-sid");

// virtio-iommu remaps no interrupts. Debian's 6.1 has no driver for it, and that of 6.12 is a
// module.
class LiveVirtioIommu : public LiveMatrix {};

TEST_P(LiveVirtioIommu, IsRefusedUnlessUnsafeIsAllowed) {
  test_without_remapping(lab::Iommu::kVirtio, "virtio");
}

LONG_ON_KERNELS(LiveVirtioIommu, "test-6.12", "test-sid");

}  // namespace

// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify --live over every IOMMU that QEMU has.
#include <iostream>

#include "tests/boot/images.h"
#include "tests/boot/live_story.h"

namespace {

using lab::Kind;
using lab::kLiveIds;
using lab::Live;

// Every kind of device behind every kind of IOMMU, through both interfaces if the kernel has them.
// Checks what passes, and the message if the kernel refuses. Prints "measured: live …" for each
// cell. --force: on the root bus there is no bridge that could reset a device.
class LiveMatrix : public Live {
 protected:
  struct Cell {
    const char* name;      // of the section, and in the output
    const char* function;  // on the root bus: see lab::Place::kRootBus
  };
  static constexpr Cell kCells[] = {{"hda", "0000:00:11.1"},
                                    {"xhci", "0000:00:12.0"},
                                    {"nvme", "0000:00:13.0"},
                                    {"edu", "0000:00:14.0"},
                                    {"gpu", "0000:00:15.0"}};

  static std::vector<std::string> backends() {
    if (kernel().starts_with("test-")) return {"type1", "iommufd"};
    return {"type1"};  // see LiveWithoutIommufd for iommufd
  }

  static lab::Boot ask(lab::Iommu iommu, const std::vector<lab::Question>& questions) {
    std::vector<lab::Card> cards;
    for (const Kind kind : {Kind::kGraphics, Kind::kUsb, Kind::kNvme, Kind::kEdu, Kind::kVirtioGpu})
      cards.push_back({.place = lab::Place::kRootBus, .kind = kind});
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

  static std::vector<lab::Question> of_each_backend() {
    std::vector<lab::Question> questions;
    for (const std::string& backend : backends())
      questions.push_back(
          {backend, "vfio-verify --live --force --format json --backend " + backend});
    return questions;
  }

  // The user allows unsafe interrupts in both interfaces.
  static lab::Question unsafe(const char* module) {
    return {"unsafe", std::string("sh -c 'echo 1 > /sys/module/") + module +
                          "/parameters/allow_unsafe_interrupts'"};
  }

  static void expect_cell(const lab::Boot& seen, const std::string& question, const Cell& cell,
                          const char* iommu, const char* interrupts) {
    int passed = 0;
    std::string others;
    for (const char* id : kLiveIds) {
      const std::string status = said(seen, question, "status", id, cell.function);
      const std::string evidence = said(seen, question, "evidence", id, cell.function);
      const bool far = is_far(id) && cell.name == std::string("edu");
      const bool irq = id == std::string("irq.delivered");
      EXPECT_TRUE(status == (irq ? interrupts : "pass") || (far && status == "skip"))
          << iommu << " " << question << " " << cell.name << " " << id << ": " << status << " "
          << evidence;
      if (irq) {
        EXPECT_EQ(contains(evidence, "IR-"), interrupts == std::string("pass")) << evidence;
      }
      passed += status == "pass";
      if (status != "pass" || irq)
        others += "; " + std::string(id) + " " + status + ": " + evidence;
    }
    std::cout << "measured: live " << cell.name << ", " << question << ", " << kernel() << ", "
              << iommu << ": " << passed << " of " << std::size(kLiveIds) << " pass" << others
              << "\n";
  }

  static void expect_all(const lab::Boot& seen, const char* iommu, const char* interrupts) {
    for (const std::string& backend : backends())
      for (const Cell& cell : kCells) expect_cell(seen, backend, cell, iommu, interrupts);
  }

  void tell_safe(lab::Iommu iommu, const char* name) {
    const lab::Boot seen = ask(iommu, of_each_backend());
    expect_all(seen, name, "pass");
    for (const std::string& backend : backends())
      EXPECT_EQ(said(seen, backend, "status", "irq.remapping", "host"), "pass");
  }

  // First the kernel refuses; then the user allows unsafe interrupts.
  void tell_without_remapping(lab::Iommu iommu, const char* name) {
    std::vector<lab::Question> questions = {{"refused", "vfio-verify --live --force --format json"},
                                            unsafe("vfio_iommu_type1")};
    if (backends().size() > 1) {
      questions.push_back(
          {"half", "vfio-verify --live --force --format json --backend iommufd xhci"});
      questions.push_back(unsafe("iommufd"));
    }
    for (const lab::Question& question : of_each_backend()) questions.push_back(question);
    const lab::Boot seen = ask(iommu, questions);
    expect_refusal(seen, iommu, name);
    if (backends().size() > 1) {
      EXPECT_EQ(said(seen, "half", "status", "dma.read", "0000:00:12.0"), "fail");
      EXPECT_TRUE(contains(said(seen, "half", "evidence", "dma.read", "0000:00:12.0"),
                           "interrupts are not remapped"))
          << said(seen, "half", "evidence", "dma.read", "0000:00:12.0");
    }
    expect_all(seen, name, "warn");
    for (const std::string& backend : backends()) {
      EXPECT_EQ(seen.answer(backend).exit, 1) << "what is delivered is not safe";
      EXPECT_EQ(said(seen, backend, "status", "irq.remapping", "host"), "fail");
      EXPECT_TRUE(contains(said(seen, backend, "evidence", "irq.remapping", "host"),
                           "allow_unsafe_interrupts=Y"));
    }
  }

  static void expect_refusal(const lab::Boot& seen, lab::Iommu iommu, const char* name) {
    EXPECT_EQ(seen.answer("refused").exit, 1);
    EXPECT_EQ(said(seen, "refused", "status", "irq.remapping", "host"), "fail");
    const std::string why = said(seen, "refused", "evidence", "irq.remapping", "host");
    const bool none = iommu == lab::Iommu::kVirtio;
    EXPECT_TRUE(
        contains(why, none ? "does not remap interrupts" : "interrupt remapping is disabled"))
        << why;
    const std::string remedy = said(seen, "refused", "remedy", "irq.remapping", "host");
    const bool amd = iommu == lab::Iommu::kAmd || iommu == lab::Iommu::kAmdWithoutRemapping;
    const char* expected = none || amd ? "an IOMMU that remaps" : "firmware setup";
    EXPECT_TRUE(contains(remedy, expected)) << remedy;
    for (const Cell& cell : kCells)
      for (const char* id : kLiveIds) {
        const std::string evidence = said(seen, "refused", "evidence", id, cell.function);
        EXPECT_EQ(said(seen, "refused", "status", id, cell.function), "skip") << evidence;
        EXPECT_TRUE(contains(evidence, "see iommu.attach")) << evidence;
      }
    std::cout << "measured: live all, " << kernel() << ", " << name << ": refused: " << why << "\n";
  }
};

TEST_P(LiveMatrix, Intel) {
  tell_safe(lab::Iommu::kIntel, "Intel");
}
TEST_P(LiveMatrix, IntelScalable) {
  tell_safe(lab::Iommu::kIntelScalable, "Intel in scalable mode");
}
TEST_P(LiveMatrix, IntelX2apic) {
  tell_safe(lab::Iommu::kIntelX2apic, "Intel in x2APIC mode");
}
TEST_P(LiveMatrix, Amd) {
  if (lab::remaps_interrupts_of_amd(kernel())) return tell_safe(lab::Iommu::kAmd, "AMD");
  tell_without_remapping(lab::Iommu::kAmd, "AMD without remapping by the kernel");
}
// QEMU 7.2's amd-iommu stops all DMA of a device behind a port. With every version of QEMU, the
// findings must not contradict each other.
TEST_P(LiveMatrix, AmdBehindAPort) {
  const char* audio = "0000:01:00.1";
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .iommu = lab::Iommu::kAmd, .cards = {{}}},
                {.configuration = "[card]\naddress = 0000:01:00\nonly-display = allow\n"},
                {{"live", "vfio-verify --live --force --format json"}});
  const std::string read = said(seen, "live", "status", "dma.read", audio);
  std::cout << "measured: live behind a port, " << kernel() << ", AMD: dma.read " << read << ": "
            << said(seen, "live", "evidence", "dma.read", audio) << "\n";
  for (const char* id : kLiveIds) {
    const std::string status = said(seen, "live", "status", id, audio);
    const std::string evidence = said(seen, "live", "evidence", id, audio);
    EXPECT_FALSE(contains(evidence, "answered at first, but not after")) << id << ": " << evidence;
    if (read == "fail") {
      EXPECT_TRUE(contains(evidence, "not answer") || contains(evidence, "0 of 4 answers"))
          << id << " " << status << ": " << evidence;
    }
  }
}

TEST_P(LiveMatrix, IntelWithoutRemapping) {
  tell_without_remapping(lab::Iommu::kIntelWithoutRemapping, "Intel without remapping");
}
TEST_P(LiveMatrix, AmdWithoutRemapping) {
  tell_without_remapping(lab::Iommu::kAmdWithoutRemapping, "AMD without remapping");
}

LONG_ON_STOCK_KERNELS(LiveMatrix, "test-6.12", "test-sid");

// virtio-iommu remaps no interrupts. Debian's 6.1 has no driver for it, and that of 6.12 is a
// module.
class LiveVirtioIommu : public LiveMatrix {};

TEST_P(LiveVirtioIommu, IsRefusedUntilTheOwnerInsists) {
  tell_without_remapping(lab::Iommu::kVirtio, "virtio");
}

LONG_ON_KERNELS(LiveVirtioIommu, "test-6.12", "test-sid");

}  // namespace

// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify --live: every kind of device with a probe does DMA and interrupts, through both of
// the kernel's interfaces. If something is broken on purpose, the checks find it.
#include <iostream>
#include <sstream>

#include "tests/boot/live_story.h"

namespace {

using lab::Kind;
using lab::kLiveIds;
using lab::Live;

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

// Negative tests for everything that a healthy machine passes: on the same device, in the same
// guest.
class LiveTwin : public Live {
 protected:
  // The status of an id in the output of live_twin.
  static std::string status(const lab::Boot& seen, const std::string& twin, const std::string& id) {
    std::istringstream lines(seen.answer(twin).out);
    for (std::string line, word, status; std::getline(lines, line);)
      if (std::istringstream words(line); words >> word >> status && word == id) return status;
    return "none:\n" + seen.answer(twin).out;
  }
};

TEST_P(LiveTwin, WhatIsBrokenIsFound) {
  std::vector<lab::Question> questions;
  for (const char* twin : {"nothing", "left-mapped", "unmap-refused", "writable", "identity",
                           "untranslated", "old-page", "wedged", "deaf"}) {
    questions.push_back({twin, std::string("live_twin 0000:01:00.1 ") + twin});
    questions.push_back(
        {std::string("usb-") + twin, std::string("live_twin 0000:01:00.2 ") + twin});
  }
  const lab::Boot seen = lab::boot({.kernel = kernel(), .cards = {{.kind = Kind::kWithUsb}, {}}},
                                   {.configuration = kGaming, .systemd = false}, questions);
  for (const std::string device : {"", "usb-"}) {
    const auto of = [&](const char* twin, const char* id) {
      return status(seen, device + twin, id);
    };
    for (const char* id : kLiveIds) EXPECT_EQ(of("nothing", id), "pass") << device << id;
    EXPECT_EQ(of("left-mapped", "dma.blocked.unmapped"), "fail") << device;
    EXPECT_EQ(of("left-mapped", "dma.blocked.revoked"), "fail") << device;
    EXPECT_EQ(of("writable", "dma.blocked.readonly"), "fail") << device;
    EXPECT_EQ(of("writable", "dma.blocked.unmapped"), "pass") << device;
    EXPECT_EQ(of("identity", "dma.blocked.physical"), "fail") << device;
    EXPECT_EQ(of("untranslated", "dma.blocked.physical"), "fail") << device << "rehearsed";
    EXPECT_EQ(of("untranslated", "dma.write"), "skip") << device << "asked nothing more";
    EXPECT_EQ(of("old-page", "dma.remapped"), "fail") << device;
    for (const char* id : {"dma.blocked.unmapped", "dma.blocked.physical", "dma.blocked.readonly",
                           "dma.blocked.revoked", "dma.remapped"})
      EXPECT_EQ(of("wedged", id), "unknown") << device << id;
    for (const char* id :
         {"dma.blocked.unmapped", "dma.blocked.readonly", "dma.blocked.revoked", "dma.remapped"})
      EXPECT_EQ(of("unmap-refused", id), "unknown") << device << id;
    EXPECT_EQ(of("unmap-refused", "dma.write"), "pass") << device;
    EXPECT_EQ(of("wedged", "dma.read"), "pass") << device << "before it was wedged";
    EXPECT_EQ(of("deaf", "irq.delivered"), "fail") << device;
    EXPECT_EQ(of("deaf", "dma.write"), "pass") << device;
  }
}

ON_KERNELS(LiveTwin, "6.12");

// Kinds that are not part of a graphics card, and a USB controller with a stick in a port, whose
// event and interrupt must not be taken for an answer. The pauses are needed because the kernel
// rate-limits its log.
class LiveKinds : public Live {};

TEST_P(LiveKinds, EachDoesDmaAndInterrupts) {
  const std::string usb = "0000:01:00.0", nvme = "0000:02:00.0", edu = "0000:03:00.0",
                    gpu = "0000:04:00.0", past = "0000:05:00.0";
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(),
       .cards = {{.kind = Kind::kUsbStorage},
                 {.kind = Kind::kNvme},
                 {.kind = Kind::kEdu},
                 {.kind = Kind::kVirtioGpu},
                 {.kind = Kind::kPastIommu},
                 {}}},
      {.configuration = "[usb]\naddress = " + usb + "\n[nvme]\naddress = " + nvme +
                        "\n[edu]\naddress = " + edu + "\n[gpu]\nunbind = display\naddress = " +
                        gpu + "\n[past]\nunbind = display\naddress = " + past + "\n",
       .systemd = false},
      {{"usb", "vfio-verify --live --format json usb"},
       {"pause", "sleep 6"},
       {"nvme", "vfio-verify --live --format json nvme"},
       {"pause", "sleep 6"},
       {"edu", "vfio-verify --live --format json edu"},
       {"pause", "sleep 6"},
       {"gpu", "vfio-verify --live --format json gpu"},
       {"past", "vfio-verify --live --format json past"}});
  expect_all_pass(seen, "usb", usb);
  expect_all_pass(seen, "nvme", nvme);
  expect_all_pass(seen, "gpu", gpu);
  for (const char* id : kLiveIds) {
    const std::string status = said(seen, "edu", "status", id, edu);
    const bool far = is_far(id);  // it has 28 address bits
    EXPECT_TRUE(status == "pass" || (far && status == "skip"))
        << said(seen, "edu", "evidence", id, edu);
  }
  EXPECT_EQ(seen.answer("past").exit, 1);
  EXPECT_EQ(said(seen, "past", "status", "dma.blocked.physical", past), "fail");
  EXPECT_EQ(said(seen, "past", "status", "dma.read", past), "skip");
  for (const auto& [question, function] :
       {std::pair{"usb", usb}, {"nvme", nvme}, {"edu", edu}, {"gpu", gpu}})
    EXPECT_TRUE(contains(said(seen, question, "evidence", "dma.blocked.unmapped", function),
                         "DMAR: [DMA Write"))
        << question;
}

LONG_ON_STOCK_KERNELS(LiveKinds);

// A kernel with both interfaces.
class LiveBackends : public Live {};

TEST_P(LiveBackends, EachIsProven) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{.kind = Kind::kWithUsb}, {}}},
                {.configuration = kGaming, .systemd = false},
                {{"debugfs", "mount -t debugfs debugfs /sys/kernel/debug"},
                 {"default", "vfio-verify --live --format json"},
                 {"type1", "vfio-verify --live --backend type1 --format json"},
                 {"iommufd", "vfio-verify --live --backend iommufd --format json"}});
  for (const char* question : {"default", "type1", "iommufd"})
    for (const char* function : {"0000:01:00.1", "0000:01:00.2"}) {
      expect_all_pass(seen, question, function);
      EXPECT_EQ(said(seen, question, "status", "dma.superpages", function), "pass")
          << said(seen, question, "evidence", "dma.superpages", function);
      EXPECT_TRUE(contains(said(seen, question, "evidence", "dma.superpages", function),
                           "2 MiB mapped by pages of 2 MiB"));
      EXPECT_TRUE(contains(said(seen, question, "evidence", "dma.read", function),
                           question == std::string("iommufd") ? "(iommufd)" : "(type1)"));
    }
}

LONG_ON_KERNELS(LiveBackends, "test-6.12", "test-sid");

// How fast memory is mapped, and by which page sizes. Pages of 1 GiB are reserved at boot. On a
// stock kernel the page tables cannot be read.
class LiveSuperpages : public Live {};

TEST_P(LiveSuperpages, AreUsedAndMeasured) {
  const bool stock = !kernel().starts_with("test-");
  const lab::Boot seen = lab::boot({.kernel = kernel(),
                                    .cards = {{}, {}},
                                    .arguments = "hugepagesz=1G hugepages=1",
                                    .memory = 4096},
                                   {.configuration = kGaming, .systemd = false},
                                   {{"debugfs", "mount -t debugfs debugfs /sys/kernel/debug"},
                                    {"json", "vfio-verify --live --format json"},
                                    {"speed", "map_speed 0000:01:00.1"}});
  const std::string evidence = said(seen, "json", "evidence", "dma.superpages", "0000:01:00.1");
  EXPECT_EQ(said(seen, "json", "status", "dma.superpages", "0000:01:00.1"),
            stock ? "skip" : "pass");
  for (const std::string size : {"2 MiB", "1 GiB"})
    EXPECT_TRUE(contains(evidence, size + (stock ? " mapped in " : " mapped by pages of " + size)))
        << evidence;
  const lab::Answer speed = seen.answer("speed");
  EXPECT_EQ(speed.exit, 0) << speed.out;
  EXPECT_FALSE(contains(speed.out, "REFUSED")) << speed.out;
  EXPECT_EQ(contains(speed.out, "vfio::Iommufd"), !stock) << speed.out;
  std::cout << speed.out << "measured: dma.superpages on " << kernel() << ": " << evidence << "\n";
}

LONG_ON_KERNELS(LiveSuperpages, "6.12", "backports", "sid", "test-6.12", "test-sid");

// A stock kernel has no iommufd.
class LiveWithoutIommufd : public Live {};

TEST_P(LiveWithoutIommufd, SaysSo) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()}, {.configuration = kGaming, .systemd = false},
                {{"iommufd", "vfio-verify --live --backend iommufd --format json"}});
  EXPECT_EQ(seen.answer("iommufd").exit, 2);
  EXPECT_EQ(said(seen, "iommufd", "status", "dma.read", "0000:01:00.1"), "unknown");
  EXPECT_TRUE(
      contains(said(seen, "iommufd", "evidence", "dma.read", "0000:01:00.1"), "/dev/iommu"));
  EXPECT_TRUE(contains(said(seen, "iommufd", "remedy", "dma.read", "0000:01:00.1"), "type1"));
}

LONG_ON_KERNELS(LiveWithoutIommufd, "6.12", "backports", "sid");

}  // namespace

// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify --live: every kind of device with a probe does DMA and interrupts, through both of
// the kernel's interfaces. If something is broken on purpose, the checks find it.
#include <iostream>
#include <sstream>

#include "tests/boot/live_fixture.h"

namespace {

using lab::Kind;
using lab::kLiveCheckIds;
using lab::LiveTest;

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

// Negative tests for everything that a healthy machine passes: on the same device, in the same
// guest.
class LiveFaults : public LiveTest {
 protected:
  // The status of an id in the output of live_faults.
  static std::string status(const lab::Boot& seen, const std::string& fault,
                            const std::string& id) {
    std::istringstream lines(seen.answer(fault).out);
    for (std::string line, word, status; std::getline(lines, line);)
      if (std::istringstream words(line); words >> word >> status && word == id) return status;
    return "none:\n" + seen.answer(fault).out;
  }
};

TEST_P(LiveFaults, AreDetected) {
  std::vector<lab::Question> questions;
  for (const char* fault : {"nothing", "left-mapped", "unmap-refused", "writable", "identity",
                            "untranslated", "stale-page", "bus-master-off", "no-interrupts"}) {
    questions.push_back({fault, std::string("live_faults 0000:01:00.1 ") + fault});
    questions.push_back(
        {std::string("usb-") + fault, std::string("live_faults 0000:01:00.2 ") + fault});
  }
  const lab::Boot seen = lab::boot({.kernel = kernel(), .cards = {{.kind = Kind::kWithUsb}, {}}},
                                   {.configuration = kGaming, .systemd = false}, questions);
  for (const std::string device : {"", "usb-"}) {
    const auto status_of = [&](const char* fault, const char* id) {
      return status(seen, device + fault, id);
    };
    for (const char* id : kLiveCheckIds)
      EXPECT_EQ(status_of("nothing", id), "pass") << device << id;
    EXPECT_EQ(status_of("left-mapped", "dma.blocked.unmapped"), "fail") << device;
    EXPECT_EQ(status_of("left-mapped", "dma.blocked.revoked"), "fail") << device;
    EXPECT_EQ(status_of("writable", "dma.blocked.readonly"), "fail") << device;
    EXPECT_EQ(status_of("writable", "dma.blocked.unmapped"), "pass") << device;
    EXPECT_EQ(status_of("identity", "dma.blocked.physical"), "fail") << device;
    EXPECT_EQ(status_of("untranslated", "dma.blocked.physical"), "fail")
        << device << " in the dry run";
    EXPECT_EQ(status_of("untranslated", "dma.write"), "skip")
        << device << " after the failed dry run";
    EXPECT_EQ(status_of("stale-page", "dma.remapped"), "fail") << device;
    for (const char* id : {"dma.blocked.unmapped", "dma.blocked.physical", "dma.blocked.readonly",
                           "dma.blocked.revoked", "dma.remapped"})
      EXPECT_EQ(status_of("bus-master-off", id), "unknown") << device << id;
    for (const char* id :
         {"dma.blocked.unmapped", "dma.blocked.readonly", "dma.blocked.revoked", "dma.remapped"})
      EXPECT_EQ(status_of("unmap-refused", id), "unknown") << device << id;
    EXPECT_EQ(status_of("unmap-refused", "dma.write"), "pass") << device;
    EXPECT_EQ(status_of("bus-master-off", "dma.read"), "pass")
        << device << " before bus mastering is disabled";
    EXPECT_EQ(status_of("no-interrupts", "irq.delivered"), "fail") << device;
    EXPECT_EQ(status_of("no-interrupts", "dma.write"), "pass") << device;
  }
}

ON_KERNELS(LiveFaults, "6.12");

// Kinds that are not part of a graphics card, and a USB controller with a stick in a port, whose
// event and interrupt must not be taken for an answer. The pauses are needed because the kernel
// rate-limits its log.
class LiveDevices : public LiveTest {};

TEST_P(LiveDevices, PassDmaAndInterruptChecks) {
  const std::string usb = "0000:01:00.0", nvme = "0000:02:00.0", edu = "0000:03:00.0",
                    gpu = "0000:04:00.0", bypassing = "0000:05:00.0";
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(),
       .cards = {{.kind = Kind::kUsbStorage},
                 {.kind = Kind::kNvme},
                 {.kind = Kind::kEdu},
                 {.kind = Kind::kVirtioGpu},
                 {.kind = Kind::kVirtioGpuBypassingIommu},
                 {}}},
      {.configuration = "[usb]\naddress = " + usb + "\n[nvme]\naddress = " + nvme +
                        "\n[edu]\naddress = " + edu + "\n[gpu]\nunbind = display\naddress = " +
                        gpu + "\n[past]\nunbind = display\naddress = " + bypassing + "\n",
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
  for (const char* id : kLiveCheckIds) {
    const std::string status = finding_value(seen, "edu", "status", id, edu);
    const bool needs_wide = needs_wide_addresses(id);  // it has 28 address bits
    EXPECT_TRUE(status == "pass" || (needs_wide && status == "skip"))
        << finding_value(seen, "edu", "evidence", id, edu);
  }
  EXPECT_EQ(seen.answer("past").exit, 1);
  EXPECT_EQ(finding_value(seen, "past", "status", "dma.blocked.physical", bypassing), "fail");
  EXPECT_EQ(finding_value(seen, "past", "status", "dma.read", bypassing), "skip");
  for (const auto& [question, function] :
       {std::pair{"usb", usb}, {"nvme", nvme}, {"edu", edu}, {"gpu", gpu}})
    EXPECT_TRUE(
        contains(finding_value(seen, question, "evidence", "dma.blocked.unmapped", function),
                 "DMAR: [DMA Write"))
        << question;
}

LONG_ON_STOCK_KERNELS(LiveDevices);

// A kernel with both interfaces.
class LiveBackends : public LiveTest {};

TEST_P(LiveBackends, PassAllChecks) {
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
      EXPECT_EQ(finding_value(seen, question, "status", "dma.superpages", function), "pass")
          << finding_value(seen, question, "evidence", "dma.superpages", function);
      EXPECT_TRUE(contains(finding_value(seen, question, "evidence", "dma.superpages", function),
                           "2 MiB mapped by pages of 2 MiB"));
      EXPECT_TRUE(contains(finding_value(seen, question, "evidence", "dma.read", function),
                           question == std::string("iommufd") ? "(iommufd)" : "(type1)"));
    }
}

LONG_ON_KERNELS(LiveBackends, "test-6.12", "test-sid");

// How fast memory is mapped, and by which page sizes. Pages of 1 GiB are reserved at boot. On a
// stock kernel the page tables cannot be read.
class LiveSuperpages : public LiveTest {};

TEST_P(LiveSuperpages, AreUsedAndMeasured) {
  const bool stock = !kernel().starts_with("test-");
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(),
       .cards = {{}, {}},
       .arguments = "hugepagesz=1G hugepages=1",
       .memory = 4096},
      {.configuration = kGaming, .systemd = false},
      {{"debugfs", "mount -t debugfs debugfs /sys/kernel/debug"},
       {"json", "vfio-verify --live --format json"},
       {"speed", std::string("map_speed 0000:01:00.1 --largest 1G ") +
                     "--pages 1g,thp --threads 1" + (stock ? " --interfaces type1" : "")}});
  const std::string evidence =
      finding_value(seen, "json", "evidence", "dma.superpages", "0000:01:00.1");
  EXPECT_EQ(finding_value(seen, "json", "status", "dma.superpages", "0000:01:00.1"),
            stock ? "skip" : "pass");
  for (const std::string size : {"2 MiB", "1 GiB"})
    EXPECT_TRUE(contains(evidence, size + (stock ? " mapped in " : " mapped by pages of " + size)))
        << evidence;
  const lab::Answer speed = seen.answer("speed");
  EXPECT_EQ(speed.exit, 0) << speed.out;
  for (const std::string interface : {"type1", "compatibility", "iommufd"})
    EXPECT_EQ(contains(speed.out,
                       "\"row\":\"1 GiB, 1 GiB\",\"column\":\"" + interface + " map\",\"value\":"),
              !stock || interface == "type1")
        << interface << ": " << speed.out;
  std::cout << speed.out << "measured: dma.superpages on " << kernel() << ": " << evidence << "\n";
}

LONG_ON_KERNELS(LiveSuperpages, "6.12", "backports", "sid", "test-6.12", "test-sid");

// A stock kernel has no iommufd.
class LiveWithoutIommufd : public LiveTest {};

TEST_P(LiveWithoutIommufd, IsReportedAsInconclusive) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()}, {.configuration = kGaming, .systemd = false},
                {{"iommufd", "vfio-verify --live --backend iommufd --format json"}});
  EXPECT_EQ(seen.answer("iommufd").exit, 2);
  EXPECT_EQ(finding_value(seen, "iommufd", "status", "dma.read", "0000:01:00.1"), "unknown");
  EXPECT_TRUE(contains(finding_value(seen, "iommufd", "evidence", "dma.read", "0000:01:00.1"),
                       "/dev/iommu"));
  EXPECT_TRUE(
      contains(finding_value(seen, "iommufd", "remedy", "dma.read", "0000:01:00.1"), "type1"));
}

LONG_ON_KERNELS(LiveWithoutIommufd, "6.12", "backports", "sid");

}  // namespace

// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's log: its records, the driver of each line, and messages of an IOMMU.
#include "host/kernel_log.h"

#include <algorithm>

#include "host/text.h"
#include "tests/fuzz/target.h"
#include "verify/inspect/log/index.h"
#include "verify/inspect/log/logging_driver.h"
#include "verify/trial/live/fault_log.h"

namespace fuzz {
namespace {

constexpr const char* kAddress = "0000:01:00.0";

std::vector<std::string> samples() {
  return {
      "6,339,5140900,-;pci 0000:01:00.0: [10de:1b81] type 00 class 0x030000\n SUBSYSTEM=pci\n"
      " DEVICE=+pci:0000:01:00.0\n6,340,5140901,-;nouveau 0000:01:00.0: bios: version 86\n",
      "6,1,2,-;nouveau: probe of 0000:01:00.0 failed with error -19\n"
      "6,2,3,-;[drm] Initialized bochs-drm 1.0.0 20130925 for 0000:01:00.0 on minor 0\n",
      "3,18446744073709551615,5,-;DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault "
      "addr 0x12345000 [fault reason 0x05] PTE Write access is not set\n",
      "3,8,9,c;vfio-pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0012 "
      "address=0xfffff000 flags=0x0020]\n3,9,9,-;virtio_iommu virtio3: page fault from EP 257 "
      "at 0x123600000 [W]\n"};
}

void check_line(const std::string& line) {
  const std::string driver = verify::logging_driver(line, kAddress);
  require(driver.find_first_of(": ") == driver.npos);
  (void)verify::is_detection(line, kAddress);
  const auto fault = verify::parse_fault(line);
  if (fault) (void)fault->is_write_by(kAddress, fault->address & ~uint64_t{0xfff}, 0x1000);
}

bool is_naming(const host::LogLine& line) {
  constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
  for (size_t at = line.text.find(kAddress); at != line.text.npos;
       at = line.text.find(kAddress, at + 1))
    if (at == 0 || kHexDigits.find(line.text[at - 1]) == kHexDigits.npos) return true;
  return false;
}

void parse(std::string_view bytes) {
  host::LogLine whole;
  if (host::parse_log_record(bytes, whole)) require(whole.text.find('\n') == whole.text.npos);
  std::vector<host::LogLine> log;
  for (const std::string_view record : host::split(bytes, "\n")) {
    host::LogLine line;
    if (!host::parse_log_record(record, line)) continue;
    check_line(line.text);
    log.push_back(line);
  }
  const verify::LogIndex index(log, {kAddress});
  const auto& lines = index.about(kAddress);
  require(verify::detection_count(lines, kAddress) <= static_cast<int>(lines.size()));
  // The index has every line that contains the address, and not only a longer one.
  const size_t naming = static_cast<size_t>(std::count_if(log.begin(), log.end(), is_naming));
  require(lines.size() == naming);
}

const Target kTarget("kernel_log", samples, parse);

}  // namespace
}  // namespace fuzz

// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: live_twin ADDRESS CLASS BROKEN: plays vfio-verify's live trial on a real function, of the
// class code CLASS, with one thing broken on purpose, and prints what the checks say: "ID STATUS
// EVIDENCE", a line for each. A check that can't fail would be found out here.
//
//   nothing      the trial as it is
//   left-mapped  what is unmapped stays mapped
//   writable     what may only be read may be written
//   identity     the page is also mapped where its physical address is
//   old-page     what is mapped anew is the old page
//   wedged       bus mastering is switched off as soon as something is unmapped
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "host/iommu_group.h"
#include "verify/checks.h"
#include "verify/live/interrupt_trial.h"
#include "verify/live/opened_device.h"
#include "verify/live/stage.h"

namespace {

constexpr uint64_t kPage = 4096;

uint64_t physical_address(const host::Root& root, std::span<const std::byte> page) {
  uint64_t entry = 0;
  const auto map = root.open_file("/proc/self/pagemap", O_RDONLY);
  const auto where = reinterpret_cast<uintptr_t>(page.data()) / kPage * sizeof(entry);
  if (map && ::pread(map->get(), &entry, sizeof(entry), static_cast<off_t>(where)) < 0) return 0;
  return (entry & ((uint64_t{1} << 55) - 1)) * kPage;
}

// What the real one does, but for what is broken.
class BrokenSpace : public vfio::AddressSpace {
 public:
  BrokenSpace(const host::Root& root, vfio::AddressSpace& whole, const vfio::Device& device,
              std::string broken)
      : root_(root), whole_(whole), device_(device), broken_(std::move(broken)) {}

  host::Result<std::vector<vfio::IovaRange>> ranges() const override { return whole_.ranges(); }

  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, vfio::Access access) override {
    if (broken_ == "left-mapped") (void)whole_.unmap(iova, memory.size());
    if (broken_ == "writable") access = vfio::Access::kReadWrite;
    const std::span<std::byte> first = first_.try_emplace(iova, memory).first->second;
    if (broken_ == "identity" && access == vfio::Access::kReadWrite)
      (void)whole_.map(physical_address(root_, memory), memory, access);
    return whole_.map(iova, broken_ == "old-page" ? first : memory, access);
  }

  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) override {
    if (broken_ == "left-mapped") return size;
    if (broken_ == "wedged") (void)device_.write_config(0x04, 0x0002);
    return whole_.unmap(iova, size);
  }

 private:
  const host::Root& root_;
  vfio::AddressSpace& whole_;
  const vfio::Device& device_;
  const std::string broken_;
  std::map<uint64_t, std::span<std::byte>> first_;
};

int fail(const host::Error& error) {
  std::printf("%s\n", describe(error).c_str());
  return 1;
}

int play(const host::Root& root, const host::PciFunction& function, const std::string& broken) {
  const auto group = host::iommu_group_of(root, function.address);
  if (!group) return fail({0, "no IOMMU group"});
  const auto opened =
      verify::open_device(root, verify::Backend::kType1, *group, function.address, {});
  if (!opened) return fail(opened.error());
  const auto probe = verify::make_probe(opened->device(), function);
  if (!probe) return fail(probe.error());

  verify::LiveTrial trial;
  trial.address = function.address.str();
  trial.kind = (*probe)->kind();
  BrokenSpace space(root, *opened->space, opened->device(), broken);
  const auto played = verify::play_on_stage(
      root, space, **probe,
      [&](const verify::ProbePages& pages) {
        return verify::try_interrupts(root, opened->device(), **probe, trial.address, pages);
      },
      trial);
  if (!played) return fail(played.error());

  verify::Inspection inspection;
  inspection.live = {trial};
  for (const verify::Check& check : verify::checks()) {
    if (check.chapter != verify::kLiveChapter) continue;
    for (const verify::Finding& finding : check.judge(inspection))
      std::printf("%s %s %s\n", check.id, status_name(finding.status), finding.evidence.c_str());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return fail({0, "usage: live_twin ADDRESS CLASS BROKEN"});
  const auto root = host::Root::open();
  const auto address = host::PciAddress::parse(argv[1]);
  if (!root || !address) return fail({0, "no such function"});
  host::PciFunction function;
  function.address = *address;
  function.class_code = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 16));
  return play(*root, function, argv[3]);
}

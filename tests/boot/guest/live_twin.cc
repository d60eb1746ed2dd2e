// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: live_twin ADDRESS BROKEN
//
// Runs vfio-verify's live trial on a real function with one thing broken on purpose, and prints
// what the checks find: a line "ID STATUS EVIDENCE" for each. This shows that every check can fail.
//
//   nothing        the normal trial
//   left-mapped    unmapped memory stays mapped
//   unmap-refused  the same, and unmapping returns an error
//   writable       read-only memory is writable
//   identity       the page is also mapped at its physical address
//   untranslated   an address is used as a physical one, if the trial's memory is at that address
//   old-page       mapping a new page maps the old page
//   wedged         bus mastering is disabled as soon as something is unmapped, after the dry run
//   deaf           the device's interrupts are not enabled
#include <cerrno>
#include <cstdio>
#include <map>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "tests/boot/guest/live_function.h"
#include "verify/live/interrupt_trial.h"
#include "verify/live/opened_device.h"
#include "verify/live/stage.h"

namespace {

constexpr uint64_t kPage = 4096;
// The dry run uses other addresses: breaking it would end the whole trial.
constexpr uint64_t kStageEnds = 0x200000;
constexpr uint64_t kPiece = 0x200000;

uint64_t physical_address(const host::Root& root, std::span<const std::byte> page) {
  uint64_t entry = 0;
  const auto map = root.open_file("/proc/self/pagemap", O_RDONLY);
  const auto where = reinterpret_cast<uintptr_t>(page.data()) / kPage * sizeof(entry);
  if (map && ::pread(map->get(), &entry, sizeof(entry), static_cast<off_t>(where)) < 0) return 0;
  return (entry & ((uint64_t{1} << 55) - 1)) * kPage;
}

// Does what the real address space does, except for what is broken.
class BrokenSpace : public vfio::AddressSpace {
 public:
  BrokenSpace(const host::Root& root, vfio::AddressSpace& whole, const vfio::Device& device,
              std::string broken)
      : root_(root), whole_(whole), device_(device), broken_(std::move(broken)) {}

  host::Result<std::vector<vfio::IovaRange>> ranges() const override { return whole_.ranges(); }

  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, vfio::Access access) override {
    if (broken_ == "left-mapped") (void)whole_.unmap(iova, memory.size());
    if (broken_ == "writable") access = vfio::Access::kReadWrite;
    if (broken_ == "untranslated" && memory.size() == kPiece) piece_ = memory;
    if (broken_ == "untranslated" && memory.size() == kPage) memory = really_at(iova, memory);
    const std::span<std::byte> first = first_.try_emplace(iova, memory).first->second;
    if (broken_ == "identity" && access == vfio::Access::kReadWrite)
      (void)whole_.map(physical_address(root_, memory), memory, access);
    return whole_.map(iova, broken_ == "old-page" ? first : memory, access);
  }

  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) override {
    if (broken_ == "left-mapped") return size;
    if (broken_ == "unmap-refused") return host::Error{EIO, "unmap"};
    if (broken_ == "wedged" && iova < kStageEnds) (void)device_.write_config(0x04, 0x0002);
    return whole_.unmap(iova, size);
  }

 private:
  std::span<std::byte> really_at(uint64_t iova, std::span<std::byte> otherwise) const {
    for (size_t i = 0; i < piece_.size(); i += kPage)
      if (physical_address(root_, piece_.subspan(i)) == iova) return piece_.subspan(i, kPage);
    return otherwise;
  }

  const host::Root& root_;
  vfio::AddressSpace& whole_;
  const vfio::Device& device_;
  const std::string broken_;
  std::map<uint64_t, std::span<std::byte>> first_;
  std::span<std::byte> piece_;  // of the dry run
};

int fail(const host::Error& error) {
  std::printf("%s\n", describe(error).c_str());
  return 1;
}

// Does what the real probe does, without interrupts.
class DeafProbe : public verify::Probe {
 public:
  explicit DeafProbe(verify::Probe& whole) : whole_(whole) {}

  const char* kind() const override { return whole_.kind(); }
  size_t scratch_size() const override { return whole_.scratch_size(); }
  host::Result<void> start(const verify::ProbePages& pages, bool) override {
    return whole_.start(pages, false);
  }
  std::optional<uint64_t> ask(const verify::ProbePages& pages, int question) override {
    return whole_.ask(pages, question);
  }
  void stop() override { whole_.stop(); }

 private:
  verify::Probe& whole_;
};

int play(const host::Root& root, const live::Subject& subject, const std::string& broken) {
  const auto opened = verify::open_device(root, verify::Backend::kType1, subject.group,
                                          subject.function.address, {});
  if (!opened) return fail(opened.error());
  const auto probe = verify::make_probe(opened->device(), subject.function);
  if (!probe) return fail(probe.error());

  verify::LiveTrial trial;
  trial.address = subject.function.address.str();
  trial.kind = (*probe)->kind();
  BrokenSpace space(root, *opened->space, opened->device(), broken);
  DeafProbe deaf(**probe);
  verify::Probe& heard = broken == "deaf" ? deaf : **probe;
  const auto played = verify::play_on_stage(
      root, space, **probe,
      {.count_interrupts =
           [&](const verify::ProbePages& pages) {
             return verify::try_interrupts(root, opened->device(), heard, trial.address, pages);
           }},
      trial);
  if (!played) trial.obstacle = played.error();
  for (const verify::Finding& finding : live::judge(trial))
    std::printf("%s %s %s\n", finding.id.c_str(), status_name(finding.status),
                finding.evidence.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail({0, "usage: live_twin ADDRESS BROKEN"});
  const auto root = host::Root::open();
  if (!root) return fail(root.error());
  const auto subject = live::find(*root, argv[1]);
  if (!subject) return fail(subject.error());
  return play(*root, *subject, argv[2]);
}

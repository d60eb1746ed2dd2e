// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: live_faults ADDRESS FAULT
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
//   stale-page       mapping a new page maps the old page
//   bus-master-off         bus mastering is disabled as soon as something is unmapped, after the
//   dry run no-interrupts           the device's interrupts are not enabled
#include <cerrno>
#include <cstdio>
#include <map>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "tests/lab/guest/live_function.h"
#include "verify/trial/live/interrupt_trial.h"
#include "verify/trial/live/opened_device.h"
#include "verify/trial/live/trial_runner.h"

namespace {

constexpr uint64_t kPage = 4096;
// The dry run uses other addresses: breaking it would end the whole trial.
constexpr uint64_t kTrialMemoryEnd = 0x200000;
constexpr uint64_t kDryRunSize = 0x200000;

uint64_t physical_address(const host::Root& root, std::span<const std::byte> page) {
  uint64_t entry = 0;
  const auto map = root.open_file("/proc/self/pagemap", O_RDONLY);
  const auto where = reinterpret_cast<uintptr_t>(page.data()) / kPage * sizeof(entry);
  if (map && ::pread(map->get(), &entry, sizeof(entry), static_cast<off_t>(where)) < 0) return 0;
  return (entry & ((uint64_t{1} << 55) - 1)) * kPage;
}

// Does what the real address space does, except for what is broken.
class FaultyAddressSpace : public vfio::AddressSpace {
 public:
  FaultyAddressSpace(const host::Root& root, vfio::AddressSpace& real, const vfio::Device& device,
                     std::string fault)
      : root_(root), real_(real), device_(device), fault_(std::move(fault)) {}

  host::Result<std::vector<vfio::IovaRange>> ranges() const override { return real_.ranges(); }

  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, vfio::Access access) override {
    if (fault_ == "left-mapped") (void)real_.unmap(iova, memory.size());
    if (fault_ == "writable") access = vfio::Access::kReadWrite;
    if (fault_ == "untranslated" && memory.size() == kDryRunSize) dry_run_memory_ = memory;
    if (fault_ == "untranslated" && memory.size() == kPage)
      memory = page_at_physical_address(iova, memory);
    const std::span<std::byte> first = first_mappings_.try_emplace(iova, memory).first->second;
    if (fault_ == "identity" && access == vfio::Access::kReadWrite)
      (void)real_.map(physical_address(root_, memory), memory, access);
    return real_.map(iova, fault_ == "stale-page" ? first : memory, access);
  }

  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) override {
    if (fault_ == "left-mapped") return size;
    if (fault_ == "unmap-refused") return host::Error{EIO, "unmap"};
    if (fault_ == "bus-master-off" && iova < kTrialMemoryEnd)
      (void)device_.write_config(0x04, 0x0002);
    return real_.unmap(iova, size);
  }

 private:
  std::span<std::byte> page_at_physical_address(uint64_t iova,
                                                std::span<std::byte> fallback) const {
    for (size_t i = 0; i < dry_run_memory_.size(); i += kPage)
      if (physical_address(root_, dry_run_memory_.subspan(i)) == iova)
        return dry_run_memory_.subspan(i, kPage);
    return fallback;
  }

  const host::Root& root_;
  vfio::AddressSpace& real_;
  const vfio::Device& device_;
  const std::string fault_;
  std::map<uint64_t, std::span<std::byte>> first_mappings_;
  std::span<std::byte> dry_run_memory_;  // of the dry run
};

int fail(const host::Error& error) {
  std::printf("%s\n", describe(error).c_str());
  return 1;
}

// Does what the real probe does, without interrupts.
class NoInterruptProbe : public verify::Probe {
 public:
  explicit NoInterruptProbe(verify::Probe& real) : real_(real) {}

  const char* kind() const override { return real_.kind(); }
  size_t scratch_size() const override { return real_.scratch_size(); }
  host::Result<void> start(const verify::ProbePages& pages, bool) override {
    return real_.start(pages, false);
  }
  std::optional<uint64_t> ask(const verify::ProbePages& pages, int question) override {
    return real_.ask(pages, question);
  }
  void stop() override { real_.stop(); }

 private:
  verify::Probe& real_;
};

int run_live_trial(const host::Root& root, const live::Subject& subject, const std::string& fault) {
  verify::LiveStep step = {};
  const auto opened = verify::open_device(root, verify::Backend::kType1, subject.group,
                                          subject.function.address, {}, step);
  if (!opened) return fail(opened.error());
  const auto probe = verify::make_probe(opened->device(), subject.function);
  if (!probe) return fail(probe.error());

  verify::LiveTrial trial;
  trial.address = subject.function.address.str();
  trial.kind = (*probe)->kind();
  FaultyAddressSpace space(root, *opened->space, opened->device(), fault);
  NoInterruptProbe no_interrupts(**probe);
  verify::Probe& interrupt_probe = fault == "no-interrupts" ? no_interrupts : **probe;
  const auto finished =
      verify::run_trial(root, space, **probe,
                        {.count_interrupts =
                             [&](const verify::ProbePages& pages) {
                               return verify::try_interrupts(root, opened->device(),
                                                             interrupt_probe, trial.address, pages);
                             }},
                        trial);
  if (!finished) trial.obstacle = finished.error();
  for (const verify::Finding& finding : live::judge(trial))
    std::printf("%s %s %s\n", finding.id.c_str(), status_name(finding.status),
                finding.evidence.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail({0, "usage: live_faults ADDRESS FAULT"});
  const auto root = host::Root::open();
  if (!root) return fail(root.error());
  const auto subject = live::find(*root, argv[1]);
  if (!subject) return fail(subject.error());
  return run_live_trial(*root, *subject, argv[2]);
}

// SPDX-License-Identifier: GPL-2.0-or-later
//
// The archive of a captured machine: it is unpacked only below its own directory, the checks run
// on it, and the directory is removed.
#include <filesystem>

#include <sys/mman.h>
#include <unistd.h>

#include "host/fd.h"
#include "initramfs/decoder.h"
#include "tests/fuzz/judge.h"
#include "tests/fuzz/samples.h"
#include "tests/fuzz/target.h"
#include "verify/capture/archive.h"

namespace fuzz {
namespace {

namespace fs = std::filesystem;
namespace capture = verify::capture;

constexpr size_t kMaxSize = size_t{1} << 20;

std::vector<std::string> samples() {
  host::Meter meter(host::kCaptureBudget, 0);
  const Tree small = {{"/proc/cmdline", {false, "quiet"}},
                      {"/sys/class/iommu/dmar0", {true, "../../devices/virtual/iommu/dmar0"}}};
  return {capture_archive(small, "x.zst"), capture_archive(small, "x.gz"),
          *initramfs::unpack(capture_archive(small, "x.zst"), "zstd", kMaxSize, meter),
          *initramfs::unpack(capture_archive(machine_tree(), "x.zst"), "zstd", kMaxSize, meter)};
}

void parse(std::string_view bytes) {
  const host::Fd file(::memfd_create("capture", MFD_CLOEXEC));
  require(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  fs::path directory;
  {
    const auto unpacked = capture::Unpacked::from("/proc/self/fd/" + std::to_string(file.get()));
    if (!unpacked) return require(!unpacked.error().step.empty());
    directory = fs::path(unpacked->root()).parent_path();
    for (const auto& entry : fs::directory_iterator(directory))
      require(entry.path().filename() == capture::kTopDirectory && !entry.is_symlink());
    if (const auto root = host::Root::open_tree(unpacked->root())) (void)check_machine(*root);
  }
  require(!fs::exists(directory));
}

const Target kTarget("capture", samples, parse);

}  // namespace
}  // namespace fuzz

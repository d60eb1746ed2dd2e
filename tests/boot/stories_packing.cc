// SPDX-License-Identifier: GPL-2.0-or-later
//
// No module of ours is packed twice, which a boot would have to unpack twice: it travels as it is
// loaded, with its signature, or as the distribution packed it in a part of the image that is not
// compressed (mkinitcpio does that of itself). Looked up in the finished image; that it boots, the
// stories of the generators tell.
#include <filesystem>
#include <map>

#include "tests/boot/images.h"
#include "tests/boot/lab.h"

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSignature =
    "~Module signature appended~\n";  // linux/module_signature.h
constexpr const char* kOurs[] = {"vfio", "vfio-pci", "vfio-pci-core", "vfio_iommu_type1",
                                 "irqbypass"};

// "vfio-pci" of "…/vfio-pci.ko.xz", and where it lies.
std::map<std::string, fs::path> modules_in(const fs::path& directory) {
  std::map<std::string, fs::path> modules;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    if (const size_t suffix = name.find(".ko"); suffix != name.npos && !entry.is_symlink()) {
      EXPECT_TRUE(modules.emplace(name.substr(0, suffix), entry.path()).second) << name << " twice";
    }
  }
  return modules;
}

std::string output_of(const lab::Command& command, const fs::path& place) {
  const auto ending = lab::run(command, place / "out", place / "err", std::chrono::seconds(600));
  EXPECT_EQ(ending.status, 0) << lab::quoted(command) << lab::read_file(place / "err");
  return lab::read_file(place / "out");
}

struct Maker {
  const char* name;
  lab::Generator generator;
  bool careful;  // packs nothing twice of itself
};

constexpr Maker kMakers[] = {{"dracut", lab::Generator::kDracut, false},
                             {"initramfs_tools", lab::Generator::kInitramfsToolsDep, true},
                             {"mkinitcpio", lab::Generator::kMkinitcpio, true}};

void PrintTo(const Maker& maker, std::ostream* out) {
  *out << maker.name;
}

class Packing : public testing::TestWithParam<Maker> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::not_told(GetParam().generator); !why.empty())
      GTEST_SKIP() << why;
    fs::remove_all(place_);
    fs::create_directories(place_);
  }
  void TearDown() override { fs::remove_all(place_); }

  // What is in the image, taken out by a tool of initramfs-tools, which knows them all.
  std::map<std::string, fs::path> unpacked(lab::Initramfs initramfs) {
    initramfs.generator = GetParam().generator;
    const fs::path image = lab::build_initramfs("6.12", initramfs, place_ / "log");
    output_of({"unmkinitramfs", image, place_ / "image"}, place_);
    return modules_in(place_ / "image");
  }

  const fs::path place_ =
      fs::path(testing::TempDir()) / (std::string("packing-") + GetParam().name);
};

// unmkinitramfs puts what precedes the compressed archive into a directory of this name.
bool packed_twice(const fs::path& module) {
  return module.extension() != ".ko" && module.string().find("/image/early/") == std::string::npos;
}

TEST_P(Packing, OurModulesAreNotPackedTwiceAndKeepTheirSignatures) {
  const auto modules = unpacked({});
  const auto originals = modules_in(lab::modules_of("6.12"));
  for (const char* name : kOurs) {
    ASSERT_TRUE(modules.contains(name)) << name;
    const fs::path &module = modules.at(name), &original = originals.at(name);
    ASSERT_EQ(original.extension(), ".xz") << "then this story tells nothing";
    EXPECT_FALSE(packed_twice(module)) << module;
    const std::string text = output_of({"xz", "-dcf", module}, place_);
    EXPECT_TRUE(text.ends_with(kSignature)) << name;
    EXPECT_TRUE(text == output_of({"xz", "-dc", original}, place_)) << name << " is another";
  }
}

// The twin: dracut, where we are not asked.
TEST_P(Packing, WithoutUsTheGeneratorDecides) {
  const auto modules = unpacked({.us = false, .vfio_forced = true});
  for (const char* name : kOurs) {
    ASSERT_TRUE(modules.contains(name)) << name;
    EXPECT_EQ(packed_twice(modules.at(name)), !GetParam().careful) << modules.at(name);
  }
}

INSTANTIATE_TEST_SUITE_P(Long, Packing, testing::ValuesIn(kMakers),
                         [](const auto& maker) { return maker.param.name; });

}  // namespace

// SPDX-License-Identifier: GPL-2.0-or-later
//
// No module of vfio-early is compressed twice, because a boot would have to decompress it twice. A
// module is stored uncompressed, with its signature; or as the distribution compressed it, in a
// part of the image that is not compressed, as mkinitcpio does by default. Checked in the finished
// image. The tests of the generators show that the image boots.
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

// "vfio-pci" for "…/vfio-pci.ko.xz", and its path.
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
  bool careful;  // the generator itself compresses nothing twice
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

  // The modules in the image, unpacked by a tool of initramfs-tools that supports all generators.
  std::map<std::string, fs::path> unpacked(lab::Initramfs initramfs) {
    initramfs.generator = GetParam().generator;
    const fs::path image = lab::build_initramfs("6.12", initramfs, place_ / "log");
    output_of({"unmkinitramfs", image, place_ / "image"}, place_);
    return modules_in(place_ / "image");
  }

  const fs::path place_ =
      fs::path(testing::TempDir()) / (std::string("packing-") + GetParam().name);
};

// unmkinitramfs puts the part before the compressed archive into a directory of this name.
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

// The negative test without vfio-early: dracut compresses them twice.
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

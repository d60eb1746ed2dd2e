// SPDX-License-Identifier: GPL-2.0-or-later
//
// No module of vfio-early is compressed twice, because a boot would have to decompress it twice. A
// module is stored uncompressed, with its signature; or as the distribution compressed it, in a
// part of the image that is not compressed, as mkinitcpio does by default. Checked in the finished
// image. The tests of the generators show that the image boots.
#include <filesystem>
#include <map>

#include "tests/lab/images.h"
#include "tests/lab/lab.h"

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSignature =
    "~Module signature appended~\n";  // linux/module_signature.h
constexpr const char* kVfioModules[] = {"vfio", "vfio-pci", "vfio-pci-core", "vfio_iommu_type1",
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

std::string output_of(const lab::Command& command, const fs::path& work_directory) {
  const auto result =
      lab::run(command, work_directory / "out", work_directory / "err", std::chrono::seconds(600));
  EXPECT_EQ(result.status, 0) << lab::quoted(command) << lab::read_file(work_directory / "err");
  return lab::read_file(work_directory / "out");
}

struct GeneratorVariant {
  const char* name;
  lab::Generator generator;
  bool compresses_once;  // the generator itself compresses nothing twice
};

constexpr GeneratorVariant kGeneratorVariants[] = {
    {"dracut", lab::Generator::kDracut, false},
    {"initramfs_tools", lab::Generator::kInitramfsToolsDep, true},
    {"mkinitcpio", lab::Generator::kMkinitcpio, true}};

void PrintTo(const GeneratorVariant& variant, std::ostream* out) {
  *out << variant.name;
}

class ModuleCompression : public testing::TestWithParam<GeneratorVariant> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::skip_reason(GetParam().generator); !why.empty())
      GTEST_SKIP() << why;
    fs::remove_all(work_directory_);
    fs::create_directories(work_directory_);
  }
  void TearDown() override { fs::remove_all(work_directory_); }

  // The modules in the image, unpacked by a tool of initramfs-tools that supports all generators.
  std::map<std::string, fs::path> unpacked(lab::Initramfs initramfs) {
    initramfs.generator = GetParam().generator;
    const fs::path image = lab::build_initramfs("6.12", initramfs, work_directory_ / "log");
    output_of({"unmkinitramfs", image, work_directory_ / "image"}, work_directory_);
    return modules_in(work_directory_ / "image");
  }

  const fs::path work_directory_ =
      fs::path(testing::TempDir()) / (std::string("packing-") + GetParam().name);
};

// unmkinitramfs puts the part before the compressed archive into a directory of this name.
bool is_compressed_twice(const fs::path& module) {
  return module.extension() != ".ko" && module.string().find("/image/early/") == std::string::npos;
}

TEST_P(ModuleCompression, HappensOnceAndKeepsSignatures) {
  const auto modules = unpacked({});
  const auto originals = modules_in(lab::modules_of("6.12"));
  for (const char* name : kVfioModules) {
    ASSERT_TRUE(modules.contains(name)) << name;
    const fs::path &module = modules.at(name), &original = originals.at(name);
    ASSERT_EQ(original.extension(), ".xz") << "then this test shows nothing";
    EXPECT_FALSE(is_compressed_twice(module)) << module;
    const std::string text = output_of({"xz", "-dcf", module}, work_directory_);
    EXPECT_TRUE(text.ends_with(kSignature)) << name;
    EXPECT_TRUE(text == output_of({"xz", "-dc", original}, work_directory_)) << name << " differs";
  }
}

// The negative test without vfio-early: dracut compresses them twice.
TEST_P(ModuleCompression, DependsOnGeneratorWithoutVfioEarly) {
  const auto modules = unpacked({.vfio_early = false, .vfio_forced = true});
  for (const char* name : kVfioModules) {
    ASSERT_TRUE(modules.contains(name)) << name;
    EXPECT_EQ(is_compressed_twice(modules.at(name)), !GetParam().compresses_once)
        << modules.at(name);
  }
}

INSTANTIATE_TEST_SUITE_P(Long, ModuleCompression, testing::ValuesIn(kGeneratorVariants),
                         [](const auto& variant) { return variant.param.name; });

}  // namespace

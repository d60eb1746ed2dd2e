// SPDX-License-Identifier: GPL-2.0-or-later
//
// For every generator: vfio-early is in the initramfs and starts first, although bochs and
// snd_hda_intel are forced as early as the generator can. In each negative test, our hook starts
// too late.
//
// The "measured:" lines contain the times; ci/long keeps them.
#include <cstdio>
#include <filesystem>
#include <ostream>

#include "tests/lab/images.h"
#include "tests/lab/lab.h"

namespace {

using lab::Generator;

constexpr const char* kCard = "0000:01:00";
constexpr const char* kDisplay = "0000:01:00.0";
constexpr const char* kOtherCard = "0000:02:00";

// An image with its init.
struct GeneratorVariant {
  const char* name;
  Generator generator;
  bool systemd = true;
  bool hostonly = false;
};

constexpr GeneratorVariant kGeneratorVariants[] = {
    {"dracut_systemd", Generator::kDracut},
    {"dracut_shell", Generator::kDracut, false},
    {"dracut_hostonly", Generator::kDracut, true, true},
    {"initramfs_tools_most", Generator::kInitramfsTools},
    {"initramfs_tools_dep", Generator::kInitramfsToolsDep},
    {"mkinitcpio_busybox", Generator::kMkinitcpio, false},
    {"mkinitcpio_systemd", Generator::kMkinitcpio},
};

struct Combination {
  GeneratorVariant variant;
  std::string kernel;
};

std::string name_of(const Combination& combination) {
  std::string name = std::string(combination.variant.name) + "_on_" + combination.kernel;
  for (char& c : name)
    if (c == '.') c = '_';
  return name;
}

// ctest uses this as the name of the test.
void PrintTo(const Combination& combination, std::ostream* out) {
  *out << name_of(combination);
}

std::vector<Combination> all_combinations() {
  std::vector<Combination> combinations;
  for (const GeneratorVariant& variant : kGeneratorVariants)
    for (const std::string& kernel : lab::stock_kernels())
      combinations.push_back({variant, kernel});
  return combinations;
}

lab::Initramfs image(const GeneratorVariant& variant) {
  return {.systemd = variant.systemd, .generator = variant.generator, .hostonly = variant.hostonly};
}

// "measured: initramfs_tools_most_on_6_12: claimed at 3.21 s, bochs loaded at 4.52 s, …".
void print_times(const Combination& combination, const lab::Boot& seen) {
  const nlohmann::json entry = seen.report().recorded(kDisplay);
  const double reserved = entry.is_object() ? entry.value("override_ns", 0.0) * 1e-9 : 0;
  std::printf("measured: %s: ", name_of(combination).c_str());
  if (reserved > 0)
    std::printf("reserved at %.2f s", reserved);
  else
    std::printf("never reserved");
  for (const char* module : {"bochs", "snd_hda_intel"})
    std::printf(", %s loaded at %.2f s", module, seen.report().loaded(module).value_or(0));
  std::printf("\n");
}

class Generators : public testing::TestWithParam<Combination> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::skip_reason(GetParam().variant.generator); !why.empty())
      GTEST_SKIP() << why;
  }
  const GeneratorVariant& variant() const { return GetParam().variant; }
  lab::Machine machine() const { return {.kernel = GetParam().kernel}; }
};

// The real root of these boots has no configuration: the image contains the one that was copied
// into it.
const std::vector<lab::Question> kVerify = {
    {"verify",
     "sh -c 'printf \"[gaming]\\naddress = 0000:01:00\\n\" > /run/conf; "
     "vfio-verify --config /run/conf --format json'"}};

TEST_P(Generators, ClaimPrecedesForcedDrivers) {
  const lab::Boot seen = lab::boot(machine(), image(variant()), kVerify);
  print_times(GetParam(), seen);
  EXPECT_TRUE(seen.claimed(kCard));
  // The proof is valid only from an initramfs, and each init marks an initramfs in its own way.
  const nlohmann::json history = seen.finding("verify", "bind.history", kDisplay);
  EXPECT_EQ(history.value("status", ""), "pass") << history.dump();
  EXPECT_TRUE(seen.left_to_host(kOtherCard));
  EXPECT_TRUE(seen.untouched(kOtherCard));
}

// The display stays with the host, and vfio-early reports it. The audio function is unbound and
// claimed, because no program uses it yet.
TEST_P(Generators, MisplacedHookIsTooLate) {
  lab::Initramfs late = image(variant());
  late.misplaced = true;
  const lab::Boot seen = lab::boot(machine(), late);
  print_times(GetParam(), seen);
  EXPECT_FALSE(seen.claimed(kCard));
  EXPECT_TRUE(seen.left_to_host(kDisplay));
  EXPECT_TRUE(seen.recorded(kDisplay, "held"));
  EXPECT_TRUE(seen.logged("gaming", kDisplay, "bochs-drm", "Remedy"));
}

INSTANTIATE_TEST_SUITE_P(Long, Generators, testing::ValuesIn(all_combinations()),
                         [](const auto& combination) { return name_of(combination.param); });

// The package of a kernel builds its image by the installed hooks, without any step for vfio-early.
// The older image of 6.1 is tested by Generators.
class KernelUpgrade : public Generators {};

TEST_P(KernelUpgrade, BuildsImageThatClaims) {
  lab::Initramfs upgraded = image(variant());
  upgraded.upgrade = true;
  const lab::Boot seen = lab::boot(machine(), upgraded);
  EXPECT_TRUE(seen.claimed(kCard));
  EXPECT_TRUE(seen.left_to_host(kOtherCard));
}

const Combination kUpgrades[] = {{kGeneratorVariants[0], "6.12"},
                                 {kGeneratorVariants[4], "6.12"},
                                 {kGeneratorVariants[5], "6.12"},
                                 {kGeneratorVariants[6], "6.12"}};

INSTANTIATE_TEST_SUITE_P(Long, KernelUpgrade, testing::ValuesIn(kUpgrades),
                         [](const auto& combination) { return name_of(combination.param); });

// What vfio-early adds to the size of an image.
class ImageSize : public Generators {};

TEST_P(ImageSize, IncreaseIsBelowLimit) {
  constexpr uintmax_t kKilobyte = 1024, kMaxIncrease = 2000 * kKilobyte;
  lab::Initramfs with = image(variant()), without = with;
  without.vfio_early = false;
  const auto log = std::filesystem::path(lab::lab_directory()) / (name_of(GetParam()) + ".log");
  const auto size = [&](const lab::Initramfs& made) {
    return std::filesystem::file_size(lab::build_initramfs(GetParam().kernel, made, log));
  };
  const uintmax_t ours = size(with), stock = size(without);
  ASSERT_GT(ours, stock);
  std::printf("measured: %s: %ju KB with us, %ju KB more than without\n",
              name_of(GetParam()).c_str(), ours / kKilobyte, (ours - stock) / kKilobyte);
  EXPECT_LT(ours - stock, kMaxIncrease);
}

INSTANTIATE_TEST_SUITE_P(Long, ImageSize, testing::ValuesIn(all_combinations()),
                         [](const auto& combination) { return name_of(combination.param); });

}  // namespace

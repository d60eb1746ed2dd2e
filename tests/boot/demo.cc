// SPDX-License-Identifier: GPL-2.0-or-later
//
// ci/demo: the same machine booted twice, without us and with us, and what became of its cards.
//
// Everything printed was observed in this run; exit 0 only if all of it is as it should be.
#include <cstdio>
#include <exception>
#include <string>

#include "tests/boot/lab.h"

namespace {

constexpr const char* kChosen = "0000:01:00";
constexpr const char* kOther = "0000:02:00";
constexpr const char* kConfiguration =
    "[guest]\naddress = 0000:01:00\nidentity = 1234:1111 8086:2668\n";

bool g_as_promised = true;

void expect(const testing::AssertionResult& result) {
  if (result) return;
  g_as_promised = false;
  std::printf("NOT AS PROMISED: %s\n", result.message());
}

std::string holder(const lab::Function& function) {
  return function.driver.empty() ? "no driver" : function.driver;
}

void print_card(const char* what, const char* card, const lab::Boot& without,
                const lab::Boot& with) {
  for (const lab::Function& function : without.report().at(card)) {
    const auto after = with.report().at(function.address);
    std::printf("  %-13s %-26s %-18s %s\n", function.address.c_str(), what,
                holder(function).c_str(), after.empty() ? "gone" : holder(after[0]).c_str());
    what = "  its HDMI audio";
  }
}

void print_order(const lab::Boot& boot) {
  const double reserved = boot.report().recorded("0000:01:00.0").value("override_ns", 0.0) * 1e-9;
  std::printf("\nSeconds after the kernel started:\n");
  std::printf("  %7.3f  the chosen card is reserved for vfio-pci\n", reserved);
  for (const char* module : {"bochs", "snd_hda_intel"})
    if (const auto loaded = boot.report().loaded(module))
      std::printf("  %7.3f  %s is loaded, and finds the other card only\n", *loaded, module);
}

// A boot takes up to a minute where QEMU has no KVM: say that something happens.
lab::Boot boot(const char* what, const lab::Initramfs& initramfs,
               const std::vector<lab::Question>& questions) {
  std::printf("  %s …\n", what);
  std::fflush(stdout);
  return lab::boot({.kernel = "6.12"}, initramfs, questions);
}

int demo() {
  std::puts(
      "Booting a machine with two equal graphics cards, an emulated Intel IOMMU, and dracut's\n"
      "initramfs, into which the drivers bochs and snd_hda_intel are forced:");
  const lab::Boot without =
      boot("once without vfio-early", {.configuration = kConfiguration, .us = false}, {});
  const lab::Boot with = boot("once with it, then vfio-verify inside",
                              {.configuration = kConfiguration}, {{"verify", "vfio-verify"}});

  std::printf("\nDebian's kernel %s\n\n", with.report().kernel.c_str());
  std::printf("  %-13s %-26s %-18s %s\n", "function", "", "without us", "with vfio-early");
  print_card("the card for the guest", kChosen, without, with);
  print_card("the host's card", kOther, without, with);
  print_order(with);

  const lab::Answer verify = with.answer("verify");
  std::printf("\nAnd in that guest:\n# vfio-verify\n%s%s", verify.out.c_str(), verify.err.c_str());

  std::puts("");
  expect(without.left_to_host(kChosen));
  expect(without.left_to_host(kOther));
  expect(with.claimed(kChosen));
  expect(with.left_to_host(kOther));
  expect(with.untouched(kOther));
  if (verify.exit != 0)
    expect(testing::AssertionFailure() << "vfio-verify exits with " << verify.exit);
  std::puts(g_as_promised ? "All of this was observed in this run." : "This run did not keep it.");
  return g_as_promised ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return demo();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

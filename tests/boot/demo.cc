// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: boot_demo KERNEL
//
// For ci/demo: boots the same machine twice, without and with vfio-early, and shows which driver
// then has its cards. The result goes to standard output, everything else to standard error.
//
// All of the result was observed in this run. Exit 0 only if all of it is as expected, 1 if not, 2
// if a boot did not finish.
#include <cstdio>
#include <exception>
#include <string>

#include "tests/lab/lab.h"

namespace {

constexpr const char* kGuestCard = "0000:01:00";
constexpr const char* kHostCard = "0000:02:00";
constexpr const char* kConfiguration =
    "[guest]\naddress = 0000:01:00\nidentity = 1234:1111 8086:2668\n";

bool g_as_expected = true;

void expect(const testing::AssertionResult& result) {
  if (result) return;
  g_as_expected = false;
  std::printf("FAIL: %s\n", result.message());
}

std::string driver_or_none(const lab::Function& function) {
  return function.driver.empty() ? "no driver" : function.driver;
}

void print_card(const char* what, const char* card, const lab::Boot& without,
                const lab::Boot& with) {
  for (const lab::Function& function : without.report().at(card)) {
    const auto after = with.report().at(function.address);
    std::printf("  %-13s %-24s %-19s %s\n", function.address.c_str(), what,
                driver_or_none(function).c_str(),
                after.empty() ? "missing" : driver_or_none(after[0]).c_str());
    what = "  its HDMI audio";
  }
}

void print_order(const lab::Boot& boot) {
  const double reserved = boot.report().recorded("0000:01:00.0").value("override_ns", 0.0) * 1e-9;
  std::printf("\nSeconds after the kernel started:\n");
  std::printf("  %7.3f  the card for the guest is reserved for vfio-pci\n", reserved);
  for (const char* module : {"bochs", "snd_hda_intel"})
    if (const auto loaded = boot.report().loaded(module))
      std::printf("  %7.3f  %s is loaded, and finds only the host's card\n", *loaded, module);
}

lab::Boot boot(const char* how, const std::string& kernel, const lab::Initramfs& initramfs,
               const std::vector<lab::Question>& questions) {
  std::fprintf(stderr, "booting %s\n", how);
  return lab::boot({.kernel = kernel}, initramfs, questions);
}

// The verdict and the counts: the text after the last empty line.
std::string last_paragraph(const std::string& text) {
  const size_t gap = text.rfind("\n\n");
  return gap == std::string::npos ? text : text.substr(gap + 2);
}

void print_cards(const lab::Boot& without, const lab::Boot& with) {
  std::printf("\nDebian's kernel %s, two equal graphics cards:\n\n", with.report().kernel.c_str());
  std::printf("  %-13s %-24s %-19s %s\n", "function", "", "without vfio-early", "with vfio-early");
  print_card("the card for the guest", kGuestCard, without, with);
  print_card("the host's card", kHostCard, without, with);
}

void expect_both_boots(const lab::Boot& without, const lab::Boot& with) {
  expect(without.left_to_host(kGuestCard));
  expect(without.left_to_host(kHostCard));
  expect(with.claimed(kGuestCard));
  expect(with.left_to_host(kHostCard));
  expect(with.untouched(kHostCard));
  if (const int status = with.answer("verify").exit; status != 0)
    expect(testing::AssertionFailure() << "vfio-verify exits with " << status);
}

int demo(const std::string& kernel) {
  const lab::Boot without = boot("without vfio-early", kernel,
                                 {.configuration = kConfiguration, .vfio_early = false}, {});
  const lab::Boot with = boot("with vfio-early, then vfio-verify in the guest", kernel,
                              {.configuration = kConfiguration}, {{"verify", "vfio-verify"}});
  const lab::Answer verify = with.answer("verify");
  std::fprintf(stderr, "# vfio-verify\n%s%s", verify.out.c_str(), verify.err.c_str());

  print_cards(without, with);
  print_order(with);
  std::printf("\nThe report of vfio-verify in that machine:\n%s\n",
              last_paragraph(verify.out).c_str());
  expect_both_boots(without, with);
  std::puts(g_as_expected ? "PASS: all of this was observed in this run."
                          : "FAIL: this run did not show what vfio-early promises.");
  return g_as_expected ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: boot_demo KERNEL\n", stderr), 64;
  try {
    return demo(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}

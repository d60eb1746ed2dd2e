// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/text.h"
#include "tests/unit/verify_healthy.h"

namespace verify {
namespace {

using Names = std::vector<std::string>;

Inspection with_framebuffer(Names names) {
  Inspection machine = healthy();
  machine.record->functions[0].framebuffer = {.found = host::join(names, ", ")};
  machine.functions[0].framebuffers = std::move(names);
  return machine;
}

Finding of_the_vga(const Inspection& machine) {
  const Findings findings = check_bar_framebuffer(machine);
  EXPECT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[1].status, Status::kPass);
  return findings[0];
}

TEST(BarFramebuffer, PassesWhereThereNeverWasOne) {
  const Finding finding = of_the_vga(healthy());
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.subject, kVga);
}

TEST(BarFramebuffer, PassesWithWhatBecameOfIt) {
  Inspection machine = healthy();
  machine.record->functions[0].framebuffer = {.found = "efifb", .became = "it was unbound"};
  const Finding finding = of_the_vga(machine);
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_TRUE(says(finding.evidence, "efifb overlapped its BARs: it was unbound"));
}

TEST(BarFramebuffer, FailsWhileOneIsThere) {
  const Finding finding = of_the_vga(with_framebuffer({"efifb"}));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(says(finding.evidence, "efifb")) << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "initcall_blacklist=sysfb_init")) << finding.remedy;
  EXPECT_TRUE(says(finding.remedy, "update-grub")) << finding.remedy;
  EXPECT_FALSE(says(finding.remedy, "force")) << finding.remedy;
}

TEST(BarFramebuffer, NamesTheOptInForBootFb) {
  const Finding finding = of_the_vga(with_framebuffer({"BOOTFB", "simpledrm"}));
  EXPECT_TRUE(says(finding.evidence, "BOOTFB, simpledrm")) << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "framebuffer = force")) << finding.remedy;
}

TEST(BarFramebuffer, WhoAskedToKeepItIsToldSo) {
  Inspection machine = with_framebuffer({"efifb"});
  machine.record->functions[0].handling.framebuffer = plan::Framebuffer::kKeep;
  const Finding finding = of_the_vga(machine);
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(says(finding.remedy, "remove framebuffer = keep from [gaming]")) << finding.remedy;
  machine.record->boot_id = "an older boot";
  EXPECT_FALSE(says(of_the_vga(machine).remedy, "keep from")) << "that record is not of this boot";
}

TEST(BarFramebuffer, WhatCanNotBeReadIsUnknown) {
  Inspection machine = healthy();
  machine.functions[0].framebuffers = host::Error{EACCES, "open /proc/iomem"};
  EXPECT_EQ(of_the_vga(machine).status, Status::kUnknown);
}

TEST(BarFramebuffer, IsNoMatterWhileTheHostHasTheCard) {
  Inspection machine = with_framebuffer({"efifb"});
  machine.functions[0].function.driver = "amdgpu";
  EXPECT_EQ(of_the_vga(machine).status, Status::kSkip);
}

}  // namespace
}  // namespace verify

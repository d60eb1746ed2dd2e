// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/text.h"
#include "tests/unit/verify/healthy.h"

namespace verify {
namespace {

using Names = std::vector<std::string>;

Inspection with_framebuffer(Names names) {
  Inspection machine = healthy();
  machine.record->functions[0].framebuffer = {.found = host::join(names, ", ")};
  machine.functions[0].framebuffers = std::move(names);
  return machine;
}

Finding vga_finding(const Inspection& machine) {
  const Findings findings = findings_of("bar.framebuffer", machine);
  EXPECT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[1].status, Status::kPass);
  return findings[0];
}

TEST(BarFramebuffer, PassesWithoutFramebuffer) {
  const Finding finding = vga_finding(healthy());
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.subject, kVga);
}

TEST(BarFramebuffer, PassesAfterRelease) {
  Inspection machine = healthy();
  machine.record->functions[0].framebuffer = {.found = "efifb", .outcome = "it was unbound"};
  const Finding finding = vga_finding(machine);
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_TRUE(has_text(finding.evidence, "efifb overlapped its BARs: it was unbound"));
}

TEST(BarFramebuffer, FailsWithFramebuffer) {
  const Finding finding = vga_finding(with_framebuffer({"efifb"}));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "efifb")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "initcall_blacklist=sysfb_init")) << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "update-grub")) << finding.remedy;
  EXPECT_FALSE(has_text(finding.remedy, "force")) << finding.remedy;
}

TEST(BarFramebuffer, BootFbRemedyNamesForce) {
  const Finding finding = vga_finding(with_framebuffer({"BOOTFB", "simpledrm"}));
  EXPECT_TRUE(has_text(finding.evidence, "BOOTFB, simpledrm")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "framebuffer = force")) << finding.remedy;
}

// Clang with LTO gives the function another name.
TEST(BarFramebuffer, RemedyIsNotWhatIsSetAlready) {
  Inspection machine = with_framebuffer({"BOOTFB", "simpledrm"});
  machine.machine.command_line =
      host::CommandLine::parse("initcall_blacklist=foo_init,sysfb_init quiet");
  const Finding finding = vga_finding(machine);
  EXPECT_TRUE(has_text(finding.remedy, "initcall_blacklist=sysfb_init has no effect"))
      << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "grep sysfb_init /proc/kallsyms")) << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "framebuffer = force")) << finding.remedy;
  machine.machine.command_line = host::CommandLine::parse("initcall_blacklist=foo_init");
  EXPECT_TRUE(has_text(vga_finding(machine).remedy, "prevent the kernel from creating"));
}

TEST(BarFramebuffer, KeptFramebufferIsReported) {
  Inspection machine = with_framebuffer({"efifb"});
  machine.record->functions[0].handling.framebuffer = config::Framebuffer::kKeep;
  const Finding finding = vga_finding(machine);
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.remedy, "remove framebuffer = keep from [gaming]"))
      << finding.remedy;
  machine.record->boot_id = "an older boot";
  EXPECT_FALSE(has_text(vga_finding(machine).remedy, "keep from"))
      << "that record is not of this boot";
}

TEST(BarFramebuffer, UnreadableIomemIsUnknown) {
  Inspection machine = healthy();
  machine.functions[0].framebuffers = host::Error{EACCES, "open /proc/iomem"};
  EXPECT_EQ(vga_finding(machine).status, Status::kUnknown);
  EXPECT_TRUE(has_text(vga_finding(machine).remedy, "cat /proc/iomem"));
  machine.from_tree = true;
  EXPECT_EQ(vga_finding(machine).remedy, kRunAsRoot);
  machine.functions[0].framebuffers = host::Error{ENOENT, "open /proc/iomem"};
  machine.functions[0].bar_regions = host::Error{ENOENT, "open /proc/iomem"};
  EXPECT_EQ(vga_finding(machine).remedy, kCaptureAsRoot);
  EXPECT_EQ(findings_of("bar.free", machine).front().remedy, kCaptureAsRoot);
}

constexpr const char* kCanNotReserve =
    "vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0x4000000000-0x400fffffff 64bit pref]";

Finding free_finding(Names regions, const std::vector<std::string>& log = {}) {
  Inspection machine = healthy();
  machine.functions[0].bar_regions = std::move(regions);
  machine.kernel_log = log_of(log);
  return findings_of("bar.free", machine).front();
}

TEST(BarFree, RegionOfOtherDriverIsNamed) {
  Finding finding = free_finding({"mystery"});
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, "/proc/iomem has 'mystery' inside a BAR"))
      << finding.evidence;
  finding = free_finding({"mystery"}, {kCanNotReserve});
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "a BAR is held by 'mystery' (/proc/iomem)"))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.evidence, kCanNotReserve)) << finding.evidence;
  finding = free_finding({"mystery"}, {"x[1]: 0000:01:00.0: BAR 1: can't reserve [mem 0x4000]"});
  EXPECT_EQ(finding.status, Status::kWarn) << "a program wrote that line";
}

TEST(BarFree, OwnRegionsPass) {
  for (const char* name : {"vfio-pci", "vfio", "mlx5_vfio_pci", "Reserved"})
    EXPECT_EQ(free_finding({name}).status, Status::kPass) << name;
}

TEST(BarFree, FramebufferIsReportedByItsOwnCheck) {
  Inspection machine = with_framebuffer({"efifb"});
  machine.functions[0].bar_regions = Names{"efifb"};
  const Finding finding = findings_of("bar.free", machine).front();
  EXPECT_EQ(finding.status, Status::kSkip);
  EXPECT_EQ(finding.cause, "bar.framebuffer");
}

TEST(BarFree, HostDriverIsSkipped) {
  Inspection machine = healthy();
  machine.functions[0].function.driver = "xhci_hcd";
  machine.functions[0].bar_regions = Names{"xhci-hcd"};
  EXPECT_EQ(findings_of("bar.free", machine).front().status, Status::kSkip);
}

TEST(BarFramebuffer, IsSkippedOnHostDriver) {
  Inspection machine = with_framebuffer({"efifb"});
  machine.functions[0].function.driver = "amdgpu";
  EXPECT_EQ(vga_finding(machine).status, Status::kSkip);
}

}  // namespace
}  // namespace verify

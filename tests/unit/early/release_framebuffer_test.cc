// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is written to release a boot framebuffer. Only a kernel can show that the BAR is free then:
// tests/boot.
#include "early/framebuffer.h"
#include "tests/unit/fake_tree.h"

namespace early {
namespace {

class ReleaseFramebuffer : public testing::Test {
 protected:
  ReleaseFramebuffer() {
    tree_.function("0000:01:00.0", "1234:1111", "38000", "vfio-pci");
    tree_.file(kDevice + "/resource", "0x00000000c2000000 0x00000000c2ffffff 0x0000000000042208\n");
    tree_.file("/proc/fb", "").file("/dev/kmsg", "");
    tree_.file(kConsole + "/name", "(M) frame buffer device\n").file(kConsole + "/bind", "1\n");
    tree_.file("/sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
    tree_.file("/sys/class/vtconsole/vtcon0/bind", "0\n");
    for (const std::string& device : {kEfi, kSimple}) tree_.file(device, "");
  }

  // Sets the regions over the BAR, each one nested in the one before.
  void set_regions(std::initializer_list<std::string> names) {
    std::string iomem = "c2000000-c2ffffff : 0000:01:00.0\n", indent = "  ";
    for (const std::string& name : names) {
      iomem += indent + "c2000000-c23e7fff : " + name + "\n";
      indent += "  ";
    }
    tree_.file("/proc/iomem", iomem);
  }

  // Returns the record after both steps.
  record::FunctionRecord run(config::Framebuffer policy, const std::string& kernel = "6.12.117") {
    record::FunctionRecord function;
    function.card = "gaming";
    function.address = *host::PciAddress::parse("0000:01:00.0");
    function.id = {0x1234, 0x1111};
    function.wanted_driver = "vfio-pci";
    function.override_ns = 1;
    function.handling.framebuffer = policy;
    record::Record record;
    record.kernel_release = kernel;
    record.functions = {function};
    find_framebuffers(tree_.root(), record);
    release_framebuffer(tree_.root(), record.functions[0]);
    return record.functions[0];
  }

  FakeTree tree_;
  const std::string kDevice = "/sys/bus/pci/devices/0000:01:00.0";
  const std::string kConsole = "/sys/class/vtconsole/vtcon1";
  const std::string kEfi = "/sys/bus/platform/devices/efi-framebuffer.0/driver/unbind";
  const std::string kSimple = "/sys/bus/platform/devices/simple-framebuffer.0/driver/unbind";
};

TEST_F(ReleaseFramebuffer, UnbindsEfifbAfterTheConsoles) {
  set_regions({"efifb"});
  const auto function = run(config::Framebuffer::kRelease);
  EXPECT_EQ(tree_.text(kConsole + "/bind").substr(0, 1), "0");
  EXPECT_EQ(tree_.text(kEfi), "efi-framebuffer.0");
  EXPECT_EQ(tree_.text(kSimple), "");
  EXPECT_EQ(function.framebuffer.found, "efifb");
  EXPECT_EQ(function.framebuffer.left, "efifb");  // no kernel removed it here, and this is noticed
  EXPECT_FALSE(function.framebuffer.remedy.empty());
}

TEST_F(ReleaseFramebuffer, MovesConsolesToOtherFramebuffer) {
  set_regions({"efifb"});
  tree_.file("/proc/fb", "1 bochs-drmdrmfb\n");
  run(config::Framebuffer::kRelease);
  EXPECT_EQ(tree_.text(kConsole + "/bind").substr(0, 1), "1");
}

TEST_F(ReleaseFramebuffer, KeepWritesNothing) {
  set_regions({"efifb"});
  const auto function = run(config::Framebuffer::kKeep);
  EXPECT_EQ(tree_.text(kConsole + "/bind"), "1\n");
  EXPECT_EQ(tree_.text(kEfi), "");
  EXPECT_EQ(function.framebuffer.outcome, "framebuffer = keep");
}

TEST_F(ReleaseFramebuffer, WritesNothingWithoutFramebuffer) {
  set_regions({"vfio-pci"});
  const auto function = run(config::Framebuffer::kRelease);
  EXPECT_EQ(tree_.text(kConsole + "/bind"), "1\n");
  EXPECT_EQ(function.framebuffer.found, "");
  EXPECT_EQ(tree_.text("/dev/kmsg"), "");
}

TEST_F(ReleaseFramebuffer, BootFbIsReleasedOnlyWithForce) {
  set_regions({"BOOTFB", "simpledrm"});
  const auto function = run(config::Framebuffer::kRelease);
  EXPECT_EQ(tree_.text(kSimple), "");
  EXPECT_EQ(tree_.text(kConsole + "/bind"), "1\n");
  EXPECT_EQ(tree_.text(kDevice + "/driver_override"), "(null)\n");
  EXPECT_NE(function.framebuffer.remedy.find("initcall_blacklist=sysfb_init"), std::string::npos);
  EXPECT_NE(function.framebuffer.remedy.find("framebuffer = force"), std::string::npos);
}

TEST_F(ReleaseFramebuffer, RemedyIsNotWhatIsSetAlready) {
  set_regions({"BOOTFB", "simpledrm"});
  tree_.file("/proc/cmdline", "quiet initcall_blacklist=sysfb_init\n");
  const std::string remedy = run(config::Framebuffer::kRelease).framebuffer.remedy;
  EXPECT_TRUE(remedy.starts_with("initcall_blacklist=sysfb_init has no effect")) << remedy;
  EXPECT_NE(remedy.find("grep sysfb_init /proc/kallsyms"), std::string::npos) << remedy;
}

TEST_F(ReleaseFramebuffer, CorebootRegionIsNotReleased) {
  set_regions({"coreboot-framebuffer.0", "corebootdrm"});
  const auto function = run(config::Framebuffer::kRelease);
  EXPECT_EQ(function.framebuffer.left, "coreboot-framebuffer.0, corebootdrm");
  EXPECT_NE(function.framebuffer.remedy.find("initcall_blacklist=framebuffer_driver_init"),
            std::string::npos);
  EXPECT_EQ(function.framebuffer.remedy.find("force"), std::string::npos)
      << "the kernel does not take this one away";
}

TEST_F(ReleaseFramebuffer, ForceIsRefusedBelowLinux611) {
  set_regions({"BOOTFB"});
  for (const char* kernel : {"6.10.14-amd64", "6.1.0-56-amd64", "5.15", "rubbish", ""}) {
    const auto function = run(config::Framebuffer::kForce, kernel);
    EXPECT_EQ(tree_.text(kDevice + "/driver_override"), "(null)\n") << kernel;
    EXPECT_NE(function.framebuffer.outcome.find("6.11"), std::string::npos) << kernel;
  }
}

// Even if everything else fails (here no module is loaded, because the tree is not the running
// machine), the override names the wanted driver again.
TEST_F(ReleaseFramebuffer, ForceRestoresTheOverride) {
  set_regions({"BOOTFB"});
  for (const char* kernel : {"6.11.0", "6.12.117+deb12-amd64", "7.0.1"}) {
    tree_.file(kDevice + "/driver_override", "");
    run(config::Framebuffer::kForce, kernel);
    EXPECT_EQ(tree_.text(kDevice + "/driver_override"), "vfio-pci") << kernel;
  }
}

}  // namespace
}  // namespace early

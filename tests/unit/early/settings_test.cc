// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is written before bind, and the messages if it cannot be written. QEMU has no card with a
// resizable BAR: this is the only test of resizing.
#include "early/settings.h"

#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/bind.h"
#include "host/fd.h"
#include "tests/unit/fake_tree.h"

namespace early {
namespace {

using record::FunctionRecord;

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    tree_.function("0000:01:00.0", "10DE:1B81", "30000");
    tree_.file(device_ + "/resource",
               "0x00000000fd000000 0x00000000fdffffff 0x0000000000040200\n"
               "0x000000e000000000 0x000000e00fffffff 0x000000000014220c\n");
    tree_.file(device_ + "/resource1_resize", "0000000000003f00\n");  // 256 MB to 8 GB
    tree_.file(device_ + "/reset_method", "flr bus\n");
  }

  // The record of a card with one function, before and after bind.
  FunctionRecord apply(config::Handling handling) {
    record::Record record;
    record.functions.push_back({.card = "a",
                                .address = *host::PciAddress::parse("0000:01:00.0"),
                                .class_code = 0x030000,
                                .wanted_driver = "vfio-pci",
                                .state = record::State::kReserved,
                                .handling = std::move(handling)});
    apply_settings(tree_.root(), record);
    apply_settings(tree_.root(), record);  // a bind that was killed is completed by another
    record.functions[0].state = record::State::kBound;
    check_module_option(tree_.root(), record);
    return record.functions[0];
  }

  static std::string warning(const FunctionRecord& function) {
    return function.warnings.size() == 1 ? function.warnings[0] : "";
  }

  FakeTree tree_;
  const std::string device_ = "/sys/bus/pci/devices/0000:01:00.0";
};

TEST_F(SettingsTest, BarSizeIsWrittenAsLogarithm) {
  EXPECT_TRUE(apply({.bar_sizes = {{1, 8192}}}).warnings.empty());
  EXPECT_EQ(tree_.text(device_ + "/resource1_resize").substr(0, 2), "13");
}

TEST_F(SettingsTest, CurrentBarSizeIsNotWritten) {
  EXPECT_TRUE(apply({.bar_sizes = {{1, 256}}}).warnings.empty());
  EXPECT_EQ(tree_.text(device_ + "/resource1_resize"), "0000000000003f00\n");
}

TEST_F(SettingsTest, UnsupportedBarSizeListsSupportedSizes) {
  const std::string message = warning(apply({.bar_sizes = {{1, 16384}}}));
  EXPECT_NE(message.find("BAR 1 is not 16G"), std::string::npos) << message;
  EXPECT_NE(message.find("one of 256M 512M 1G 2G 4G 8G"), std::string::npos) << message;
  EXPECT_EQ(tree_.text(device_ + "/resource1_resize"), "0000000000003f00\n");
}

TEST_F(SettingsTest, FixedSizeBarIsReported) {
  const std::string message = warning(apply({.bar_sizes = {{0, 256}}}));
  EXPECT_NE(message.find("BAR 0 is not 256M: the BAR is not resizable"), std::string::npos)
      << message;
}

TEST_F(SettingsTest, ResetMethodIsWritten) {
  EXPECT_TRUE(apply({.reset_method = "bus"}).warnings.empty());
  EXPECT_EQ(tree_.text(device_ + "/reset_method").substr(0, 3), "bus");
  std::filesystem::remove(tree_.directory() / (device_ + "/reset_method").substr(1));
  EXPECT_NE(warning(apply({.reset_method = "bus"})).find("older than 5.15"), std::string::npos);
}

// No module can be loaded for a fake tree: the card is bound nevertheless.
TEST_F(SettingsTest, ModuleThatIsNotLoadedIsReportedOncePerCard) {
  record::Record record;
  for (const char* address : {"0000:01:00.0", "0000:01:00.1", "0000:02:00.0"})
    record.functions.push_back({.card = std::string(address) < "0000:02" ? "a" : "b",
                                .address = *host::PciAddress::parse(address),
                                .wanted_driver = "vfio-pci",
                                .state = record::State::kReserved,
                                .handling = {.modules = {"vendor-reset"}}});
  record.functions[2].state = record::State::kHeld;  // it is not bound, so nothing is loaded for it
  load_extra_modules(tree_.root(), record);
  load_extra_modules(tree_.root(), record);
  EXPECT_NE(warning(record.functions[0]).find("modules: vendor-reset is not loaded: "),
            std::string::npos);
  EXPECT_TRUE(record.functions[1].warnings.empty());
  EXPECT_TRUE(record.functions[2].warnings.empty());
}

TEST_F(SettingsTest, UnsetModuleOptionIsReported) {
  const std::string parameter = "/sys/module/vfio_pci/parameters/disable_idle_d3";
  tree_.file(parameter, "Y\n");
  EXPECT_TRUE(apply({.disable_idle_d3 = true}).warnings.empty());
  tree_.file(parameter, "N\n");
  EXPECT_TRUE(apply({}).warnings.empty());
  EXPECT_NE(warning(apply({.disable_idle_d3 = true})).find("vfio_pci.disable_idle_d3=1"),
            std::string::npos);
}

// Linux 7.3 reads the parameter when a function is bound. Older kernels read it once, when the
// module is loaded, and a later Y would have no effect.
class ModuleOption : public SettingsTest {
 protected:
  // Binds the card. What matters is its driver at the time when the parameter is written.
  FunctionRecord bind_card() {
    record::Record record;
    record.functions.push_back({.card = "a",
                                .address = *host::PciAddress::parse("0000:01:00.0"),
                                .class_code = 0x030000,
                                .wanted_driver = "vfio-pci",
                                .state = record::State::kReserved,
                                .override_ns = 1,
                                .handling = {.disable_idle_d3 = true}});
    bind(tree_.root(), record, DeviceUse::kUnused);
    return record.functions[0];
  }
  static constexpr const char* kSymbolsOfLinux73 =
      "ffffffff81000000 t vfio_pci_init_dev\t[vfio_pci]\n";
  static constexpr const char* kSymbolsOfLinux612 =
      "ffffffff81000000 T vfio_pci_core_set_params\t[vfio_pci_core]\n";
  const std::string parameter_ = "/sys/module/vfio_pci/parameters/disable_idle_d3";
};

// Before a function is bound, bind waits for its probes at power/control. A full pipe there makes
// this wait last until the parameter has been read: the kernel would use the value that it has
// then.
TEST_F(ModuleOption, IsWrittenBeforeTheFunctionIsBound) {
  tree_.file(parameter_, "N\n").file("/proc/kallsyms", kSymbolsOfLinux73).file("/dev/kmsg", "");
  const std::string lock = tree_.directory() / (device_ + "/power/control").substr(1);
  std::filesystem::create_directory(tree_.directory() / (device_ + "/power").substr(1));
  ASSERT_EQ(::mkfifo(lock.c_str(), 0600), 0);
  const host::Fd pipe(::open(lock.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  std::string page(4096, 'x');
  while (::write(pipe.get(), page.data(), page.size()) > 0) continue;
  std::string at_binding;
  std::thread kernel([&] {
    for (int i = 0; i < 1000 && at_binding != "Y"; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      at_binding = tree_.text(parameter_).substr(0, 1);
    }
    while (::read(pipe.get(), page.data(), page.size()) > 0) continue;
  });
  bind_card();
  kernel.join();
  EXPECT_EQ(at_binding, "Y");
}

TEST_F(ModuleOption, IsNotWrittenIfIgnoredByKernel) {
  tree_.file("/dev/kmsg", "").file("/sys/bus/pci/drivers/vfio-pci/bind", "");
  for (const char* symbols : {kSymbolsOfLinux612, ""}) {
    tree_.file(parameter_, "N\n").file("/proc/kallsyms", symbols);
    bind_card();
    EXPECT_EQ(tree_.text(parameter_), "N\n") << symbols;
  }
}

TEST_F(ModuleOption, IsTooLateForBoundFunction) {
  tree_.file(parameter_, "N\n").file("/proc/kallsyms", kSymbolsOfLinux73).file("/dev/kmsg", "");
  tree_.link(device_ + "/driver", "../../../../bus/pci/drivers/vfio-pci");
  const FunctionRecord function = bind_card();
  EXPECT_EQ(function.state, record::State::kBound);
  EXPECT_EQ(tree_.text(parameter_).substr(0, 1), "Y") << "for what is bound later";
  EXPECT_NE(warning(function).find("vfio_pci.disable_idle_d3=1"), std::string::npos)
      << warning(function);
}

TEST_F(ModuleOption, IsNotWrittenWithoutRequest) {
  tree_.file(parameter_, "N\n").file("/proc/kallsyms", kSymbolsOfLinux73);
  record::Record record;
  record.functions.push_back(
      {.address = *host::PciAddress::parse("0000:01:00.0"), .wanted_driver = "vfio-pci"});
  set_module_option(tree_.root(), record);
  EXPECT_EQ(tree_.text(parameter_), "N\n");
}

// A user sets the size of a BAR for the display function, not for the card's audio function.
TEST_F(SettingsTest, OnlyTheDisplayFunctionGetsWarning) {
  tree_.function("0000:01:00.1", "10DE:10F0", "40300");
  record::Record record;
  for (const auto& [address, code] :
       {std::pair("0000:01:00.0", 0x030000u), std::pair("0000:01:00.1", 0x040300u)})
    record.functions.push_back({.card = "a",
                                .address = *host::PciAddress::parse(address),
                                .class_code = code,
                                .wanted_driver = "vfio-pci",
                                .state = record::State::kReserved,
                                .handling = {.bar_sizes = {{0, 256}}, .reset_method = "flr"}});
  apply_settings(tree_.root(), record);
  EXPECT_EQ(record.functions[0].warnings.size(), 1u);
  EXPECT_TRUE(record.functions[1].warnings.empty());
}

}  // namespace
}  // namespace early

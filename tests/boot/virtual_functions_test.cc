// SPDX-License-Identifier: GPL-2.0-or-later
//
// 'vfs': virtual functions are created and claimed, and no host driver binds one before. The kernel
// logs every bind: dyndbg= enables the messages of drivers/base/dd.c.
#include "tests/lab/lab.h"

namespace {

using lab::Kind;

constexpr const char* kPhysical = "0000:01:00.0";
constexpr const char* kTraceBinds =
    "log_buf_len=4M dyndbg=\"file drivers/base/dd.c func really_probe +p\"";

// A card, its host driver, and where its first two virtual functions appear.
struct Sriov {
  const char* name;
  Kind kind;
  const char* module;
  const char* first;
  const char* second;
  const char* host_driver;  // of a virtual function
};

constexpr Sriov kNvme = {"Nvme", Kind::kSriovNvme, "nvme", "0000:01:00.1", "0000:01:00.2", "nvme"};
constexpr Sriov kNetwork = {"Network",      Kind::kSriovNetwork, "igb",
                            "0000:01:10.0", "0000:01:10.2",      "igbvf"};

void PrintTo(const Sriov& card, std::ostream* out) {
  *out << card.name;
}

std::string section(const std::string& lines) {
  return "[virtual]\naddress = 0000:01:00.0\n" + lines;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The drivers that were bound to the function, in order: "vfio-pci 0000:01:00.1: bus: 'pci':
// really_probe: bound device to driver vfio-pci", in 6.1 "bound device 0000:01:00.1 to driver …".
// The message "probing driver" proves nothing: pci_device_probe() may still refuse the driver.
std::vector<std::string> bound_drivers(const lab::Boot& seen, const std::string& function) {
  const std::string words = "to driver ";
  std::vector<std::string> drivers;
  for (const std::string& line : seen.report().log(function)) {
    const size_t begin = line.find(words);
    if (begin == line.npos || line.find("bound device") == line.npos) continue;
    const size_t name = begin + words.size();
    const std::string driver = line.substr(name, line.find(' ', name) - name);
    if (drivers.empty() || drivers.back() != driver) drivers.push_back(driver);
  }
  return drivers;
}

using Drivers = std::vector<std::string>;

// Has a driver's own probe run for the function? It enables the device, or logs something else:
// "nvme 0000:01:00.1: enabling device". QEMU's NVMe functions then fail, so they are not bound.
bool has_probed(const lab::Boot& seen, const std::string& driver, const std::string& function) {
  return !seen.report().log(driver + " " + function + ":").empty();
}

void expect_claimed(const lab::Boot& seen, const Sriov& card, const Drivers& drivers) {
  for (const char* function : {card.first, card.second}) {
    EXPECT_TRUE(seen.recorded(function, "bound"));
    EXPECT_EQ(seen.report().at(function).at(0).driver, "vfio-pci");
    EXPECT_EQ(seen.report().at(function).at(0).driver_override, "vfio-pci");
    EXPECT_EQ(seen.report().recorded(function).value("found", "?"), "");
    EXPECT_EQ(seen.report().recorded(function).value("physical_function", ""), kPhysical);
    EXPECT_EQ(bound_drivers(seen, function), drivers) << function;
    EXPECT_FALSE(has_probed(seen, card.host_driver, function)) << function;
  }
  EXPECT_TRUE(seen.untouched(kPhysical));
  EXPECT_EQ(seen.report().at(kPhysical).at(0).driver, card.module);
}

class VirtualFunctionsOfSection : public testing::TestWithParam<std::tuple<Sriov, std::string>> {
 protected:
  static const Sriov& card() { return std::get<0>(GetParam()); }
  static lab::Machine machine(const std::string& arguments = "") {
    return {.kernel = std::get<1>(GetParam()),
            .cards = {{.kind = card().kind}, {}},
            .arguments = kTraceBinds + (arguments.empty() ? "" : " " + arguments)};
  }
};

// The driver of the physical function is loaded in the initramfs. When udev has settled, the number
// of virtual functions is kept.
lab::Overlay load_driver(const Sriov& card) {
  return {.path = "usr/lib/dracut/hooks/pre-mount/10-load.sh",
          .text = "modprobe " + std::string(card.module) +
                  "\nudevadm settle\n"
                  "cat /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs > /run/settled\n"};
}

TEST_P(VirtualFunctionsOfSection, AreClaimedBeforeHostDrivers) {
  const lab::Boot seen = lab::boot(
      machine(),
      {.configuration = section("vfs = 2\n"), .overlays = {load_driver(card())}, .systemd = false},
      {{"autoprobe", "cat /sys/bus/pci/devices/0000:01:00.0/sriov_drivers_autoprobe"},
       {"settled", "cat /run/settled"},
       {"plan", "vfio-early plan"},
       {"verify", "vfio-verify --format json"}});
  expect_claimed(seen, card(), {"vfio-pci"});
  EXPECT_EQ(seen.answer("autoprobe").out, "0\n");
  EXPECT_EQ(seen.answer("settled").out, "2\n");
  EXPECT_TRUE(seen.logged("virtual: 2 virtual functions of 0000:01:00.0 are created"));
  EXPECT_EQ(seen.answer("plan").exit, 0) << seen.answer("plan").out;
  const nlohmann::json physical = seen.report().record["physical_functions"][0];
  EXPECT_EQ(physical.value("state", ""), "created") << physical.dump();
  EXPECT_LT(physical.value("autoprobe_ns", 0.0), physical.value("created_ns", 0.0));
  for (const char* function : {card().first, card().second})
    for (const char* check : {"bind.driver", "bind.override", "bind.plan"})
      EXPECT_EQ(seen.finding("verify", check, function).value("status", ""), "pass")
          << seen.finding("verify", check, function).dump();
}

// The negative test of the udev rule: bind creates them only later, before the real root starts.
TEST_P(VirtualFunctionsOfSection, AreCreatedLaterWithoutUdevRule) {
  const lab::Boot seen = lab::boot(
      machine(),
      {.configuration = section("vfs = 2\n"),
       .overlays = {load_driver(card()),
                    {.path = "usr/lib/udev/rules.d/60-vfio-early.rules", .text = "# none\n"}},
       .systemd = false},
      {{"settled", "cat /run/settled"}});
  EXPECT_EQ(seen.answer("settled").out, "0\n");
  expect_claimed(seen, card(), {"vfio-pci"});
}

// The negative test: without 'vfs', another program creates them, and the host's driver gets them.
TEST_P(VirtualFunctionsOfSection, GoToHostDriverWithoutIt) {
  const std::string load = "modprobe " + std::string(card().module) + "\nmodprobe " +
                           card().host_driver + "\nudevadm settle\n" +
                           "echo 2 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs\n"
                           "udevadm settle\n";
  const lab::Boot seen = lab::boot(
      machine(), {.configuration = "[gaming]\naddress = 0000:02:00\nonly-display = allow\n",
                  .overlays = {{.path = "usr/lib/dracut/hooks/pre-mount/10-load.sh", .text = load}},
                  .systemd = false});
  for (const char* function : {card().first, card().second}) {
    EXPECT_TRUE(seen.untouched(function));
    EXPECT_TRUE(has_probed(seen, card().host_driver, function)) << function;
  }
  EXPECT_TRUE(seen.recorded("0000:02:00", "bound"));
}

// "2 0" are sriov_numvfs and sriov_drivers_autoprobe; then "DRIVER OVERRIDE" of each virtual
// function that exists.
constexpr const char* kShowState = R"look(cd /sys/bus/pci/devices/0000:01:00.0
echo "$(cat sriov_numvfs) $(cat sriov_drivers_autoprobe)"
for link in virtfn*; do
  [ -e "$link" ] || continue
  driver=$(readlink $link/driver)
  echo "${driver##*/} $(cat $link/driver_override)"
done
)look";

constexpr const char* kLook = "sh /usr/lab/look";
constexpr const char* kAdopt = "env ACTION=bind vfio-early adopt 0000:01:00.0";
constexpr const char* kNone = "0 0\n";
constexpr const char* kClaimed = "2 0\nvfio-pci vfio-pci\nvfio-pci vfio-pci\n";

// A boot whose initramfs does not load the card's driver.
lab::Boot boot_without_driver(const lab::Machine& machine,
                              const std::vector<lab::Question>& questions) {
  return lab::boot(machine,
                   {.configuration = section("vfs = 2\n"),
                    .overlays = {{.path = "usr/lab/look", .text = kShowState}},
                    .systemd = false},
                   questions);
}

// After the initramfs: the driver is loaded, unloaded and loaded again. igb removes its virtual
// functions when it is unloaded, nvme does not.
TEST_P(VirtualFunctionsOfSection, AreCreatedWheneverDriverIsBound) {
  const std::string load = "modprobe " + std::string(card().module);
  const lab::Boot seen =
      boot_without_driver(machine("modprobe.blacklist=" + std::string(card().module)),
                          {{"plan", "vfio-early plan"},
                           {"missing", "vfio-verify --format json"},
                           {"before", kLook},
                           {"load", load},
                           {"adopt", kAdopt},
                           {"created", kLook},
                           {"unload", "rmmod " + std::string(card().module)},
                           {"again", load},
                           {"adopt_again", kAdopt},
                           {"created_again", kLook},
                           {"verify", "vfio-verify --format json"}});
  EXPECT_EQ(seen.answer("plan").exit, 0);
  for (const char* words : {card().first, card().second, "(when created)"})
    EXPECT_TRUE(contains(seen.answer("plan").out, words)) << seen.answer("plan").out;
  EXPECT_TRUE(seen.logged("are not created yet: its driver is not bound yet"));
  EXPECT_TRUE(contains(seen.answer("missing").out, "0 of 2 virtual functions of 0000:01:00.0"))
      << seen.answer("missing").out;
  EXPECT_EQ(seen.answer("before").out, kNone);
  for (const char* adopt : {"adopt", "adopt_again"})
    EXPECT_EQ(seen.answer(adopt).exit, 0) << seen.answer(adopt).err;
  EXPECT_EQ(seen.answer("created").out, kClaimed);
  EXPECT_EQ(seen.answer("unload").exit, 0) << seen.answer("unload").err;
  EXPECT_EQ(seen.answer("created_again").out, kClaimed);
  for (const char* function : {card().first, card().second}) {
    EXPECT_EQ(bound_drivers(seen, function), Drivers{"vfio-pci"});
    EXPECT_FALSE(has_probed(seen, card().host_driver, function)) << function;
    for (const char* check : {"bind.driver", "bind.history"})
      EXPECT_EQ(seen.finding("verify", check, function).value("status", ""), "pass")
          << seen.finding("verify", check, function).dump();
  }
}

TEST_P(VirtualFunctionsOfSection, AreRemovedOnReleaseAndCreatedOnClaim) {
  const lab::Boot seen = boot_without_driver(
      machine("modprobe.blacklist=" + std::string(card().module)),
      {{"load", "modprobe " + std::string(card().module)},
       {"claim", "vfio-early claim"},
       {"used", "sh -c 'exec 3<>/dev/vfio/$(basename $(readlink /sys/bus/pci/devices/" +
                    std::string(card().second) + "/iommu_group)); vfio-early release virtual'"},
       {"kept", kLook},
       {"release", "vfio-early release virtual"},
       {"released", kLook},
       {"adopt", kAdopt},
       {"still", kLook},
       {"again", "vfio-early claim"},
       {"created", kLook},
       {"one", "vfio-early release " + std::string(card().first)},
       {"other", kLook}});
  EXPECT_EQ(seen.answer("claim").exit, 0) << seen.answer("claim").err;
  EXPECT_EQ(seen.answer("used").exit, 1) << seen.answer("used").err;
  EXPECT_EQ(seen.answer("kept").out, kClaimed) << "a guest uses one of them";
  EXPECT_EQ(seen.answer("release").exit, 0) << seen.answer("release").err;
  EXPECT_EQ(seen.answer("released").out, "0 1\n");
  EXPECT_EQ(seen.answer("adopt").exit, 0) << seen.answer("adopt").err;
  EXPECT_EQ(seen.answer("still").out, "0 1\n") << "released until the user claims them again";
  EXPECT_EQ(seen.answer("again").exit, 0) << seen.answer("again").err;
  EXPECT_EQ(seen.answer("created").out, kClaimed);
  EXPECT_EQ(seen.answer("one").exit, 0) << seen.answer("one").err;
  EXPECT_TRUE(contains(seen.answer("other").out, "\nvfio-pci vfio-pci\n"))
      << seen.answer("other").out;
  EXPECT_TRUE(contains(seen.answer("other").out, " (null)\n")) << seen.answer("other").out;
  EXPECT_EQ(bound_drivers(seen, card().second), Drivers{"vfio-pci"});
}

// The negative test of both: nothing is written.
TEST_P(VirtualFunctionsOfSection, AreNotCreatedIfThereAreTooFew) {
  const lab::Boot seen = lab::boot(
      machine(),
      {.configuration = section("vfs = 9\n"), .overlays = {load_driver(card())}, .systemd = false},
      {{"autoprobe", "cat /sys/bus/pci/devices/0000:01:00.0/sriov_drivers_autoprobe"},
       {"count", "cat /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"},
       {"plan", "vfio-early plan"}});
  EXPECT_TRUE(seen.logged("virtual", "'vfs = 9' is too large", "Remedy: set 'vfs' to at most"));
  EXPECT_EQ(seen.answer("autoprobe").out, "1\n");
  EXPECT_EQ(seen.answer("count").out, "0\n");
  EXPECT_EQ(seen.answer("plan").exit, 1);
  EXPECT_EQ(seen.report().at(kPhysical).at(0).driver, card().module);
}

class VirtualFunctionsOfDriver : public lab::BootTest {};

// The device has 8, but igb keeps one for itself, which shows only when it is bound.
TEST_P(VirtualFunctionsOfDriver, AreReportedIfItAllowsFewer) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .cards = {{.kind = kNetwork.kind}, {}}},
                                   {.configuration = section("vfs = 8\n"),
                                    .overlays = {load_driver(kNetwork)},
                                    .systemd = false},
                                   {{"count", "cat /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"},
                                    {"verify", "vfio-verify --format json"}});
  EXPECT_TRUE(seen.logged("are not created: its driver igb does not allow so many", "Remedy"));
  EXPECT_TRUE(seen.logged("'vfs = 8' is too large: 0000:01:00.0 has at most 7"));
  EXPECT_EQ(seen.answer("count").out, "0\n");
  EXPECT_EQ(seen.answer("verify").exit, 1);
  EXPECT_EQ(seen.report().record["physical_functions"][0].value("state", ""), "failed");
  EXPECT_EQ(seen.report().at(kPhysical).at(0).driver, "igb");
}

LONG_ON_STOCK_KERNELS(VirtualFunctionsOfDriver);

std::string name_of(const testing::TestParamInfo<std::tuple<Sriov, std::string>>& parameters) {
  std::string kernel = std::get<1>(parameters.param);
  for (char& c : kernel)
    if (c == '.') c = '_';
  return std::string(std::get<0>(parameters.param).name) + "_on_" + kernel;
}

INSTANTIATE_TEST_SUITE_P(Long, VirtualFunctionsOfSection,
                         testing::Combine(testing::Values(kNvme, kNetwork),
                                          testing::ValuesIn(lab::stock_kernels())),
                         name_of);

}  // namespace

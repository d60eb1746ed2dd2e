// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: boot_ways KERNEL DRIVERCTL RESULTS [WAY | WAY/SCENARIO]…
//
// Who gets the card: boots each way in which people reserve a card today in each scenario, and
// appends a line to RESULTS as soon as a boot has ended:
//   KERNEL <tab> RELEASE <tab> WAY <tab> SCENARIO <tab> OUTCOME <tab> DETAILS
// A cell that RESULTS already has is not run again, so an interrupted run can be continued.
// Remove RESULTS for a new run.
//
// DRIVERCTL: a directory with the files of driverctl's package and of its module for dracut. "":
// its cells are not run.
//
// The ways are data: files that a user writes, as the guides of today describe them, and parameters
// of the kernel. The generators are stock; only driverctl and vfio-early have files of their own.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/boot/outcome.h"
#include "tests/lab/images.h"
#include "tests/lab/lab.h"

namespace {

namespace fs = std::filesystem;
using lab::Generator;
using lab::Kind;

// The card as the user names it.
struct Configured {
  std::string ids = "1234:1111,8086:2668";
  std::vector<std::string> addresses = {"0000:01:00.0", "0000:01:00.1"};
  std::string section = "address = 0000:01:00\nidentity = 1234:1111 8086:2668\n";
};

// A file on the machine, its path without a leading slash.
struct File {
  std::string path;
  std::string text;
  bool executable = false;
};
using Files = std::vector<File>;

// Guides list these for the initramfs and for the booted system.
constexpr const char* kModules = "vfio\nvfio_iommu_type1\nvfio_pci\n";

// The host drivers of the lab's card, in place of nouveau, amdgpu and so on.
constexpr const char* kHostModules[] = {"bochs", "snd_hda_intel"};

std::string soft_dependencies(const std::string& modules) {
  std::string text;
  for (const char* host : kHostModules)
    text += std::string("softdep ") + host + " pre: " + modules + "\n";
  return text;
}

Files modprobe_files(const Configured& card) {
  return {{"etc/modprobe.d/vfio.conf",
           "options vfio-pci ids=" + card.ids + "\n" + soft_dependencies("vfio-pci")},
          {"etc/initramfs-tools/modules", kModules},
          {"etc/modules-load.d/vfio.conf", kModules}};
}

Files command_line_files(const Configured&) {
  return {{"etc/modules-load.d/vfio.conf", kModules}};
}

std::string command_line_ids(const Configured& card) {
  return " vfio-pci.ids=" + card.ids;
}

// quickpassthrough writes the ids to the kernel command line, and only a comment with them to
// modprobe.d.
Files quickpassthrough_files(const Configured& card) {
  return {{"etc/modprobe.d/vfio.conf",
           "#options vfio_pci ids=" + card.ids + "\n" + soft_dependencies("vfio vfio_pci")},
          {"etc/initramfs-tools/modules", kModules},
          {"etc/modules-load.d/modules.conf", kModules}};
}

std::string quickpassthrough_arguments(const Configured& card) {
  return " iommu=pt vfio_pci.ids=" + card.ids;
}

std::string override_script(const Configured& card) {
  std::string functions;
  for (const std::string& address : card.addresses) functions += " " + address;
  return "#!/bin/sh\n[ \"$1\" != prereqs ] || exit 0\nif [ \"$(ls /sys/class/iommu)\" ]; then\n"
         "  for function in" +
         functions +
         "; do\n"
         "    echo vfio-pci > /sys/bus/pci/devices/$function/driver_override\n  done\nfi\n"
         "modprobe -i vfio-pci\n";
}

// Its name sorts before udev, which starts the drivers.
Files script_files(const Configured& card) {
  return {{"etc/initramfs-tools/scripts/init-top/bind_vfio.sh", override_script(card), true},
          {"etc/initramfs-tools/modules", kModules},
          {"etc/modules-load.d/vfio.conf", kModules}};
}

// modprobe runs the script in place of loading vfio-pci.
Files mkinitcpio_files(const Configured& card) {
  const std::string script = "usr/local/bin/vfio-pci-override.sh";
  return {
      {script, override_script(card), true},
      {"etc/modprobe.d/vfio.conf", "install vfio-pci /" + script + "\n"},
      {"etc/mkinitcpio.conf.d/vfio.conf", "FILES+=(/" + script + " /etc/modprobe.d/vfio.conf)\n"},
      {"etc/modules-load.d/vfio.conf", kModules}};
}

Files driverctl_files(const Configured& card) {
  Files files;
  for (const std::string& address : card.addresses)
    files.push_back({"etc/driverctl.d/pci-" + address, "vfio-pci\n"});
  return files;
}

std::string our_configuration(const Configured& card) {
  return "[gaming]\n" + card.section;
}

Files our_files(const Configured& card) {
  return {{"etc/vfio-early.conf", our_configuration(card)}};
}

std::string no_arguments(const Configured&) {
  return "";
}

struct Way {
  const char* name;
  Generator generator;
  Files (*files)(const Configured&);
  std::string (*arguments)(const Configured&) = no_arguments;
  bool vfio_forced = false;       // the generator's own setting, instead of a file
  bool systemd = false;           // of the initramfs; faster without, and equal here
  bool in_booted_system = false;  // its work is done by the booted system's udev and systemd
  bool vfio_early = false;
};

constexpr Way kWays[] = {
    {.name = "modprobe", .generator = Generator::kInitramfsToolsDep, .files = modprobe_files},
    {.name = "command-line",
     .generator = Generator::kDracut,
     .files = command_line_files,
     .arguments = command_line_ids,
     .vfio_forced = true},
    {.name = "driverctl",
     .generator = Generator::kDracut,
     .files = driverctl_files,
     .systemd = true,
     .in_booted_system = true},
    {.name = "script", .generator = Generator::kInitramfsToolsDep, .files = script_files},
    {.name = "script-mkinitcpio",
     .generator = Generator::kMkinitcpio,
     .files = mkinitcpio_files,
     .vfio_forced = true,
     .systemd = true},
    {.name = "quickpassthrough",
     .generator = Generator::kInitramfsToolsDep,
     .files = quickpassthrough_files,
     .arguments = quickpassthrough_arguments},
    {.name = "vfio-early",
     .generator = Generator::kInitramfsToolsDep,
     .files = our_files,
     .vfio_early = true},
};

const std::vector<std::string> kWholeCard = {"0000:01:00.0", "0000:01:00.1"};
const std::vector<std::string> kMovedCard = {"0000:02:00.0", "0000:02:00.1"};

const lab::Card kGraphics = {.kind = Kind::kGraphics};
const lab::Card kOtherDisplay = {.kind = Kind::kVirtioGpu};
const lab::Card kEmptySlot = {.kind = Kind::kNone};
const lab::Card kNetwork = {.kind = Kind::kNetwork};

struct Scenario {
  const char* name;
  std::vector<lab::Card> cards = {kGraphics, kOtherDisplay};
  std::vector<std::string> card = kWholeCard;  // where it is
  Configured configured = {};
  lab::Firmware firmware = lab::Firmware::kSeaBios;
  bool host_drivers = true;    // in the image, forced
  bool vfio_pci = true;        // in the image
  bool booted_system = false;  // what happens depends on the booted system
  bool rescan = false;
};

const Configured kDisplayAlone = {.ids = "1234:1111",
                                  .addresses = {"0000:01:00.0"},
                                  .section = "address = 0000:01:00\nidentity = 1234:1111\n"};
const Configured kVirtioCard = {.ids = "1af4:1050",
                                .addresses = {"0000:01:00.0"},
                                .section = "address = 0000:01:00\nidentity = 1af4:1050\n"};
// One digit is missing.
const Configured kMistake = {.ids = "1234:111,8086:268",
                             .addresses = {"0000:01:0.0", "0000:01:0.1"},
                             .section = "adress = 0000:01:00\nidentity = 1234:1111 8086:2668\n"};

const std::vector<Scenario> kScenarios = {
    {.name = "control", .host_drivers = false},
    {.name = "forced"},
    {.name = "identical", .cards = {kGraphics, kGraphics}},
    {.name = "renumbered", .cards = {kEmptySlot, kGraphics, kOtherDisplay}, .card = kMovedCard},
    {.name = "other-device", .cards = {kNetwork, kGraphics, kOtherDisplay}, .card = kMovedCard},
    {.name = "built-in",
     .cards = {kOtherDisplay, kGraphics},
     .card = {"0000:01:00.0"},
     .configured = kVirtioCard},
    {.name = "no-vfio-pci", .vfio_pci = false, .booted_system = true},
    {.name = "audio", .configured = kDisplayAlone},
    {.name = "framebuffer",
     .cards = {{.kind = Kind::kDisplay}, kOtherDisplay},
     .card = {"0000:01:00.0"},
     .configured = kDisplayAlone,
     .firmware = lab::Firmware::kOvmf},
    {.name = "mistake", .configured = kMistake},
    {.name = "rescan", .booted_system = true, .rescan = true},
    {.name = "last-display", .cards = {{.kind = Kind::kVga}}},
};

// With it the kernel logs which driver is bound to which device.
constexpr const char* kLogBindings = "dyndbg=\"func driver_bound +p\"";

constexpr const char* kRescanMarker = "lab: rescan";

constexpr const char* kRescan = R"rescan(
echo "lab: rescan" > /dev/kmsg
for device in /sys/bus/pci/devices/0000:01:00.*; do echo 1 > "$device/remove"; done
echo 1 > /sys/bus/pci/rescan
)rescan";

constexpr const char* kState = R"state(
for device in /sys/bus/pci/devices/0000:0[1-9]:*; do
  driver=$(readlink "$device/driver") && echo "${driver##*/} ${device##*/}"
done
)state";

constexpr const char* kSettle = "sh -c 'udevadm settle --timeout=60; sleep 8'";

// Where an image has a file of the machine; "" if its generator only reads it.
std::string path_in_image(const std::string& path) {
  const std::string scripts = "etc/initramfs-tools/";
  if (path.starts_with(scripts + "scripts/")) return path.substr(scripts.size());
  for (const char* read : {"etc/initramfs-tools/", "etc/mkinitcpio", "etc/modules-load.d/"})
    if (path.starts_with(read)) return "";
  return path;
}

// An empty file in place of a module: it cannot be loaded.
void disable_module(const std::string& kernel, const std::string& file,
                    std::vector<lab::Overlay>& overlays) {
  const fs::path modules = lab::modules_of(kernel);
  for (const auto& entry : fs::recursive_directory_iterator(modules)) {
    if (!entry.path().filename().string().starts_with(file + ".ko")) continue;
    const fs::path path = "usr/lib/modules" / fs::relative(entry.path(), modules.parent_path());
    for (const fs::path& file_in_image : {path, fs::path(path).replace_extension()})
      overlays.push_back({.path = file_in_image, .text = "\n", .image_only = true});
  }
}

struct Place {
  std::string kernel;
  std::string driverctl;  // see above
};

// Writes the files of `way` to a directory of that name, which stays the same from run to run.
std::string directory_of(const Way& way, const Configured& card, const Place& place,
                         const std::string& variant) {
  const fs::path directory = lab::lab_directory() / ("ways-" + place.kernel) / (way.name + variant);
  fs::remove_all(directory);
  fs::create_directories(directory);
  if (way.in_booted_system)
    fs::copy(place.driverctl, directory,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  for (const File& file : way.files(card)) {
    fs::create_directories((directory / file.path).parent_path());
    std::ofstream(directory / file.path) << file.text;
    if (file.executable) fs::permissions(directory / file.path, fs::perms(0755));
  }
  return directory;
}

std::vector<lab::Overlay> overlays(const Way& way, const Scenario& scenario,
                                   const std::string& kernel) {
  std::vector<lab::Overlay> all = {{.path = "usr/lab/state", .text = kState},
                                   {.path = "usr/lab/rescan", .text = kRescan}};
  for (const File& file : way.files(scenario.configured))
    if (const std::string path = path_in_image(file.path); !path.empty())
      all.push_back({.path = path, .text = file.text, .executable = file.executable});
  if (!scenario.host_drivers)
    for (const char* module : {"bochs", "snd-hda-intel"}) disable_module(kernel, module, all);
  if (!scenario.vfio_pci) disable_module(kernel, "vfio-pci", all);
  return all;
}

lab::Initramfs image(const Way& way, const Scenario& scenario, const Place& place) {
  lab::Initramfs made = {.overlays = overlays(way, scenario, place.kernel),
                         .systemd = way.systemd,
                         .vfio_early = way.vfio_early,
                         .vfio_forced = way.vfio_forced,
                         .generator = way.generator};
  const std::string usual = directory_of(way, {}, place, "");
  if (!way.vfio_early && way.generator != Generator::kDracut) made.files = usual;
  if (way.in_booted_system) made.files = usual;
  if (way.in_booted_system || scenario.booted_system) made.root_files = usual;
  // What is not in an image cannot be added to it, as for the others.
  if (way.in_booted_system && scenario.configured.addresses != Configured{}.addresses)
    made.root_files =
        directory_of(way, scenario.configured, place, std::string("-") + scenario.name);
  return made;
}

std::vector<lab::Question> questions(const Scenario& scenario, bool booted_system) {
  std::vector<lab::Question> all = {{"module", "modprobe virtio-gpu"}};
  if (booted_system) all.push_back({"settle", kSettle});
  if (scenario.rescan)
    all.insert(all.end(), {{"rescan", "sh /usr/lab/rescan"}, {"settle_again", kSettle}});
  all.insert(all.end(), {{"state", "sh /usr/lab/state"}, {"screens", "cat /proc/fb"}});
  if (scenario.firmware == lab::Firmware::kOvmf)
    all.push_back({"map", "map_bar " + scenario.card.at(0) + " 0"});
  return all;
}

std::vector<lab::Binding> parse_state(const std::string& text) {
  std::vector<lab::Binding> bound;
  std::istringstream lines(text);
  for (lab::Binding binding; lines >> binding.driver >> binding.device;) bound.push_back(binding);
  return bound;
}

lab::Ending ending(const lab::Boot& seen, const Scenario& scenario) {
  lab::Ending all = {
      .card = scenario.card,
      .bound = parse_state(seen.answer("state").out),
      .history =
          lab::bindings_in(seen.report().blocks.at("dmesg"), scenario.rescan ? kRescanMarker : ""),
      .has_console = !seen.answer("screens").out.empty(),
  };
  const auto vfio = [](const lab::Binding& binding) { return binding.driver == "vfio-pci"; };
  if (scenario.firmware == lab::Firmware::kOvmf && !all.bound.empty() &&
      std::any_of(all.bound.begin(), all.bound.end(), vfio))
    all.bar_blocked = seen.answer("map").exit != 0;
  // A kernel that logs no binding has proved nothing.
  if (lab::bindings_in(seen.report().blocks.at("dmesg")).empty())
    throw std::runtime_error("the kernel log has no bindings: is CONFIG_DYNAMIC_DEBUG set?");
  return all;
}

struct Result {
  std::string release = "-";
  std::string outcome;
  std::string details;
};

// The reason why these boots cannot be run here; "" if they can.
std::string skip_reason(const Way& way, const std::string& driverctl) {
  if (way.in_booted_system && driverctl.empty()) return "not run: driverctl is not available";
  return lab::skip_reason(way.generator);
}

Result run(const Way& way, const Scenario& scenario, const std::string& kernel,
           const std::string& driverctl) {
  if (const std::string why = skip_reason(way, driverctl); !why.empty())
    return {.outcome = why.substr(0, why.find(". "))};
  const bool booted_system = way.in_booted_system || scenario.booted_system;
  const lab::Machine machine = {.kernel = kernel,
                                .firmware = scenario.firmware,
                                .cards = scenario.cards,
                                .arguments = kLogBindings + way.arguments(scenario.configured) +
                                             (booted_system ? " init=/lib/systemd/systemd" : "")};
  try {
    const lab::Boot seen = lab::boot(
        machine, image(way, scenario, {kernel, driverctl}), questions(scenario, booted_system),
        std::string("ways-") + kernel + "-" + way.name + "-" + scenario.name);
    const lab::Ending end = ending(seen, scenario);
    return {.release = seen.report().kernel, .outcome = outcome(end), .details = details(end)};
  } catch (const lab::NoReport& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return {.outcome = "boot hung"};
  }
}

bool is_recorded(const std::string& results, const std::string& kernel, const Way& way,
                 const Scenario& scenario) {
  std::ifstream file(results);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string fields[4];
    for (std::string& field : fields) std::getline(words, field, '\t');
    if (fields[0] == kernel && fields[2] == way.name && fields[3] == scenario.name) return true;
  }
  return false;
}

bool is_wanted(const std::vector<std::string>& wanted, const Way& way, const Scenario& scenario) {
  const std::string cell = std::string(way.name) + "/" + scenario.name;
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), cell) != wanted.end() ||
         std::find(wanted.begin(), wanted.end(), way.name) != wanted.end();
}

void record(const std::string& results, const std::string& kernel, const Way& way,
            const Scenario& scenario, const Result& result) {
  std::printf("%s: %s, %s: %s (%s)\n", kernel.c_str(), way.name, scenario.name,
              result.outcome.c_str(), result.details.c_str());
  std::fflush(stdout);
  std::ofstream(results, std::ios::app)
      << kernel << '\t' << result.release << '\t' << way.name << '\t' << scenario.name << '\t'
      << result.outcome << '\t' << result.details << '\n';
}

// Continues after a cell that could not be run, and then returns false.
bool run_all(const std::string& kernel, const std::string& driverctl, const std::string& results,
             const std::vector<std::string>& wanted) {
  bool complete = true;
  for (const Scenario& scenario : kScenarios)
    for (const Way& way : kWays) {
      if (!is_wanted(wanted, way, scenario) || is_recorded(results, kernel, way, scenario))
        continue;
      try {
        record(results, kernel, way, scenario, run(way, scenario, kernel, driverctl));
      } catch (const std::exception& error) {
        complete = false;
        std::fprintf(stderr, "%s: %s, %s: %s\n", kernel.c_str(), way.name, scenario.name,
                     error.what());
      }
    }
  return complete;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4)
    return std::fputs("usage: boot_ways KERNEL DRIVERCTL RESULTS [WAY | WAY/SCENARIO]...\n",
                      stderr),
           64;
  return run_all(argv[1], argv[2], argv[3], {argv + 4, argv + argc}) ? 0 : 2;
}

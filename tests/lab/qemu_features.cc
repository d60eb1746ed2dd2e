// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/qemu_features.h"

#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

#include <unistd.h>

#include "tests/lab/images.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kQemuQueryLimit{300};
constexpr const char* kQemu = "qemu-system-x86_64";

// The output of a command that exited with 0, otherwise "". Tests run in parallel: each process has
// its own files.
std::string output_of(const Command& command) {
  const fs::path out = lab_directory() / ("answer." + std::to_string(::getpid()));
  const fs::path err = out.string() + ".err";
  const RunResult result = run(command, out, err, kQemuQueryLimit);
  const std::string text = result.status == 0 ? read_file(out) : "";
  fs::remove(out);
  fs::remove(err);
  return text;
}

// "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)"
const std::string& version_line() {
  static const std::string line = [] {
    const std::string text = output_of({kQemu, "--version"});
    if (text.empty()) throw std::runtime_error(std::string(kQemu) + " is missing: run ci/setup");
    return text.substr(0, text.find('\n'));
  }();
  return line;
}

// The output of `command`, cached under `name` for this version of QEMU.
std::string cached_output(const std::string& name, const Command& command) {
  std::string version = version_line();
  for (char& c : version)
    if (c == ' ' || c == '/') c = '_';
  const fs::path cache_file = lab_directory() / "features" / version / name;
  if (!fs::exists(cache_file)) {
    const std::string text = output_of(command);
    fs::create_directories(cache_file.parent_path());
    write_file(cache_file, text);
  }
  return read_file(cache_file);
}

const std::set<std::string>& properties(const std::string& device) {
  static std::map<std::string, std::set<std::string>> cache;
  const auto [entry, is_new] = cache.try_emplace(device);
  if (is_new)
    entry->second =
        bench::properties_in(cached_output(device, {kQemu, "-device", device + ",help"}));
  return entry->second;
}

// Properties of every device, which QEMU's help does not list.
bool is_common(const std::string& property) {
  return property == "id" || property == "bus";
}

// `text` is "NAME,PROPERTY=VALUE,…".
std::string missing_of_device(const std::string& text) {
  std::istringstream parts(text);
  std::string device, part;
  std::getline(parts, device, ',');
  if (!qemu_has_device(device)) return "device " + device;
  while (std::getline(parts, part, ',')) {
    const std::string property = part.substr(0, part.find('='));
    if (!is_common(property) && !qemu_has_property(device, property))
      return device + "." + property;
  }
  return "";
}

}  // namespace

const std::string& qemu_version() {
  static const std::string version = [] {
    std::istringstream words(version_line());
    std::string word;
    for (int i = 0; i < 4; ++i) words >> word;
    return "QEMU " + word;
  }();
  return version;
}

bool qemu_has_device(const std::string& device) {
  return !properties(device).empty();
}

bool qemu_has_property(const std::string& device, const std::string& property) {
  return properties(device).contains(property);
}

// QEMU's help does not list it. With "enforce", QEMU refuses a processor that it cannot emulate,
// and with eim=on an IOMMU that does not support it.
bool qemu_has_x2apic() {
  const std::string started =
      cached_output("x2apic", {"sh", "-c",
                               std::string("echo quit | ") + kQemu +
                                   " -nodefaults -display none -S -monitor stdio -accel tcg"
                                   " -machine q35,kernel-irqchip=split -cpu max,+x2apic,enforce"
                                   " -device intel-iommu,intremap=on,eim=on"});
  return !started.empty();
}

std::string missing_in_qemu(const Command& qemu) {
  for (auto word = qemu.begin(); word != qemu.end();) {
    if (*word++ != "-device" || word == qemu.end()) continue;
    if (const std::string missing = missing_of_device(*word); !missing.empty()) return missing;
  }
  return "";
}

}  // namespace lab

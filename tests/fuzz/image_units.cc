// SPDX-License-Identifier: GPL-2.0-or-later
//
// The unit files in an image whose init is systemd: a unit, and after a NUL a drop-in.
#include <algorithm>

#include "tests/fuzz/target.h"
#include "verify/inspect/image/startup.h"
#include "verify/inspect/image/units.h"

namespace fuzz {
namespace {

constexpr const char* kUnit = "vfio-early-gate.service";

std::vector<std::string> samples() {
  const std::string unit =
      "[Unit]\nDescription=x\nDefaultDependencies=no\nBefore=systemd-udevd.service \\\n "
      "sysinit.target\n"
      "ConditionPathExists=/etc/initrd-release\n\n[Service]\nType=oneshot\n"
      "ExecStart=/usr/bin/vfio-early gate\n[Install]\nWantedBy=sysinit.target\n";
  return {
      unit,
      unit + std::string(1, '\0') +
          "[Unit]\nConditionPathExists=\nAssertFileNotEmpty=!/a/../b\n"
          "ConditionKernelCommandLine=|debug\n[Service]\nExecStart=\n;x\nExecStart=/bin/true\n"};
}

initramfs::ImageFile file_of(std::string_view text) {
  return {.regular = true, .permissions = 0644, .size = text.size(), .text = std::string(text)};
}

void parse(std::string_view bytes) {
  const size_t end = std::min(bytes.find('\0'), bytes.size());
  initramfs::ImageContents image;
  const std::string path = std::string("usr/lib/systemd/system/") + kUnit;
  image.files["init"] = {.link = "usr/lib/systemd/systemd"};
  image.files["etc/initrd-release"] = file_of("ID=x");
  image.files[path] = file_of(bytes.substr(0, end));
  if (end < bytes.size()) image.files[path + ".d/x.conf"] = file_of(bytes.substr(end + 1));
  const verify::ImageUnit unit = verify::read_unit(image, kUnit);
  require(unit.masked == (end == 0) && unit.file == path);
  for (const std::string& line : unit.exec_start) require(!line.empty());
  for (const std::string& condition : unit.unmet_conditions)
    require(condition.find('=') != condition.npos);
  require(verify::find_startup(image).init == verify::Init::kSystemd);
}

const Target kTarget("image_units", samples, parse);

}  // namespace
}  // namespace fuzz

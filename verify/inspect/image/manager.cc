// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration of systemd itself in an image (systemd-system.conf(5)). With
// ManagerEnvironment= systemd may read units from other directories. With CapabilityBoundingSet= no
// unit may load modules.
#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/inspect/image/inits.h"
#include "verify/inspect/image/systemd_settings.h"

namespace verify {
namespace {

// For all files together: far more than in any usual image.
constexpr size_t kMaxSettings = 10'000;

// Settings of logs, watchdogs, time limits for stopping, and limits that our units do not reach.
constexpr std::string_view kHarmless[] = {"CrashAction",
                                          "CrashChangeVT",
                                          "CrashReboot",
                                          "CrashShell",
                                          "CrashVTChange",
                                          "CtrlAltDelBurstAction",
                                          "DefaultBlockIOAccounting",
                                          "DefaultCPUAccounting",
                                          "DefaultDeviceTimeoutSec",
                                          "DefaultIOAccounting",
                                          "DefaultIPAccounting",
                                          "DefaultLimitCORE",
                                          "DefaultLimitNOFILE",
                                          "DefaultMemoryAccounting",
                                          "DefaultMemoryPressureThresholdSec",
                                          "DefaultMemoryPressureWatch",
                                          "DefaultOOMPolicy",
                                          "DefaultOOMScoreAdjust",
                                          "DefaultRestartSec",
                                          "DefaultTasksAccounting",
                                          "DefaultTimeoutAbortSec",
                                          "DefaultTimeoutStopSec",
                                          "DefaultTimerAccuracySec",
                                          "DumpCore",
                                          "KExecWatchdogSec",
                                          "LogColor",
                                          "LogLevel",
                                          "LogLocation",
                                          "LogTarget",
                                          "LogTime",
                                          "RebootWatchdogSec",
                                          "RuntimeWatchdogPreGovernor",
                                          "RuntimeWatchdogPreSec",
                                          "RuntimeWatchdogSec",
                                          "ShowStatus",
                                          "ShutdownWatchdogSec",
                                          "StatusUnitFormat",
                                          "TimerSlackNSec",
                                          "WatchdogDevice"};

// systemd ignores other sections. An empty value is the default.
bool is_harmless(const SystemdSetting& setting) {
  if (setting.section != "Manager" || setting.value.empty()) return true;
  if (setting.key == "ManagerEnvironment" || setting.key == "DefaultEnvironment") {
    const auto words = host::split(setting.value, " \t\"'");
    return std::all_of(words.begin(), words.end(),
                       [](std::string_view word) { return word.starts_with("SYSTEMD_LOG_"); });
  }
  return std::find(std::begin(kHarmless), std::end(kHarmless), setting.key) != std::end(kHarmless);
}

void judge_file(const initramfs::ImageContents& image, const std::string& path, size_t& room,
                Startup& startup) {
  const initramfs::ImageFile* file = image.resolve(path);
  if (!file || file->size == 0) return;
  const auto undecided = [&](const std::string& why) {
    startup.undecided.push_back({path + " " + why, kReinstall});
  };
  if (file->text.empty()) return undecided("cannot be read");
  for (const SystemdSetting& setting : read_settings(image.text(path), room))
    if (!is_harmless(setting))
      return undecided(
          fmt::format("sets {}=, which may affect the start of vfio-early", setting.key));
  if (room == 0) undecided(fmt::format("has more than {} settings", kMaxSettings));
}

}  // namespace

// CONF_PATHS() of src/basic/constants.h, without /run.
void inspect_manager_settings(const initramfs::ImageContents& image, Startup& startup) {
  size_t room = kMaxSettings;
  for (const std::string search_path :
       {"etc/systemd", "usr/local/lib/systemd", "usr/lib/systemd"}) {
    judge_file(image, search_path + "/system.conf", room, startup);
    for (const std::string& name : image.list(search_path + "/system.conf.d"))
      if (name.ends_with(".conf"))
        judge_file(image, search_path + "/system.conf.d/" + name, room, startup);
  }
}

}  // namespace verify

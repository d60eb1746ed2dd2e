// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect_machine.h"

#include <utility>

#include "host/text.h"
#include "verify/check/image.h"
#include "verify/inspect/boot/installed_images.h"
#include "verify/inspect/boot/same_files.h"

namespace verify {

host::Result<Inspection> inspect(const host::Root& root, const config::Configuration& configuration,
                                 const Scope& scope) {
  auto facts = read_facts(root, configuration, scope);
  if (!facts) return facts.error();
  Trials trials = run_trials(root, *facts, scope);
  read_after_trials(root, *facts);
  return Inspection{std::move(*facts), std::move(trials), std::nullopt, {}};
}

JudgedImage inspect_next_image(const BootConfiguration& boot,
                               const config::Configuration& configuration,
                               const std::string& configuration_file, const Facts& facts) {
  Findings findings;
  const auto judge = [&](const ImageFacts& image) {
    for (Finding& finding : run_image_checks(image)) findings.push_back(std::move(finding));
  };
  NextImage next = read_next_image(boot, configuration, configuration_file, facts, judge);
  return {std::move(next), std::move(findings)};
}

JudgedImages inspect_images(const BootConfiguration& boot,
                            const config::Configuration& configuration,
                            const std::string& configuration_file, const Facts& facts,
                            const std::optional<host::Error>& unread_bus,
                            const std::vector<std::string>& left_out) {
  const InstalledImages installed = installed_images(boot, facts.platform.mkinitcpio);
  JudgedImages judged{.images = {}, .unread = installed.unread};
  for (const InstalledImage& image : installed.images) {
    if (is_same_file_as_one_of(boot.root(), image.file, left_out)) continue;
    JudgedFile file{image.file, image.release, {}};
    const auto judge = [&](const ImageFacts& read) {
      std::vector<std::string> releases;
      for (const ImageKernel& kernel : read.kernels) releases.push_back(kernel.release);
      if (!releases.empty()) file.releases = host::join(releases, ", ");
      for (Finding& finding : run_image_checks(read)) file.findings.push_back(std::move(finding));
    };
    const auto read = read_with_others(boot, image.file, configuration, configuration_file, facts,
                                       unread_bus, judge);
    if (!read) file.findings.push_back(unreadable_image(read.error()));
    judged.images.push_back(std::move(file));
  }
  return judged;
}

}  // namespace verify

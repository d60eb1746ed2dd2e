// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/next_image.h"

#include <algorithm>

#include "host/text.h"
#include "verify/budget.h"
#include "verify/image_checks.h"
#include "verify/progress.h"
#include "verify/same_files.h"

namespace verify {
namespace {

constexpr const char* kNoCard = "no card is configured, so the next boot binds none";
constexpr const char* kNameOne = "; name one: vfio-verify image FILE";

// kernel-install(8): below the machine's id, or the entry token that was chosen.
void add_of_kernel_install(const host::Root& root, const std::string& release,
                           std::vector<std::string>& files) {
  for (const std::string top : {"/boot", "/efi", "/boot/efi"})
    for (const std::string file : {"/etc/machine-id", "/etc/kernel/entry-token"})
      if (const std::string token = root.read_line(file); !token.empty())
        files.push_back(top + "/" + token + "/" + release + "/initrd");
}

// Unified kernel images: "TOKEN-RELEASE.efi" (kernel-install), "arch-linux.efi" (mkinitcpio).
void add_unified(const host::Root& root, const std::string& release, const std::string& package,
                 std::vector<std::string>& files) {
  for (const std::string top : {"/boot", "/efi", "/boot/efi"}) {
    const std::string directory = top + "/EFI/Linux";
    for (const std::string& name : root.list(directory).value_or({}))
      if (name.find(release) != name.npos ||
          (!package.empty() && name.ends_with("-" + package + ".efi")))
        files.push_back(directory + "/" + name);
  }
}

}  // namespace

std::vector<std::string> images_of(const host::Root& root, const std::string& release) {
  // Arch names its images by the package: "linux-lts".
  const std::string package = root.read_line("/lib/modules/" + release + "/pkgbase");
  std::vector<std::string> files = {"/boot/initrd.img-" + release,
                                    "/boot/initramfs-" + release + ".img",
                                    "/boot/initrd-" + release};
  if (!package.empty()) files.push_back("/boot/initramfs-" + package + ".img");
  add_of_kernel_install(root, release, files);
  add_unified(root, release, package, files);
  std::erase_if(files, [&](const std::string& file) { return !root.exists(file); });
  // The token may be the machine's id.
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  drop_doubles(root, files);
  return files;
}

NextImage look_at_next_image(const host::Root& root, const plan::Configuration& configuration,
                             const std::string& configuration_file, const Inspection& inspection) {
  const std::string& release = inspection.machine.kernel_release;
  NextImage next;
  // No generator adds vfio-early to an image then.
  if (configuration.cards.empty()) return next.why = kNoCard, next;
  next.candidates = images_of(root, release);
  if (next.candidates.empty())
    next.why = "no image of the kernel " + release + " is found in /boot" + kNameOne;
  if (next.candidates.size() > 1)
    next.why =
        "which of them is started is not known: " + host::join(next.candidates, ", ") + kNameOne;
  if (!next.why.empty()) return next;
  const std::string& file = next.candidates.front();
  const Progress step("reading the image " + file);
  const auto bytes = root.read(file, kImageBudget.packed);
  if (!bytes) return next.unreadable = bytes.error(), next;
  next.findings = run_image_checks(
      inspect_image(root, file, *bytes, configuration, configuration_file, inspection));
  return next;
}

}  // namespace verify

// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/image_remedies.h"

#include <fmt/format.h>

#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

// What made this image. systemd is init in images of several generators.
host::ImageTool tool_of(Init init) {
  switch (init) {
    case Init::kInitramfsTools:
      return host::ImageTool::kInitramfsTools;
    case Init::kMkinitcpio:
      return host::ImageTool::kMkinitcpio;
    case Init::kDracut:
      return host::ImageTool::kDracut;
    case Init::kBooster:
      return host::ImageTool::kBooster;
    case Init::kNone:
    case Init::kSystemd:
    case Init::kOther:
      break;
  }
  return host::ImageTool::kUnknown;
}

}  // namespace

host::Platform platform_of_image(const ImageFacts& facts) {
  host::Platform platform = facts.platform;
  const host::ImageTool tool = tool_of(facts.startup.init);
  if (tool != host::ImageTool::kUnknown && tool != platform.image->image.tool)
    platform.image = &host::row_of(tool);
  return platform;
}

host::Platform with_unified_image(host::Platform platform) {
  if (platform.parameters->signs.loader == host::BootLoader::kUnifiedImage) return platform;
  const host::ImageTool tool = platform.image->image.tool;
  platform.parameters =
      &host::row_named(tool == host::ImageTool::kMkinitcpio ? "unified image of mkinitcpio"
                       : tool == host::ImageTool::kDracut   ? "unified image of dracut"
                                                            : "unified image of ukify");
  return platform;
}

Remedy rebuild(const ImageFacts& facts) {
  if (!facts.startup.first_process) {
    const host::Platform platform = platform_of_image(facts);
    // A rebuild is not enough if HOOKS was changed after this image was built.
    const bool knows_hooks = !platform.mkinitcpio.hooks.file.empty();
    return platform.image->image.tool == host::ImageTool::kMkinitcpio && knows_hooks
               ? include_in_image(platform, facts.file)
               : rebuild_image(platform);
  }
  const std::string release =
      facts.kernels.empty() ? "\"$(uname -r)\"" : facts.kernels.front().release;
  return {"write the image again with this command and reboot:",
          {fmt::format("vfio-early image {} -o {}", release, facts.file)}};
}

Remedy add_section() {
  return {"add a section for a card to /etc/vfio-early.conf; this command prints the section:",
          {"vfio-early"}};
}

Remedy include_with_configuration(const ImageFacts& facts) {
  const Remedy include = include_in_image(platform_of_image(facts), facts.file);
  if (!facts.machine_files.empty()) return include;
  Remedy first = facts.configuration.cards.empty()
                     ? add_section()
                     : Remedy("create the file /etc/vfio-early.conf, which may be empty:",
                              {"touch /etc/vfio-early.conf"});
  return std::move(first).then("then " + include);
}

}  // namespace verify

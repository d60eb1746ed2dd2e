// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parameters of the kernel command line that keep vfio-early from being started in an image, or
// from loading vfio-pci. Only parameters that the kernel, the image's init or vfio-early read
// count: libkmod ignores modprobe.blacklist= and rd.driver.blacklist= if it loads a module by name.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "initramfs/contents.h"
#include "verify/inspect/boot/configuration.h"
#include "verify/inspect/boot/files.h"
#include "verify/inspect/image/startup.h"

namespace verify {

// The location of the command line in a unified image.
inline constexpr const char* kOwnCommandLine = "its own command line";

// A parameter that is an obstacle.
struct BootObstacle {
  std::string parameter;  // "vfio_early=off"
  std::string effect;     // "leaves all cards to the host"
  std::string location;   // where it is set: "/etc/default/grub"
  bool certain = true;    // false: it may be an obstacle
};

using BootObstacles = std::vector<BootObstacle>;

// Data that decides whether a parameter is an obstacle.
struct BootContext {
  const initramfs::ImageContents& image;
  const Startup& startup;
  const std::set<std::string>& modules;  // vfio-pci and its dependencies, except built-in ones
  std::string cpu_vendor = {};           // "GenuineIntel"
  std::set<std::string> releases = {};   // of the kernels whose modules are in the image
};

// The obstacles on one command line.
BootObstacles obstacles_on(std::string_view command_line, const std::string& location,
                           const BootContext& context);

// A boot entry that starts this image with a kernel for which the image has no modules.
struct OtherKernel {
  std::string release;
  std::string location;
  bool certain = true;
};

// A command line with which the next boot may start the image.
struct UsedCommandLine {
  std::string text;
  std::string location;  // "/etc/kernel/cmdline"
};

struct BootLines {
  // From menus and unified images; from configuration files, and from this boot, only if there is
  // none.
  std::vector<UsedCommandLine> used;
  BootObstacles obstacles;
  std::vector<std::string> rdinit;  // where rdinit=/vfio-early is set
  std::vector<OtherKernel> kernels;
  std::optional<Unread> unread;
};

// Judges all command lines with which the machine may start the image `file`. `own`: the command
// line in a unified image, which replaces the others unless it is empty; nullopt: not a unified
// image.
BootLines inspect_command_lines(const BootConfiguration& boot, const std::string& file,
                                std::optional<std::string_view> own, const BootContext& context);

}  // namespace verify

// SPDX-License-Identifier: GPL-2.0-or-later
//
// virtio-gpu with 3D: the guest's commands are carried out by a renderer on the host. Three models
// of QEMU's one device: virgl (OpenGL), Venus (Vulkan) and native context (the GPU's own commands).
// Each needs a display with OpenGL, and a render node of the host.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bench/qemu.h"
#include "host/result.h"
#include "host/root.h"

namespace bench {

struct Virtio3d {
  const char* name;                // for SLOT=MODEL: "venus"
  const char* device;              // of QEMU, with its properties
  std::vector<const char*> needs;  // properties that not every QEMU has
  const char* since;               // the first QEMU that has them
  const char* renderer;            // of bench/guest/renderer.h: what must draw in the guest
  bool vulkan;                     // whether the guest has Vulkan on it
};

// nullptr: `model` is the name of a device of QEMU.
const Virtio3d* virtio_3d(std::string_view model);

// What QEMU offers, from `-device virtio-gpu-gl-pci,help` and `-display help`.
struct QemuGraphics {
  std::set<std::string> properties;  // of virtio-gpu-gl-pci; empty: QEMU does not have the device
  std::set<std::string> displays;
};
QemuGraphics ask_qemu(const std::string& qemu);

// In place of a render node on a machine without one: Mesa accepts any character device there, and
// draws with the processor.
inline constexpr const char* kNoRenderNode = "/dev/null";

// `named`, or the first render node of the machine, or kNoRenderNode if there is none. Error: the
// node cannot be opened.
host::Result<std::string> find_render_node(const host::Root& root, const std::string& named);

// How a guest with such a card is started on this machine.
struct Virtio3dGuest {
  std::string device;
  std::string display;                   // QEMU's -display
  std::vector<std::string> environment;  // of QEMU
  std::string arguments;                 // of the guest's kernel: the environment of its programs
  std::string description;               // "QEMU's display dbus, render node /dev/dri/renderD128"
};

// `root` is also the guest's. The error names what is missing, and the remedy.
host::Result<Virtio3dGuest> prepare_virtio_3d(const host::Root& root, const QemuGraphics& qemu,
                                              const Virtio3d& model,
                                              const std::string& render_node);

}  // namespace bench

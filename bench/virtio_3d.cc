// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/virtio_3d.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>

#include "host/child.h"
#include "host/text.h"

namespace bench {
namespace {

constexpr std::chrono::seconds kQemuQueryLimit{60};
constexpr const char* kDevice = "virtio-gpu-gl-pci";
constexpr const char* kNodes = "/dev/dri";

// The size of hostmem is that of the window through which the guest maps the host's buffers.
const Virtio3d kModels[] = {
    {"virtio-gpu-gl", "virtio-gpu-gl-pci", {}, "", "virgl", false},
    {"venus",
     "virtio-gpu-gl-pci,venus=on,blob=on,hostmem=256M",
     {"venus", "blob", "hostmem"},
     "9.2",
     "venus",
     true},
    {"native",
     "virtio-gpu-gl-pci,drm_native_context=on,blob=on,hostmem=256M",
     {"drm_native_context", "blob", "hostmem"},
     "11.1",
     "native",
     true},
};

// In the order of preference. With egl-headless some versions of QEMU hang at their end.
constexpr const char* kDisplays[][2] = {{"dbus", "dbus,p2p=on,gl=on,rendernode="},
                                        {"egl-headless", "egl-headless,rendernode="}};

// Where virglrenderer's packages install the server that Venus runs in.
constexpr const char* kRenderServers[] = {
    "/usr/libexec/virgl_render_server", "/usr/lib/virgl_render_server",
    "/usr/local/libexec/virgl_render_server", "/run/current-system/sw/libexec/virgl_render_server"};

// The manifests of Vulkan drivers: the directories that the loader reads.
constexpr const char* kManifests[] = {"/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d",
                                      "/usr/share/vulkan/icd.d",
                                      "/run/opengl-driver/share/vulkan/icd.d"};
constexpr std::string_view kGuestDriver = "virtio_icd", kProcessorDriver = "lvp_icd";

// "" if QEMU failed: it does not know the device.
std::string answer_of(const host::Command& command) {
  const auto text = host::output_of({.command = command, .limit = kQemuQueryLimit});
  return text ? *text : "";
}

// The driver of 32-bit programs is "virtio_icd.i686.json".
bool is_64_bit(std::string_view file) {
  return file.find(".i686.") == file.npos && file.find(".i386.") == file.npos;
}

// The first manifest of which `wanted` is true; "" none.
template <class Predicate>
std::string find_manifest(const host::Root& root, Predicate wanted) {
  for (const std::string directory : kManifests)
    for (const std::string& file : root.list(directory).value_or({}))
      if (file.ends_with(".json") && is_64_bit(file) && wanted(file)) return directory + "/" + file;
  return "";
}

bool without_gpu(const std::string& render_node) {
  return render_node == kNoRenderNode;
}

host::Error refusal(const Virtio3d& model, const std::string& reason) {
  return {0, fmt::format("{} cannot be measured: {}", model.name, reason)};
}

// nullopt: QEMU can emulate the model.
std::optional<host::Error> refuse_qemu(const QemuGraphics& qemu, const Virtio3d& model) {
  if (qemu.properties.empty())
    return refusal(
        model,
        fmt::format(
            "this QEMU has no {}; install its OpenGL modules (Debian: qemu-system-modules-opengl; Debian 12: qemu-system-gui)",
            kDevice));
  for (const char* property : model.needs)
    if (!qemu.properties.contains(property))
      return refusal(model, fmt::format("{} of this QEMU has no property {}; QEMU {} has it",
                                        kDevice, property, model.since));
  return std::nullopt;
}

std::optional<host::Error> refuse_venus(const host::Root& root, const Virtio3d& model,
                                        const std::string& render_node) {
  if (std::none_of(std::begin(kRenderServers), std::end(kRenderServers),
                   [&](const char* server) { return root.exists(server); }))
    return refusal(model,
                   "virgl_render_server was not found; install it (Debian: virgl-server; "
                   "other distributions: virglrenderer)");
  const bool processor = without_gpu(render_node);
  const auto draws = [&](std::string_view file) {
    return processor ? file.starts_with(kProcessorDriver) : !file.starts_with(kGuestDriver);
  };
  if (find_manifest(root, draws).empty())
    return refusal(
        model,
        fmt::format("this machine has no Vulkan driver{}; install it (Debian: mesa-vulkan-drivers)",
                    processor ? " that draws with the processor (lvp_icd*.json), and no GPU" : ""));
  if (find_manifest(root, [](std::string_view file) {
        return file.starts_with(kGuestDriver);
      }).empty())
    return refusal(
        model,
        "Mesa of this machine, which the guest also uses, has no Vulkan driver for virtio-gpu "
        "(virtio_icd*.json); Mesa of Debian 13 has it (mesa-vulkan-drivers)");
  return std::nullopt;
}

std::optional<host::Error> refuse_machine(const host::Root& root, const Virtio3d& model,
                                          const std::string& render_node) {
  if (model.renderer == std::string_view("venus")) return refuse_venus(root, model, render_node);
  if (model.renderer == std::string_view("native") && without_gpu(render_node))
    return refusal(model,
                   "it needs a GPU of this machine, and there is no render node in /dev/dri");
  return std::nullopt;
}

// EGL reaches Venus through zink. Without LIBGL_ALWAYS_SOFTWARE, zink ignores a device of which
// the type is a processor, and Mesa then draws with the guest's processor, without a message.
std::string guest_environment(const host::Root& root, const Virtio3d& model,
                              const std::string& render_node) {
  if (model.renderer != std::string_view("venus")) return "";
  const std::string driver =
      find_manifest(root, [](std::string_view file) { return file.starts_with(kGuestDriver); });
  return "MESA_LOADER_DRIVER_OVERRIDE=zink VK_DRIVER_FILES=" + driver +
         (without_gpu(render_node) ? " LIBGL_ALWAYS_SOFTWARE=1" : "");
}

bool is_software_node(const host::Root& root, const std::string& name) {
  return root.link_name("/sys/class/drm/" + name + "/device/driver") == "vgem";
}

}  // namespace

const Virtio3d* virtio_3d(std::string_view model) {
  const auto* found = std::find_if(std::begin(kModels), std::end(kModels),
                                   [&](const Virtio3d& known) { return known.name == model; });
  return found == std::end(kModels) ? nullptr : found;
}

QemuGraphics ask_qemu(const std::string& qemu) {
  return {.properties = properties_in(answer_of({qemu, "-device", std::string(kDevice) + ",help"})),
          .displays = displays_in(answer_of({qemu, "-display", "help"}))};
}

host::Result<std::string> find_render_node(const host::Root& root, const std::string& named) {
  std::vector<std::string> nodes;
  if (!named.empty()) nodes = {named};
  if (named.empty())
    for (const std::string& name : root.list(kNodes).value_or({}))
      if (name.starts_with("renderD") && !is_software_node(root, name))
        nodes.push_back(std::string(kNodes) + "/" + name);
  std::sort(nodes.begin(), nodes.end());
  std::optional<host::Error> failure;
  for (const std::string& node : nodes) {
    if (without_gpu(node)) return node;
    const auto opened = root.open_file(node, O_RDWR);
    if (opened) return node;
    if (!failure) failure = opened.error();
  }
  if (!failure) return std::string(kNoRenderNode);
  return host::Error{failure->code, fmt::format("open the render node {}", nodes.front())};
}

host::Result<Virtio3dGuest> prepare_virtio_3d(const host::Root& root, const QemuGraphics& qemu,
                                              const Virtio3d& model,
                                              const std::string& render_node) {
  for (const auto& refused : {refuse_qemu(qemu, model), refuse_machine(root, model, render_node)})
    if (refused) return *refused;
  const auto* display =
      std::find_if(std::begin(kDisplays), std::end(kDisplays),
                   [&](const auto& known) { return qemu.displays.contains(known[0]); });
  if (display == std::end(kDisplays))
    return refusal(model,
                   "this QEMU has neither the display dbus nor egl-headless; install its OpenGL "
                   "modules (Debian: qemu-system-modules-opengl)");
  Virtio3dGuest guest = {.device = model.device,
                         .display = (*display)[1] + render_node,
                         .environment = {},
                         .arguments = guest_environment(root, model, render_node),
                         .description = fmt::format("QEMU's display {}, ", (*display)[0])};
  if (without_gpu(render_node)) guest.environment = {"GBM_ALWAYS_SOFTWARE=1"};
  guest.description +=
      without_gpu(render_node)
          ? "no GPU: no render node, so this machine's processor carries out the guest's commands"
          : "render node " + render_node;
  return guest;
}

}  // namespace bench

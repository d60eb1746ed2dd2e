// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/graphics/context.h"

#include <algorithm>
#include <stdexcept>

#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <fmt/format.h>

#ifndef EGL_DRM_RENDER_NODE_FILE_EXT  // of the newer EGL_EXT_device_drm_render_node
#define EGL_DRM_RENDER_NODE_FILE_EXT 0x3377
#endif

namespace bench {
namespace {

constexpr EGLint kMaxDevices = 32;

[[noreturn]] void fail(const char* call) {
  throw std::runtime_error(fmt::format("{}: EGL error 0x{:04x}", call, eglGetError()));
}

template <class Function>
Function extension(const char* name) {
  return reinterpret_cast<Function>(eglGetProcAddress(name));
}

// By EGL_EXT_device_enumeration and EGL_EXT_device_drm. EGL_NO_DEVICE_EXT: EGL has no such device.
EGLDeviceEXT device_of(const std::vector<std::string>& nodes) {
  const auto query = extension<PFNEGLQUERYDEVICESEXTPROC>("eglQueryDevicesEXT");
  const auto text = extension<PFNEGLQUERYDEVICESTRINGEXTPROC>("eglQueryDeviceStringEXT");
  EGLDeviceEXT devices[kMaxDevices] = {};
  EGLint count = 0;
  if (!query || !text || !query(kMaxDevices, devices, &count)) return EGL_NO_DEVICE_EXT;
  for (EGLint i = 0; i < count; ++i)
    for (const EGLint kind : {EGL_DRM_DEVICE_FILE_EXT, EGL_DRM_RENDER_NODE_FILE_EXT}) {
      const char* node = text(devices[i], kind);
      if (node && std::find(nodes.begin(), nodes.end(), node) != nodes.end()) return devices[i];
    }
  return EGL_NO_DEVICE_EXT;
}

// Opens the card's device, or Mesa's surfaceless platform if that fails.
EGLDisplay open_display(const std::vector<std::string>& nodes) {
  const auto get = extension<PFNEGLGETPLATFORMDISPLAYEXTPROC>("eglGetPlatformDisplayEXT");
  if (!get) throw std::runtime_error("EGL does not support EGL_EXT_platform_base");
  if (const EGLDeviceEXT device = device_of(nodes); device != EGL_NO_DEVICE_EXT) {
    const EGLDisplay display = get(EGL_PLATFORM_DEVICE_EXT, device, nullptr);
    if (display != EGL_NO_DISPLAY && eglInitialize(display, nullptr, nullptr)) return display;
  }
  const EGLDisplay display = get(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
  if (display == EGL_NO_DISPLAY || !eglInitialize(display, nullptr, nullptr)) fail("eglInitialize");
  return display;
}

EGLContext make_context(EGLDisplay display) {
  constexpr EGLint kWanted[] = {EGL_SURFACE_TYPE, EGL_DONT_CARE, EGL_RENDERABLE_TYPE,
                                EGL_OPENGL_ES2_BIT, EGL_NONE};
  constexpr EGLint kVersion[] = {EGL_CONTEXT_CLIENT_VERSION, 2, EGL_NONE};
  EGLConfig config = nullptr;
  EGLint count = 0;
  if (!eglChooseConfig(display, kWanted, &config, 1, &count) || count == 0) fail("eglChooseConfig");
  eglBindAPI(EGL_OPENGL_ES_API);
  const EGLContext context = eglCreateContext(display, config, EGL_NO_CONTEXT, kVersion);
  if (context == EGL_NO_CONTEXT) fail("eglCreateContext");
  if (!eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context)) fail("eglMakeCurrent");
  return context;
}

}  // namespace

Context::Context(const std::vector<std::string>& nodes)
    : display_(open_display(nodes)), context_(make_context(display_)) {}

Context::~Context() {
  eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
  eglDestroyContext(display_, context_);
  eglTerminate(display_);
}

std::string Context::renderer() const {
  const auto* text = reinterpret_cast<const char*>(glGetString(GL_RENDERER));
  return text ? text : "";
}

}  // namespace bench

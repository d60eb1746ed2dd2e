// SPDX-License-Identifier: GPL-2.0-or-later
//
// An OpenGL ES 2 context without a window, a monitor or a display server, on the card's own device
// if EGL lists it. A failed call throws std::runtime_error, which names the call.
#pragma once

#include <string>
#include <vector>

#include <EGL/egl.h>

namespace bench {

class Context {
 public:
  // `nodes` are the card's: "/dev/dri/card0", "/dev/dri/renderD128". If EGL has no device with one
  // of these names, EGL chooses a renderer: check renderer().
  explicit Context(const std::vector<std::string>& nodes);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  std::string renderer() const;  // GL_RENDERER

 private:
  EGLDisplay display_ = EGL_NO_DISPLAY;
  EGLContext context_ = EGL_NO_CONTEXT;
};

}  // namespace bench

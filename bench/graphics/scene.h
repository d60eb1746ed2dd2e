// SPDX-License-Identifier: GPL-2.0-or-later
//
// The fixed work: a picture of `size` by `size` pixels, drawn off screen. Each pixel costs the same
// number of sines (some dozens), and a wheel of translucent triangles is drawn over it. Small
// rounding differences between two cards do not visibly change the picture.
#pragma once

#include <GLES2/gl2.h>

#include "bench/graphics/picture.h"

namespace bench {

class Scene {
 public:
  explicit Scene(int size);

  // Returns when the frame is drawn.
  void draw(int frame);

  Picture picture() const;

 private:
  int size_;
  GLuint background_ = 0, wheel_ = 0;  // programs
  GLint background_time_ = -1, wheel_time_ = -1;
  GLuint corners_ = 0, triangles_ = 0;  // buffers
};

}  // namespace bench

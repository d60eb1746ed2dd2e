// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card's display through DRM: a mode of its monitor, and two dumb buffers to show. A failed
// call throws std::system_error, which names the call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <xf86drmMode.h>

#include "host/fd.h"

namespace bench {

// Pixels in the card's memory that the processor writes: 32 bits each.
class DumbBuffer {
 public:
  DumbBuffer(int drm, uint32_t width, uint32_t height);
  ~DumbBuffer();
  DumbBuffer(const DumbBuffer&) = delete;
  DumbBuffer& operator=(const DumbBuffer&) = delete;

  uint32_t handle() const { return handle_; }
  uint32_t framebuffer() const { return framebuffer_; }
  std::span<std::byte> pixels() const { return pixels_; }

 private:
  int drm_;
  uint32_t handle_ = 0;
  uint32_t framebuffer_ = 0;
  std::span<std::byte> pixels_;
};

class Display {
 public:
  // The first connected monitor of /dev/dri/cardN, showing the first of two buffers. Null: no
  // monitor is connected.
  static std::unique_ptr<Display> open(const char* node);

  DumbBuffer& buffer(size_t number) { return number % 2 ? second_ : first_; }

  // Shows the buffer, and returns when the driver reports that it is shown.
  void flip_to(const DumbBuffer& buffer);
  // Tells the driver that this part of the shown buffer has changed. A driver ignores this for a
  // buffer that is not shown.
  void mark_dirty(uint16_t width, uint16_t height);

  // True if the driver waits until the cursor's pixels have arrived. Most drivers do not wait.
  bool awaits_cursor() const;
  DumbBuffer new_cursor() const { return {drm_.get(), kCursor, kCursor}; }
  // Shows these pixels as the cursor. With awaits_cursor(), returns when the card has them.
  void send_cursor(const DumbBuffer& pixels);

  uint16_t width() const { return mode_.hdisplay; }
  uint16_t height() const { return mode_.vdisplay; }

 private:
  static constexpr uint16_t kCursor = 64;  // pixels a side: every driver supports this size

  Display(host::Fd drm, uint32_t connector, uint32_t crtc, const drmModeModeInfo& mode);

  host::Fd drm_;
  uint32_t crtc_;
  drmModeModeInfo mode_;
  DumbBuffer first_, second_;
  const DumbBuffer* shown_ = &first_;
};

}  // namespace bench

// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card's display through DRM: a mode that its monitor has, and two dumb buffers to show. What
// fails here throws std::system_error, which names the call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <xf86drmMode.h>

#include "host/fd.h"

namespace bench {

// Pixels in the card's memory, which the processor writes: 32 bits each.
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
  // The first connected monitor of /dev/dri/cardN, showing the first of two buffers. Null: none is
  // connected.
  static std::unique_ptr<Display> open(const char* node);

  DumbBuffer& buffer(size_t number) { return number % 2 ? second_ : first_; }

  // Shows the buffer, and returns when the card says that it does.
  void flip_to(const DumbBuffer& buffer);
  // Tells the card that this part of what it shows has changed. (Of a buffer that it does not show
  // a driver tells it nothing.)
  void mark_dirty(uint16_t width, uint16_t height);

  // Does its driver wait for a cursor's pixels to arrive? Most leave that to the next frame.
  bool awaits_cursor() const;
  DumbBuffer new_cursor() const { return {drm_.get(), kCursor, kCursor}; }
  // Shows these pixels as the cursor; where it is awaited, returns when the card has them.
  void send_cursor(const DumbBuffer& pixels);

  uint16_t width() const { return mode_.hdisplay; }
  uint16_t height() const { return mode_.vdisplay; }

 private:
  static constexpr uint16_t kCursor = 64;  // pixels a side, that every driver takes

  Display(host::Fd drm, uint32_t connector, uint32_t crtc, const drmModeModeInfo& mode);

  host::Fd drm_;
  uint32_t crtc_;
  drmModeModeInfo mode_;
  DumbBuffer first_, second_;
  const DumbBuffer* shown_ = &first_;
};

}  // namespace bench

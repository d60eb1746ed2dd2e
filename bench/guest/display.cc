// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/guest/display.h"

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <xf86drm.h>

namespace bench {
namespace {

constexpr int kFlipTimeoutMs = 5000;  // ms to wait for a flip, which takes one frame: 17

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Resources = std::unique_ptr<drmModeRes, Deleter<drmModeFreeResources>>;
using Connector = std::unique_ptr<drmModeConnector, Deleter<drmModeFreeConnector>>;
using Version = std::unique_ptr<drmVersion, Deleter<drmFreeVersion>>;
using Encoder = std::unique_ptr<drmModeEncoder, Deleter<drmModeFreeEncoder>>;

void require(int result, const char* what) {
  if (result != 0) throw std::system_error(errno, std::generic_category(), what);
}

// The first CRTC that can drive an encoder of the connector.
uint32_t crtc_for(int drm, const drmModeRes& resources, const drmModeConnector& connector) {
  for (int i = 0; i < connector.count_encoders; ++i) {
    const Encoder encoder(drmModeGetEncoder(drm, connector.encoders[i]));
    for (int crtc = 0; encoder && crtc < resources.count_crtcs; ++crtc)
      if (encoder->possible_crtcs & (1U << crtc)) return resources.crtcs[crtc];
  }
  return 0;
}

}  // namespace

DumbBuffer::DumbBuffer(int drm, uint32_t width, uint32_t height) : drm_(drm) {
  uint32_t pitch = 0;
  uint64_t size = 0, offset = 0;
  require(drmModeCreateDumbBuffer(drm, width, height, 32, 0, &handle_, &pitch, &size),
          "create a dumb buffer");
  require(drmModeAddFB(drm, width, height, 24, 32, pitch, handle_, &framebuffer_),
          "create a framebuffer for a dumb buffer");
  require(drmModeMapDumbBuffer(drm, handle_, &offset), "get the mapping offset of a dumb buffer");
  void* memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, drm, static_cast<off_t>(offset));
  require(memory == MAP_FAILED, "map a dumb buffer");
  pixels_ = {static_cast<std::byte*>(memory), size};
}

DumbBuffer::~DumbBuffer() {
  ::munmap(pixels_.data(), pixels_.size());
  drmModeRmFB(drm_, framebuffer_);
  drmModeDestroyDumbBuffer(drm_, handle_);
}

std::unique_ptr<Display> Display::open(const char* node) {
  host::Fd drm(::open(node, O_RDWR | O_CLOEXEC));
  require(drm.valid() ? 0 : -1, "open the card's DRM node");
  const Resources resources(drmModeGetResources(drm.get()));
  for (int i = 0; resources && i < resources->count_connectors; ++i) {
    const Connector connector(drmModeGetConnector(drm.get(), resources->connectors[i]));
    if (!connector || connector->connection != DRM_MODE_CONNECTED || connector->count_modes == 0)
      continue;
    const uint32_t crtc = crtc_for(drm.get(), *resources, *connector);
    if (crtc == 0) continue;
    return std::unique_ptr<Display>(
        new Display(std::move(drm), connector->connector_id, crtc, connector->modes[0]));
  }
  return nullptr;
}

Display::Display(host::Fd drm, uint32_t connector, uint32_t crtc, const drmModeModeInfo& mode)
    : drm_(std::move(drm)),
      crtc_(crtc),
      mode_(mode),
      first_(drm_.get(), mode.hdisplay, mode.vdisplay),
      second_(drm_.get(), mode.hdisplay, mode.vdisplay) {
  require(drmModeSetCrtc(drm_.get(), crtc, first_.framebuffer(), 0, 0, &connector, 1, &mode_),
          "set a mode");
}

void Display::flip_to(const DumbBuffer& buffer) {
  require(
      drmModePageFlip(drm_.get(), crtc_, buffer.framebuffer(), DRM_MODE_PAGE_FLIP_EVENT, nullptr),
      "flip the page");
  pollfd flipped = {drm_.get(), POLLIN, 0};
  if (::poll(&flipped, 1, kFlipTimeoutMs) != 1)
    throw std::system_error(ETIMEDOUT, std::generic_category(), "wait for a page flip");
  drmEventContext nobody = {};
  nobody.version = 2;
  require(drmHandleEvent(drm_.get(), &nobody), "read the event of a page flip");
  shown_ = &buffer;
}

void Display::mark_dirty(uint16_t width, uint16_t height) {
  drmModeClip clip = {0, 0, width, height};
  require(drmModeDirtyFB(drm_.get(), shown_->framebuffer(), &clip, 1), "mark pixels as dirty");
}

// virtio_gpu_cursor_plane_update (drivers/gpu/drm/virtio/virtgpu_plane.c) sends them with a fence,
// which an interrupt of the card signals.
bool Display::awaits_cursor() const {
  const Version version(drmGetVersion(drm_.get()));
  return version && std::string_view(version->name) == "virtio_gpu";
}

void Display::send_cursor(const DumbBuffer& pixels) {
  require(drmModeSetCursor(drm_.get(), crtc_, pixels.handle(), kCursor, kCursor), "set the cursor");
}

}  // namespace bench

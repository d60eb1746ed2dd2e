// SPDX-License-Identifier: GPL-2.0-or-later
//
// The fixed work of the Vulkan load: a picture of `size` by `size` pixels, drawn off screen by
// picture.vert and picture.frag. It looks like that of bench/graphics/scene.h.
#pragma once

#include <vector>

#include <vulkan/vulkan.h>

#include "bench/graphics/picture.h"
#include "bench/graphics/vulkan_device.h"

namespace bench {

// The device must live longer, and frees what a failed constructor has left when it ends.
class VulkanScene {
 public:
  VulkanScene(const VulkanDevice& device, int size);
  ~VulkanScene();
  VulkanScene(const VulkanScene&) = delete;
  VulkanScene& operator=(const VulkanScene&) = delete;

  // Returns when the frame is drawn.
  void draw(int frame);

  Picture picture();

 private:
  void make_image();
  void make_buffer();
  void make_render_pass();
  void make_pipeline();
  void make_commands();
  template <class Record>
  void run(Record record);

  const VulkanDevice& device_;
  uint32_t size_;
  VkImage image_ = VK_NULL_HANDLE;
  VkImageView view_ = VK_NULL_HANDLE;
  VkBuffer buffer_ = VK_NULL_HANDLE;  // the picture, for the processor
  VkDeviceMemory image_memory_ = VK_NULL_HANDLE, buffer_memory_ = VK_NULL_HANDLE;
  VkRenderPass pass_ = VK_NULL_HANDLE;
  VkFramebuffer framebuffer_ = VK_NULL_HANDLE;
  VkPipelineLayout layout_ = VK_NULL_HANDLE;
  VkPipeline pipeline_ = VK_NULL_HANDLE;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  VkCommandBuffer commands_ = VK_NULL_HANDLE;
  VkFence fence_ = VK_NULL_HANDLE;
};

}  // namespace bench

// SPDX-License-Identifier: GPL-2.0-or-later
//
// A Vulkan device without a window: the guest's card if a driver has it, otherwise the first
// device. A failed call throws std::runtime_error, which names the call.
#pragma once

#include <string>

#include <vulkan/vulkan.h>

#include "host/pci_address.h"

namespace bench {

// Throws if `result` is not VK_SUCCESS.
void check(VkResult result, const char* call);

class VulkanDevice {
 public:
  // Throws NotSupported (program.h) if no driver has a device.
  explicit VulkanDevice(const host::PciAddress& card);
  ~VulkanDevice();
  VulkanDevice(const VulkanDevice&) = delete;
  VulkanDevice& operator=(const VulkanDevice&) = delete;

  std::string name() const;  // "Virtio-GPU Venus (llvmpipe (LLVM 19.1.7, 256 bits))"
  VkDevice handle() const { return device_; }
  VkQueue queue() const { return queue_; }
  uint32_t queue_family() const { return family_; }

  // Memory with these properties that suits the requirements.
  VkDeviceMemory allocate(const VkMemoryRequirements& needed,
                          VkMemoryPropertyFlags properties) const;

 private:
  VkInstance instance_ = VK_NULL_HANDLE;
  VkPhysicalDevice physical_ = VK_NULL_HANDLE;
  VkDevice device_ = VK_NULL_HANDLE;
  VkQueue queue_ = VK_NULL_HANDLE;
  uint32_t family_ = 0;
};

}  // namespace bench

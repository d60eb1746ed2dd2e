// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/graphics/vulkan_device.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "bench/graphics/program.h"

namespace bench {
namespace {

VkInstance make_instance() {
  const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                         .pNext = nullptr,
                                         .pApplicationName = "vfio-bench",
                                         .applicationVersion = 0,
                                         .pEngineName = nullptr,
                                         .engineVersion = 0,
                                         .apiVersion = VK_API_VERSION_1_1};
  VkInstanceCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  VkInstance instance = VK_NULL_HANDLE;
  const VkResult result = vkCreateInstance(&info, nullptr, &instance);
  // The loader's result if it has found no driver, or none that starts.
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    throw NotSupported("the guest has no Vulkan driver that works (vkCreateInstance)");
  check(result, "vkCreateInstance");
  return instance;
}

std::vector<VkPhysicalDevice> devices_of(VkInstance instance) {
  uint32_t count = 0;
  check(vkEnumeratePhysicalDevices(instance, &count, nullptr), "vkEnumeratePhysicalDevices");
  std::vector<VkPhysicalDevice> devices(count);
  check(vkEnumeratePhysicalDevices(instance, &count, devices.data()), "vkEnumeratePhysicalDevices");
  return devices;
}

bool has_extension(VkPhysicalDevice device, const char* name) {
  uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, extensions.data());
  return std::any_of(extensions.begin(), extensions.end(), [&](const auto& extension) {
    return std::strcmp(extension.extensionName, name) == 0;
  });
}

// By VK_EXT_pci_bus_info.
bool is_at(VkPhysicalDevice device, const host::PciAddress& card) {
  if (!has_extension(device, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME)) return false;
  VkPhysicalDevicePCIBusInfoPropertiesEXT place = {};
  place.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT;
  VkPhysicalDeviceProperties2 properties = {};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &place;
  vkGetPhysicalDeviceProperties2(device, &properties);
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", place.pciDomain, place.pciBus, place.pciDevice,
                     place.pciFunction) == card.str();
}

VkPhysicalDevice choose(const std::vector<VkPhysicalDevice>& devices,
                        const host::PciAddress& card) {
  if (devices.empty()) throw NotSupported("no Vulkan driver of the guest has a device");
  const auto found = std::find_if(devices.begin(), devices.end(),
                                  [&](VkPhysicalDevice device) { return is_at(device, card); });
  return found == devices.end() ? devices.front() : *found;
}

uint32_t graphics_family_of(VkPhysicalDevice device) {
  uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
  for (uint32_t i = 0; i < count; ++i)
    if (families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) return i;
  throw NotSupported("the Vulkan device cannot draw: it has no graphics queue");
}

VkDevice make_device(VkPhysicalDevice physical, uint32_t family) {
  const float priority = 1;
  VkDeviceQueueCreateInfo queue = {};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueFamilyIndex = family;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  VkDevice device = VK_NULL_HANDLE;
  check(vkCreateDevice(physical, &info, nullptr, &device), "vkCreateDevice");
  return device;
}

}  // namespace

void check(VkResult result, const char* call) {
  if (result != VK_SUCCESS)
    throw std::runtime_error(fmt::format("{}: Vulkan error {}", call, static_cast<int>(result)));
}

VulkanDevice::VulkanDevice(const host::PciAddress& card) : instance_(make_instance()) {
  physical_ = choose(devices_of(instance_), card);
  family_ = graphics_family_of(physical_);
  device_ = make_device(physical_, family_);
  vkGetDeviceQueue(device_, family_, 0, &queue_);
}

VulkanDevice::~VulkanDevice() {
  vkDestroyDevice(device_, nullptr);
  vkDestroyInstance(instance_, nullptr);
}

std::string VulkanDevice::name() const {
  VkPhysicalDeviceProperties properties = {};
  vkGetPhysicalDeviceProperties(physical_, &properties);
  return properties.deviceName;
}

VkDeviceMemory VulkanDevice::allocate(const VkMemoryRequirements& needed,
                                      VkMemoryPropertyFlags properties) const {
  VkPhysicalDeviceMemoryProperties memory = {};
  vkGetPhysicalDeviceMemoryProperties(physical_, &memory);
  VkMemoryAllocateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  info.allocationSize = needed.size;
  const auto suits = [&](uint32_t type) {
    return (needed.memoryTypeBits >> type & 1) != 0 &&
           (memory.memoryTypes[type].propertyFlags & properties) == properties;
  };
  while (info.memoryTypeIndex < memory.memoryTypeCount && !suits(info.memoryTypeIndex))
    ++info.memoryTypeIndex;
  if (info.memoryTypeIndex == memory.memoryTypeCount)
    throw std::runtime_error("the Vulkan device has no memory of the wanted type");
  VkDeviceMemory allocated = VK_NULL_HANDLE;
  check(vkAllocateMemory(device_, &info, nullptr, &allocated), "vkAllocateMemory");
  return allocated;
}

}  // namespace bench

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/graphics/vulkan_scene.h"

#include <cstddef>
#include <iterator>

// Written by glslang during the build: kVertexShader, kFragmentShader.
#include "picture.frag.h"
#include "picture.vert.h"

namespace bench {
namespace {

constexpr VkFormat kFormat = VK_FORMAT_R8G8B8A8_UNORM;
constexpr uint32_t kCorners = 3 + 240 * 3;  // of picture.vert
constexpr VkShaderStageFlags kStages = VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT;
constexpr uint64_t kFrameLimit = 300'000'000'000;  // ns: an emulated processor may draw

VkShaderModule shader_of(const VulkanDevice& device, const uint32_t* code, size_t bytes) {
  VkShaderModuleCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  info.codeSize = bytes;
  info.pCode = code;
  VkShaderModule shader = VK_NULL_HANDLE;
  check(vkCreateShaderModule(device.handle(), &info, nullptr, &shader), "vkCreateShaderModule");
  return shader;
}

VkPipelineShaderStageCreateInfo stage(VkShaderStageFlagBits flag, VkShaderModule shader) {
  VkPipelineShaderStageCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage = flag;
  info.module = shader;
  info.pName = "main";
  return info;
}

// The wheel is mixed with what is behind it.
VkPipelineColorBlendAttachmentState translucent() {
  return {.blendEnable = VK_TRUE,
          .srcColorBlendFactor = VK_BLEND_FACTOR_SRC_ALPHA,
          .dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
          .colorBlendOp = VK_BLEND_OP_ADD,
          .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
          .dstAlphaBlendFactor = VK_BLEND_FACTOR_ZERO,
          .alphaBlendOp = VK_BLEND_OP_ADD,
          .colorWriteMask = VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT |
                            VK_COLOR_COMPONENT_B_BIT | VK_COLOR_COMPONENT_A_BIT};
}

}  // namespace

VulkanScene::VulkanScene(const VulkanDevice& device, int size)
    : device_(device), size_(static_cast<uint32_t>(size)) {
  make_image();
  make_buffer();
  make_render_pass();
  make_pipeline();
  make_commands();
}

VulkanScene::~VulkanScene() {
  const VkDevice device = device_.handle();
  vkDeviceWaitIdle(device);
  vkDestroyFence(device, fence_, nullptr);
  vkDestroyCommandPool(device, pool_, nullptr);
  vkDestroyPipeline(device, pipeline_, nullptr);
  vkDestroyPipelineLayout(device, layout_, nullptr);
  vkDestroyFramebuffer(device, framebuffer_, nullptr);
  vkDestroyRenderPass(device, pass_, nullptr);
  vkDestroyImageView(device, view_, nullptr);
  vkDestroyImage(device, image_, nullptr);
  vkDestroyBuffer(device, buffer_, nullptr);
  vkFreeMemory(device, image_memory_, nullptr);
  vkFreeMemory(device, buffer_memory_, nullptr);
}

void VulkanScene::make_image() {
  VkImageCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
  info.imageType = VK_IMAGE_TYPE_2D;
  info.format = kFormat;
  info.extent = {size_, size_, 1};
  info.mipLevels = info.arrayLayers = 1;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  check(vkCreateImage(device_.handle(), &info, nullptr, &image_), "vkCreateImage");
  VkMemoryRequirements needed = {};
  vkGetImageMemoryRequirements(device_.handle(), image_, &needed);
  image_memory_ = device_.allocate(needed, 0);
  check(vkBindImageMemory(device_.handle(), image_, image_memory_, 0), "vkBindImageMemory");
  VkImageViewCreateInfo view = {};
  view.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO;
  view.image = image_;
  view.viewType = VK_IMAGE_VIEW_TYPE_2D;
  view.format = kFormat;
  view.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  check(vkCreateImageView(device_.handle(), &view, nullptr, &view_), "vkCreateImageView");
}

void VulkanScene::make_buffer() {
  VkBufferCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = VkDeviceSize{size_} * size_ * 4;
  info.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  check(vkCreateBuffer(device_.handle(), &info, nullptr, &buffer_), "vkCreateBuffer");
  VkMemoryRequirements needed = {};
  vkGetBufferMemoryRequirements(device_.handle(), buffer_, &needed);
  buffer_memory_ = device_.allocate(
      needed, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
  check(vkBindBufferMemory(device_.handle(), buffer_, buffer_memory_, 0), "vkBindBufferMemory");
}

// At the end of the pass, the image is ready to be copied.
void VulkanScene::make_render_pass() {
  const VkAttachmentDescription attachment = {.flags = 0,
                                              .format = kFormat,
                                              .samples = VK_SAMPLE_COUNT_1_BIT,
                                              .loadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
                                              .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                                              .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
                                              .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
                                              .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
                                              .finalLayout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL};
  const VkAttachmentReference reference = {0, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
  VkSubpassDescription subpass = {};
  subpass.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS;
  subpass.colorAttachmentCount = 1;
  subpass.pColorAttachments = &reference;
  const VkSubpassDependency copy = {0,
                                    VK_SUBPASS_EXTERNAL,
                                    VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
                                    VK_PIPELINE_STAGE_TRANSFER_BIT,
                                    VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
                                    VK_ACCESS_TRANSFER_READ_BIT,
                                    0};
  VkRenderPassCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO;
  info.attachmentCount = info.subpassCount = info.dependencyCount = 1;
  info.pAttachments = &attachment;
  info.pSubpasses = &subpass;
  info.pDependencies = &copy;
  check(vkCreateRenderPass(device_.handle(), &info, nullptr, &pass_), "vkCreateRenderPass");
  VkFramebufferCreateInfo framebuffer = {};
  framebuffer.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO;
  framebuffer.renderPass = pass_;
  framebuffer.attachmentCount = framebuffer.layers = 1;
  framebuffer.pAttachments = &view_;
  framebuffer.width = framebuffer.height = size_;
  check(vkCreateFramebuffer(device_.handle(), &framebuffer, nullptr, &framebuffer_),
        "vkCreateFramebuffer");
}

// No vertex buffers: picture.vert computes the corners from their numbers.
void VulkanScene::make_pipeline() {
  const VkPushConstantRange time = {kStages, 0, sizeof(float)};
  VkPipelineLayoutCreateInfo layout = {};
  layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &time;
  check(vkCreatePipelineLayout(device_.handle(), &layout, nullptr, &layout_),
        "vkCreatePipelineLayout");
  const VkShaderModule vertex = shader_of(device_, kVertexShader, sizeof kVertexShader),
                       fragment = shader_of(device_, kFragmentShader, sizeof kFragmentShader);
  const VkPipelineShaderStageCreateInfo stages[] = {stage(VK_SHADER_STAGE_VERTEX_BIT, vertex),
                                                    stage(VK_SHADER_STAGE_FRAGMENT_BIT, fragment)};
  VkPipelineVertexInputStateCreateInfo input = {};
  input.sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO;
  VkPipelineInputAssemblyStateCreateInfo assembly = {};
  assembly.sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO;
  assembly.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST;
  const auto side = static_cast<float>(size_);
  const VkViewport viewport = {0, 0, side, side, 0, 1};
  const VkRect2D scissor = {{0, 0}, {size_, size_}};
  VkPipelineViewportStateCreateInfo view = {};
  view.sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO;
  view.viewportCount = view.scissorCount = 1;
  view.pViewports = &viewport;
  view.pScissors = &scissor;
  VkPipelineRasterizationStateCreateInfo raster = {};
  raster.sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO;
  raster.polygonMode = VK_POLYGON_MODE_FILL;
  raster.lineWidth = 1;
  VkPipelineMultisampleStateCreateInfo samples = {};
  samples.sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO;
  samples.rasterizationSamples = VK_SAMPLE_COUNT_1_BIT;
  const VkPipelineColorBlendAttachmentState blending = translucent();
  VkPipelineColorBlendStateCreateInfo blend = {};
  blend.sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO;
  blend.attachmentCount = 1;
  blend.pAttachments = &blending;
  VkGraphicsPipelineCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO;
  info.stageCount = static_cast<uint32_t>(std::size(stages));
  info.pStages = stages;
  info.pVertexInputState = &input;
  info.pInputAssemblyState = &assembly;
  info.pViewportState = &view;
  info.pRasterizationState = &raster;
  info.pMultisampleState = &samples;
  info.pColorBlendState = &blend;
  info.layout = layout_;
  info.renderPass = pass_;
  const VkResult result =
      vkCreateGraphicsPipelines(device_.handle(), VK_NULL_HANDLE, 1, &info, nullptr, &pipeline_);
  vkDestroyShaderModule(device_.handle(), vertex, nullptr);
  vkDestroyShaderModule(device_.handle(), fragment, nullptr);
  check(result, "vkCreateGraphicsPipelines");
}

void VulkanScene::make_commands() {
  VkCommandPoolCreateInfo pool = {};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  pool.queueFamilyIndex = device_.queue_family();
  check(vkCreateCommandPool(device_.handle(), &pool, nullptr, &pool_), "vkCreateCommandPool");
  VkCommandBufferAllocateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  info.commandPool = pool_;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  check(vkAllocateCommandBuffers(device_.handle(), &info, &commands_), "vkAllocateCommandBuffers");
  VkFenceCreateInfo fence = {};
  fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  check(vkCreateFence(device_.handle(), &fence, nullptr, &fence_), "vkCreateFence");
}

// Records commands, submits them and waits for their end.
template <class Record>
void VulkanScene::run(Record record) {
  VkCommandBufferBeginInfo begin = {};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  check(vkBeginCommandBuffer(commands_, &begin), "vkBeginCommandBuffer");
  record();
  check(vkEndCommandBuffer(commands_), "vkEndCommandBuffer");
  VkSubmitInfo submit = {};
  submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  submit.commandBufferCount = 1;
  submit.pCommandBuffers = &commands_;
  check(vkQueueSubmit(device_.queue(), 1, &submit, fence_), "vkQueueSubmit");
  check(vkWaitForFences(device_.handle(), 1, &fence_, VK_TRUE, kFrameLimit), "vkWaitForFences");
  check(vkResetFences(device_.handle(), 1, &fence_), "vkResetFences");
}

void VulkanScene::draw(int frame) {
  const float time = static_cast<float>(frame) * 0.05F;
  run([&] {
    VkRenderPassBeginInfo begin = {};
    begin.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO;
    begin.renderPass = pass_;
    begin.framebuffer = framebuffer_;
    begin.renderArea = {{0, 0}, {size_, size_}};
    vkCmdBeginRenderPass(commands_, &begin, VK_SUBPASS_CONTENTS_INLINE);
    vkCmdBindPipeline(commands_, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline_);
    vkCmdPushConstants(commands_, layout_, kStages, 0, sizeof time, &time);
    vkCmdDraw(commands_, kCorners, 1, 0, 0);
    vkCmdEndRenderPass(commands_);
  });
}

Picture VulkanScene::picture() {
  run([&] {
    VkBufferImageCopy copy = {};
    copy.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    copy.imageExtent = {size_, size_, 1};
    vkCmdCopyImageToBuffer(commands_, image_, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, buffer_, 1,
                           &copy);
    VkMemoryBarrier barrier = {};  // the processor reads
    barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
    barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
    vkCmdPipelineBarrier(commands_, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0,
                         1, &barrier, 0, nullptr, 0, nullptr);
  });
  void* pixels = nullptr;
  check(vkMapMemory(device_.handle(), buffer_memory_, 0, VK_WHOLE_SIZE, 0, &pixels), "vkMapMemory");
  const Picture picture =
      picture_of({static_cast<const unsigned char*>(pixels), size_t{size_} * size_ * 4});
  vkUnmapMemory(device_.handle(), buffer_memory_);
  return picture;
}

}  // namespace bench

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/metrics.h"

namespace bench {
namespace {

constexpr Metric kMetrics[] = {
    {"BarWrite/uncached", "BAR write, uncached", Unit::kBandwidth,
     "64-bit stores into the card's memory: as fast as the bus if the guest has the BAR mapped, about a thousandth of that if each store traps"},
    {"BarWrite/write_combined", "BAR write, write-combined", Unit::kBandwidth,
     "the same through a write-combined mapping, as drivers map a framebuffer"},
    {"BarRead/uncached", "BAR read, uncached", Unit::kBandwidth,
     "64-bit loads from the card's memory"},
    {"BarRead/write_combined", "BAR read, write-combined", Unit::kBandwidth,
     "the same through a write-combined mapping"},
    {"RegisterRead", "Register read", Unit::kTime,
     "one 32-bit load from a register: an emulated card answers it in QEMU"},
    {"DumbBufferFill", "Framebuffer fill", Unit::kBandwidth,
     "pixels that are written to a DRM dumb buffer; this is not a measure of 3D"},
    {"PageFlip", "Page flip", Unit::kRate,
     "from the request for a different buffer until the driver reports that it is shown"},
    {"DirtyFrame", "Dirty frame", Unit::kRate,
     "commands that mark a whole frame as changed; the processor does not wait for them, so they are not a measure of bandwidth"},
    {"DirtyTile", "Dirty tile, 8x8", Unit::kRate,
     "the same for 8x8 pixels: the cost of the command itself"},
    {"CommandRoundTrip", "Command round trip", Unit::kTime,
     "from sending the 64x64 pixels of a cursor until their interrupt has woken the program. The second interrupt is that of the cursor; the program does not wait for it"},
    {"GraphicsLoad", "Graphics load", Unit::kRate,
     "frames of a fixed EGL and OpenGL ES 2 picture, drawn off screen by the guest's Mesa"},
    {"VulkanLoad", "Vulkan load", Unit::kRate,
     "frames of the same picture, drawn off screen with Vulkan"},
};

std::optional<double> number(const nlohmann::json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

// Google Benchmark reports times in the unit that the entry names.
std::optional<double> nanoseconds(const nlohmann::json& entry) {
  const auto time = number(entry, "real_time");
  const auto named = entry.find("time_unit");
  const std::string unit =
      named != entry.end() && named->is_string() ? named->get<std::string>() : "ns";
  if (!time) return std::nullopt;
  return *time * (unit == "s" ? 1e9 : unit == "ms" ? 1e6 : unit == "us" ? 1e3 : 1);
}

}  // namespace

std::span<const Metric> metrics() {
  return kMetrics;
}

const char* symbol(Unit unit) {
  switch (unit) {
    case Unit::kBandwidth:
      return "MB/s";
    case Unit::kTime:
      return "ns";
    case Unit::kRate:
      return "1/s";
  }
  return "";
}

bool more_is_better(Unit unit) {
  return unit != Unit::kTime;
}

std::optional<double> figure(const Metric& metric, const nlohmann::json& entry) {
  if (!entry.is_object() || entry.contains("error_occurred")) return std::nullopt;
  switch (metric.unit) {
    case Unit::kBandwidth: {
      const auto bytes = number(entry, "bytes_per_second");
      return bytes ? std::optional(*bytes / 1e6) : std::nullopt;
    }
    case Unit::kTime:
      return nanoseconds(entry);
    case Unit::kRate:
      return number(entry, "items_per_second");
  }
  return std::nullopt;
}

}  // namespace bench

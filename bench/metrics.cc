// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/metrics.h"

namespace bench {
namespace {

constexpr Metric kMetrics[] = {
    {"BarWrite/uncached", "BAR write, uncached", Unit::kBandwidth,
     "64-bit stores into the card's memory: as quick as the bus where the BAR is mapped into the "
     "guest, a thousandth of it where each store traps"},
    {"BarWrite/write_combined", "BAR write, write-combined", Unit::kBandwidth,
     "the same, as a driver maps a framebuffer"},
    {"BarRead/uncached", "BAR read, uncached", Unit::kBandwidth,
     "64-bit loads from the card's memory"},
    {"BarRead/write_combined", "BAR read, write-combined", Unit::kBandwidth,
     "the same through a write-combined mapping"},
    {"RegisterRead", "Register read", Unit::kTime,
     "one 32-bit load from a register: an emulated card answers it in QEMU"},
    {"DumbBufferFill", "Framebuffer fill", Unit::kBandwidth,
     "pixels into a DRM dumb buffer; tells nothing of 3D"},
    {"PageFlip", "Page flip", Unit::kRate,
     "from asking for another buffer to the driver's word that it is shown"},
    {"DirtyFrame", "Dirty frame", Unit::kRate,
     "commands that a whole frame has changed; they run beside the processor, so no bandwidth "
     "follows from it"},
    {"DirtyTile", "Dirty tile, 8x8", Unit::kRate,
     "the same for 8x8 pixels: the command's own cost"},
    {"CommandRoundTrip", "Command, there and back", Unit::kTime,
     "from sending a cursor's 64x64 pixels until their interrupt has woken the program: the whole "
     "way of a command that is waited for, not the interrupt's alone. The other interrupt is the "
     "cursor's, for which nobody waits"},
    {"GraphicsLoad", "Graphics load", Unit::kRate,
     "frames of a fixed EGL and OpenGL ES 2 picture, off screen, by the driver and the Mesa of the "
     "guest: what the card is for"},
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

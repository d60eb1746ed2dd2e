// SPDX-License-Identifier: GPL-2.0-or-later
//
// The JSON form of the record. record_from_json() reads what to_json() writes; from a damaged
// record or a record of another version it reads what it can.
#include <algorithm>
#include <bit>
#include <iterator>

#include <nlohmann/json.hpp>

#include "host/pci_address.h"
#include "record/json_depth.h"
#include "record/json_writer.h"
#include "record/record.h"

namespace record {
namespace {

using nlohmann::ordered_json;

constexpr const char* kHealthyNames[] = {"", "display", "boot"};

void write_phase(JsonWriter& json, const char* key, const Phase& phase) {
  json.open_object(key);
  json.member("began_ns", phase.began_ns);
  json.member("ended_ns", phase.ended_ns);
  json.close_object();
}

void write_handling(JsonWriter& json, const config::Handling& handling) {
  json.open_object("handling");
  json.member("driver", handling.driver);
  json.member("unbind", config::kUnbindNames[static_cast<size_t>(handling.unbind)]);
  json.member("framebuffer", config::kFramebufferNames[static_cast<size_t>(handling.framebuffer)]);
  json.open_array("bar_sizes");
  for (const config::BarSize& size : handling.bar_sizes) {
    json.open_object();
    json.member("bar", size.bar);
    json.member("megabytes", static_cast<int64_t>(size.megabytes));
    json.close_object();
  }
  json.close_array();
  json.member("reset_method", handling.reset_method);
  json.member("disable_idle_d3", handling.disable_idle_d3);
  json.close_object();
}

// null if there was none, as for most functions.
void write_framebuffer(JsonWriter& json, const FramebufferRecord& framebuffer) {
  if (framebuffer.found.empty()) return json.null_member("framebuffer");
  json.open_object("framebuffer");
  json.member("found", framebuffer.found);
  json.member("left", framebuffer.left);
  json.member("became", framebuffer.outcome);
  json.member("remedy", framebuffer.remedy);
  json.close_object();
}

void write_function(JsonWriter& json, const FunctionRecord& function) {
  json.open_object();
  json.member("card", function.card);
  json.member("address", function.address);
  json.member("id", function.id);
  json.member("class", function.class_code);
  json.member("want", function.wanted_driver);
  json.member("found", function.found);
  json.member("state", state_name(function.state));
  json.member("initramfs", function.in_initramfs);
  json.member("released", function.released);
  json.member("reappeared", function.reappeared);
  json.member("override_ns", function.override_ns);
  json.member("bound_ns", function.bound_ns);
  json.member("why", function.why);
  json.member("remedy", function.remedy);
  json.open_array("warnings");
  for (const std::string& warning : function.warnings) json.element(warning);
  json.close_array();
  write_framebuffer(json, function.framebuffer);
  write_handling(json, function.handling);
  json.close_object();
}

void write_refusal(JsonWriter& json, const config::Refusal& refusal) {
  json.open_object();
  json.member("card", refusal.card);
  json.member("file", refusal.file);
  json.member("line", refusal.line);
  json.member("why", refusal.why);
  json.member("remedy", refusal.remedy);
  json.close_object();
}

void write_warning(JsonWriter& json, const config::Warning& warning) {
  json.open_object();
  json.member("card", warning.card);
  json.member("what", warning.what);
  json.member("remedy", warning.remedy);
  json.close_object();
}

void write_configuration(JsonWriter& json, const Record& record) {
  json.open_object("configuration");
  json.open_array("files");
  for (const std::string& file : record.configuration_files) json.element(file);
  json.close_array();
  json.member("fnv1a64", record.configuration_hash);
  json.close_object();
}

void write_rescue(JsonWriter& json, const Rescue& rescue) {
  json.open_object("rescue");
  json.member("healthy_when", kHealthyNames[static_cast<size_t>(rescue.healthy_when)]);
  json.member("skips", rescue.skips);
  json.member("flag", rescue.flag.str());
  json.member("wanted", rescue.wanted.str());
  json.member("unavailable", rescue.unavailable);
  json.member("remedy", rescue.remedy);
  json.close_object();
}

// The record may be damaged or of another version: a member that is missing or has another type is
// read as empty.
std::string text_of(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int64_t number_of(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

bool flag_of(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

ordered_json list_of(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : ordered_json::array();
}

Phase phase_of(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_object()) return {};
  return {number_of(*found, "began_ns"), number_of(*found, "ended_ns")};
}

// The enumerator with this name; `otherwise` if the name is missing or unknown.
template <class Enum, size_t N>
Enum word_of(const ordered_json& object, const char* key, const char* const (&names)[N],
             Enum otherwise) {
  const auto* found = std::find(std::begin(names), std::end(names), text_of(object, key));
  return found == std::end(names) ? otherwise : static_cast<Enum>(found - std::begin(names));
}

FramebufferRecord framebuffer_of(const ordered_json& function) {
  const auto found = function.find("framebuffer");
  if (found == function.end() || !found->is_object()) return {};
  return {text_of(*found, "found"), text_of(*found, "left"), text_of(*found, "became"),
          text_of(*found, "remedy")};
}

// If an older record does not have this, nothing is unbound and no framebuffer is released.
config::Handling handling_of(const ordered_json& function) {
  const auto found = function.find("handling");
  if (found == function.end() || !found->is_object())
    return {.unbind = config::Unbind::kNo, .framebuffer = config::Framebuffer::kKeep};
  config::Handling handling = {
      .driver = text_of(*found, "driver"),
      .unbind = word_of(*found, "unbind", config::kUnbindNames, config::Unbind::kNo),
      .framebuffer =
          word_of(*found, "framebuffer", config::kFramebufferNames, config::Framebuffer::kKeep),
      .bar_sizes = {},
      .reset_method = text_of(*found, "reset_method"),
      .disable_idle_d3 = flag_of(*found, "disable_idle_d3")};
  for (const auto& size : list_of(*found, "bar_sizes")) {
    if (!size.is_object()) continue;
    const int64_t bar = number_of(size, "bar"), megabytes = number_of(size, "megabytes");
    if (bar >= 0 && bar < 6 && megabytes > 0 &&
        std::has_single_bit(static_cast<uint64_t>(megabytes)))
      handling.bar_sizes.push_back({static_cast<uint8_t>(bar), static_cast<uint64_t>(megabytes)});
  }
  return handling;
}

std::vector<std::string> texts_of(const ordered_json& object, const char* key) {
  std::vector<std::string> texts;
  for (const auto& text : list_of(object, key))
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

FunctionRecord function_of(const ordered_json& object) {
  return {.card = text_of(object, "card"),
          .address = text_of(object, "address"),
          .id = text_of(object, "id"),
          .class_code = text_of(object, "class"),
          .wanted_driver = text_of(object, "want"),
          .found = text_of(object, "found"),
          .state = word_of(object, "state", kStateNames, State::kFailed),
          .in_initramfs = flag_of(object, "initramfs"),
          .released = flag_of(object, "released"),
          .reappeared = flag_of(object, "reappeared"),
          .override_ns = number_of(object, "override_ns"),
          .bound_ns = number_of(object, "bound_ns"),
          .why = text_of(object, "why"),
          .remedy = text_of(object, "remedy"),
          .warnings = texts_of(object, "warnings"),
          .framebuffer = framebuffer_of(object),
          .handling = handling_of(object)};
}

Rescue rescue_of(const ordered_json& record) {
  const auto found = record.find("rescue");
  if (found == record.end() || !found->is_object()) return {};
  return {.healthy_when = word_of(*found, "healthy_when", kHealthyNames, config::Healthy::kNotSet),
          .skips = flag_of(*found, "skips"),
          .flag = BootFlag::parse(text_of(*found, "flag")),
          .wanted = BootFlag::parse(text_of(*found, "wanted")),
          .unavailable = text_of(*found, "unavailable"),
          .remedy = text_of(*found, "remedy")};
}

config::Refusal refusal_of(const ordered_json& object) {
  return {text_of(object, "card"), text_of(object, "file"),
          static_cast<int>(number_of(object, "line")), text_of(object, "why"),
          text_of(object, "remedy")};
}

config::Warning warning_of(const ordered_json& object) {
  return {text_of(object, "card"), text_of(object, "what"), text_of(object, "remedy")};
}

}  // namespace

std::string to_json(const Record& record) {
  JsonWriter json;
  json.open_object();
  json.member("version", record.version);
  json.member("boot_id", record.boot_id);
  json.member("kernel", record.kernel_release);
  write_configuration(json, record);
  json.member("initramfs", record.in_initramfs);
  json.member("rescued", record.switched_off);
  write_rescue(json, record.rescue);
  write_phase(json, "gate", record.gate);
  write_phase(json, "bind", record.bind);
  json.open_array("functions");
  for (const FunctionRecord& function : record.functions) write_function(json, function);
  json.close_array();
  json.open_array("refused");
  for (const config::Refusal& refusal : record.refusals) write_refusal(json, refusal);
  json.close_array();
  json.open_array("warnings");
  for (const config::Warning& warning : record.warnings) write_warning(json, warning);
  json.close_array();
  json.close_object();
  return json.finish();
}

host::Result<Record> record_from_json(const std::string& text) {
  if (nests_too_deep(text)) return host::Error{0, "not a record of vfio-early: nested too deep"};
  const ordered_json json = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return host::Error{0, "not a record of vfio-early: not a JSON object"};

  Record record;
  record.version = text_of(json, "version");
  record.boot_id = text_of(json, "boot_id");
  record.kernel_release = text_of(json, "kernel");
  if (const auto found = json.find("configuration"); found != json.end() && found->is_object()) {
    record.configuration_files = texts_of(*found, "files");
    record.configuration_hash = text_of(*found, "fnv1a64");
  }
  record.in_initramfs = flag_of(json, "initramfs");
  record.switched_off = flag_of(json, "rescued");
  record.rescue = rescue_of(json);
  record.gate = phase_of(json, "gate");
  record.bind = phase_of(json, "bind");
  // The address becomes part of a path in sysfs, so it must be valid.
  for (const auto& function : list_of(json, "functions"))
    if (function.is_object() && host::PciAddress::parse(text_of(function, "address")))
      record.functions.push_back(function_of(function));
  for (const auto& refusal : list_of(json, "refused"))
    if (refusal.is_object()) record.refusals.push_back(refusal_of(refusal));
  for (const auto& warning : list_of(json, "warnings"))
    if (warning.is_object()) record.warnings.push_back(warning_of(warning));
  return record;
}

}  // namespace record

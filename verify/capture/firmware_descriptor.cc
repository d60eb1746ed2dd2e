// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/firmware_descriptor.h"

#include <nlohmann/json.hpp>

#include "record/json_depth.h"
#include "verify/capture/known_words.h"

namespace verify::capture {
namespace {

using nlohmann::json;

json at(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : json();
}

// The known words of `list`; "pc-q35-*" and version numbers are known.
json known_words(const json& list) {
  json kept = json::array();
  if (list.is_array())
    for (const json& item : list)
      if (item.is_string() && has_only_known_words(item.get_ref<const std::string&>()))
        kept.push_back(item);
  return kept;
}

json kept_target(const json& target) {
  const json architecture = at(target, "architecture");
  return {{"architecture",
           architecture == "x86_64" || architecture == "aarch64" ? architecture : json("other")},
          {"machines", known_words(at(target, "machines"))}};
}

std::string kept_path(const std::string& path, Anonymiser& anonymiser) {
  if (path.starts_with("/usr/share/") && has_only_known_words(path)) return path;
  return "/usr/share/" + anonymiser.pseudonym("firmware", path);
}

}  // namespace

FirmwareDescriptor kept_firmware(const std::string& text, Anonymiser& anonymiser) {
  if (record::nests_too_deep(text)) return {.text = "{}\n", .image = {}, .kept_image = {}};
  const json all = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const json mapping = at(all, "mapping");
  json executable = at(at(mapping, "executable"), "filename");
  const bool flash = executable.is_string();
  if (!flash) executable = at(mapping, "filename");

  FirmwareDescriptor found;
  if (executable.is_string()) {
    found.image = executable.get<std::string>();
    found.kept_image = found.image.empty() ? "" : kept_path(found.image, anonymiser);
  }
  json kept = {{"interface-types", known_words(at(all, "interface-types"))},
               {"features", known_words(at(all, "features"))},
               {"targets", json::array()}};
  if (const json targets = at(all, "targets"); targets.is_array())
    for (const json& target : targets) kept["targets"].push_back(kept_target(target));
  const json file = {{"filename", found.kept_image}};
  kept["mapping"] = flash ? json{{"executable", file}} : file;
  found.text = kept.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  return found;
}

}  // namespace verify::capture

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/graphics/program.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/guest/card.h"
#include "bench/guest/markers.h"
#include "bench/guest/renderer.h"
#include "host/text.h"

namespace bench {
namespace {

// The options that Google Benchmark does not handle.
bool read_options(int argc, char** argv, GraphicsOptions& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view value = word.substr(std::min(word.find('=') + 1, word.size()));
    const auto number = host::parse_number(value, 10);
    if (word == "--software=allow")
      options.software = true;
    else if (word.starts_with("--renderer="))
      options.renderer = value;
    else if (word.starts_with("--frames=") && number && *number > 0)
      options.frames = static_cast<int>(*number);
    else if (word.starts_with("--size=") && number && *number > 0 && *number <= 8192)
      options.size = static_cast<int>(*number);
    else
      return std::fprintf(stderr, "%s: unknown option '%s'\n", argv[0], argv[i]), false;
  }
  return true;
}

// Google Benchmark has SkipWithMessage() since 1.8. Its form in JSON is used here with older ones.
std::string as_skipped(const std::string& text) {
  auto report = nlohmann::json::parse(text, nullptr, false);
  if (!report.is_object() || !report.contains("benchmarks")) return text;
  for (nlohmann::json& entry : report["benchmarks"]) {
    entry["skipped"] = true;
    entry["skip_message"] = entry.value("error_message", "");
    entry.erase("error_occurred");
    entry.erase("error_message");
  }
  return report.dump(1);
}

}  // namespace

std::string refuse(benchmark::State& state, const std::string& renderer,
                   const GraphicsOptions& options) {
  state.SetLabel(renderer);
  if (!options.renderer.empty())
    if (const std::string why = mismatch(renderer, options.renderer); !why.empty()) return why;
  if (options.software || !is_software(renderer)) return "";
  return fmt::format("the renderer is '{}': the processor draws, not the card; {}", renderer,
                     drawer_of(renderer) == Drawer::kHostProcessor
                         ? "it is the host's, which carries out the guest's commands"
                         : "the guest has no 3D driver for the card");
}

void measure(benchmark::State& state, const std::function<void(int frame)>& draw) {
  draw(0);
  int frame = 0;
  for (auto _ : state) draw(++frame);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

void report(benchmark::State& state, const std::string& renderer, const Picture& picture) {
  if (picture.plain)
    return state.SkipWithError(fmt::format("'{}' did not draw a picture", renderer).c_str());
  state.counters["checksum"] = picture.checksum;
  state.counters["red"] = picture.red;
  state.counters["green"] = picture.green;
  state.counters["blue"] = picture.blue;
}

CardNodes nodes_of_card() {
  CardNodes found;
  const auto root = host::Root::open();
  const auto card = root ? find_card(*root) : root.error();
  if (!card) return found;
  found.address = card->function.address;
  for (const std::string& name : root->list(found.address.sysfs() + "/drm").value_or({}))
    found.nodes.push_back("/dev/dri/" + name);
  return found;
}

int run_load(int argc, char** argv, const char* name, const Load& load) {
  GraphicsOptions options;
  bool skipped = false;
  benchmark::Initialize(&argc, argv);
  if (!read_options(argc, argv, options)) return 64;
  benchmark::RegisterBenchmark(name,
                               [&](benchmark::State& state) {
                                 try {
                                   load(state, options);
                                 } catch (const NotSupported& reason) {
                                   skipped = true;
                                   state.SkipWithError(reason.what());
                                 } catch (const std::exception& error) {
                                   state.SkipWithError(error.what());
                                 }
                               })
      ->Iterations(options.frames)
      ->UseRealTime();
  benchmark::JSONReporter reporter;
  std::ostringstream text;
  reporter.SetOutputStream(&text);
  std::cout << kBegin << std::endl;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  std::cout << (skipped ? as_skipped(text.str()) : text.str()) << std::endl << kEnd << std::endl;
  return 0;
}

}  // namespace bench

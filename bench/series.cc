// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/series.h"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "bench/accelerator.h"
#include "bench/comparison.h"
#include "bench/files.h"
#include "bench/report.h"
#include "bench/virtio_3d.h"
#include "host/child.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr int kRoundsUnderKvm = 6;
// Of the graphics loads. An emulated processor that draws needs 42 s for a frame of 1024 pixels a
// side.
constexpr int kFramesUnderKvm = 200, kSizeUnderKvm = 1024;
constexpr int kFrames = 10, kSize = 128;
constexpr int kSmallMemory = 256, kWholeMemory = 2048;  // MB
constexpr std::chrono::seconds kWholeLimit{900};
// The graphics loads: programs of bench/graphics.
constexpr const char *kGraphicsProgram = "graphics", *kVulkanProgram = "vulkan";

void print_message(const std::string& text) {
  std::fputs(("vfio-bench: " + text + "\n").c_str(), stderr);
}

// The guest's programs are in the directory of this one.
fs::path programs() {
  std::error_code none;
  return fs::read_symlink("/proc/self/exe", none).parent_path();
}

std::vector<CardMode> modes_of(const Series& series) {
  if (series.emulated_only) return {CardMode::kEmulated};
  return {CardMode::kPassedThrough, CardMode::kEmulated};
}

// A card, and what else a guest with it needs.
struct CardSetup {
  host::Command arguments;          // of QEMU
  const Virtio3d* model = nullptr;  // null: it is passed through, or has no 3D of the host
  Virtio3dGuest host = {};          // for `model`
};

host::Result<CardSetup> emulated_card(const Series& series, const host::Root& root,
                                      const std::string& name) {
  const Virtio3d* model = virtio_3d(name);
  if (!model) return CardSetup{.arguments = emulated(name)};
  if (!series.guest.initrd.empty())
    return host::Error{0, name + " needs a guest with this machine's root: omit --initrd"};
  const auto node = find_render_node(root, series.render_node);
  if (!node) return node.error();
  auto host = prepare_virtio_3d(root, ask_qemu(series.guest.qemu), *model, *node);
  if (!host) return host.error();
  return CardSetup{.arguments = emulated(host->device), .model = model, .host = std::move(*host)};
}

host::Result<CardSetup> passed_through_card(const Series& series, const host::Root& root,
                                            const std::string& slot) {
  auto arguments = passed_through(root, slot, series.trapped, series.card_properties);
  if (!arguments) return arguments.error();
  return CardSetup{.arguments = std::move(*arguments)};
}

// The graphics loads that were built, and that the model can draw.
std::vector<Job> loads_of(const Series& series, CardMode mode, const Virtio3d* model) {
  const bool allowed = series.software == Software::kEverywhere ||
                       (series.software == Software::kEmulated && mode == CardMode::kEmulated);
  std::vector<Job> loads;
  for (const char* name : {kGraphicsProgram, kVulkanProgram}) {
    if (name == kVulkanProgram && model && !model->vulkan) continue;
    Job load = {programs() / name, fmt::format("--frames={}", series.frames),
                fmt::format("--size={}", series.size)};
    if (allowed) load.push_back("--software=allow");
    if (model) load.push_back(std::string("--renderer=") + model->renderer);
    if (fs::exists(load.front())) loads.push_back(load);
  }
  return loads;
}

std::vector<Job> jobs_of(const Series& series, CardMode mode, const Virtio3d* model) {
  std::vector<Job> jobs = {{programs() / "workloads", "--benchmark_min_time=0.3"}};
  for (const Job& load : loads_of(series, mode, model)) jobs.push_back(load);
  if (!series.only.empty())
    for (Job& job : jobs) job.push_back("--benchmark_filter=" + series.only);
  return jobs;
}

// The guest of `mode`, with this machine's root: its jobs are in its initramfs.
host::Result<Guest> with_own_root(const Series& series, const CardSetup& card, CardMode mode,
                                  const std::string& directory) {
  Guest guest = series.guest;
  const auto jobs = jobs_of(series, mode, card.model);
  guest.initrd = directory + "/initrd";
  const auto written = write_initramfs(series.own, programs() / "guest-init", jobs, guest.initrd);
  if (!written) return written.error();
  guest.kernel = series.own.kernel;
  guest.devices = series.own.shares();
  guest.reports = jobs.size();
  guest.limit = kWholeLimit;
  if (card.model) guest.display = card.host.display;
  guest.environment = card.host.environment;
  // The user's parameters come last: they override these.
  guest.arguments =
      "console=ttyS0 quiet panic=-1 rdinit=/init " + card.host.arguments + " " + guest.arguments;
  return guest;
}

host::Result<nlohmann::json> run_one(const Series& series, const host::Root& root,
                                     const std::string& pair, CardMode mode, int round) {
  const size_t equals = pair.find('=');
  const auto card = mode == CardMode::kEmulated
                        ? emulated_card(series, root, pair.substr(equals + 1))
                        : passed_through_card(series, root, pair.substr(0, equals));
  if (!card) return card.error();
  const std::string directory =
      fmt::format("{}/{}-{}-{}", series.directory, pair, name_of(mode), round);
  std::error_code ignored_error;
  // An unwritable directory is reported when a file in it is written.
  fs::create_directories(directory, ignored_error);
  if (!series.guest.initrd.empty()) return run_guest(series.guest, card->arguments, directory);
  const auto guest = with_own_root(series, *card, mode, directory);
  if (!guest) return guest.error();
  auto report = run_guest(*guest, card->arguments, directory);
  if (report && card->model) (*report)["context"][kDisplay] = card->host.description;
  fs::remove(guest->initrd, ignored_error);
  return report;
}

// Each guest takes minutes: the cards must be ready before the first one starts.
host::Result<void> check_cards(const Series& series, const host::Root& root) {
  if (series.emulated_only) return {};
  for (const std::string& pair : series.pairs) {
    const auto card = passed_through(root, pair.substr(0, pair.find('=')), series.trapped);
    if (!card) return card.error();
  }
  return {};
}

// The arguments after "--" belong to the first process.
void append_filter(std::string& arguments, const std::string& only) {
  if (!(arguments + " ").starts_with("-- ") && (arguments + " ").find(" -- ") == arguments.npos)
    arguments += " --";
  arguments += " --benchmark_filter=" + only;
}

// What --qemu names: a path, or a program for host::find_program().
host::Result<std::string> qemu_of(const host::Root& root, const std::string& name) {
  if (name.find('/') != name.npos) return fs::absolute(name).string();
  return host::find_program(root, name);
}

// Sets what the user left open.
host::Result<void> prepare(Series& series, const host::Root& root) {
  Guest& guest = series.guest;
  const bool own = guest.initrd.empty();
  auto qemu = qemu_of(root, guest.qemu);
  if (!qemu) return qemu.error();
  guest.qemu = std::move(*qemu);
  if (guest.accelerator.empty()) guest.accelerator = likely_accelerator();
  const bool quick = guest.accelerator == "kvm";
  if (series.rounds == 0) series.rounds = quick ? kRoundsUnderKvm : 1;
  if (series.frames == 0) series.frames = quick ? kFramesUnderKvm : kFrames;
  if (series.size == 0) series.size = quick ? kSizeUnderKvm : kSize;
  if (guest.memory == 0) guest.memory = own ? kWholeMemory : kSmallMemory;
  if (!own) {
    if (!series.only.empty()) append_filter(guest.arguments, series.only);
    return check_cards(series, root);
  }
  series.own.kernel = guest.kernel;
  auto found = find_own_root(root, series.own);
  if (!found) return found.error();
  series.own = std::move(*found);
  print_message(fmt::format("the guests use the kernel {} and this machine's root, with {}",
                            series.own.kernel, guest.accelerator));
  for (
      const auto& [program, reason] :
      {std::pair{
           kGraphicsProgram,
           "no graphics load: it was not built, because headers of EGL or OpenGL ES were missing (Debian: libegl-dev libgles-dev)"},
       std::pair{
           kVulkanProgram,
           "no Vulkan load: it was not built, because headers of Vulkan or glslang were missing (Debian: libvulkan-dev glslang-tools)"}})
    if (!fs::exists(programs() / program)) print_message(reason);
  return check_cards(series, root);
}

// "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)". Error: the program was not found.
host::Result<std::string> version_of(const Series& series) {
  const auto text = host::output_of(
      {.command = {series.guest.qemu, "--version"}, .limit = std::chrono::seconds(10)});
  if (text) return text->substr(0, text->find('\n'));
  return host::Error{0, host::describe(text.error()) + "; install QEMU (Debian: qemu-system-x86)"};
}

// A guest that did not finish, as a report: the first line of the error is the cause, the rest is
// the guest's console.
nlohmann::json as_report(const std::string& error) {
  return {{"benchmarks",
           {{{"name", kWholeGuest},
             {"error_occurred", true},
             {"error_message", error.substr(0, error.find('\n'))}}}}};
}

// The pairs of which the model cannot be emulated here: their reasons are results. The other pairs
// are measured.
void refuse_pairs(Series& series, const host::Root& root, Results& results) {
  std::vector<std::string> accepted;
  for (const std::string& pair : series.pairs) {
    const auto card = emulated_card(series, root, model_of(pair));
    if (!card) results.add(pair, CardMode::kEmulated, 0, as_report(host::describe(card.error())));
    if (card) accepted.push_back(pair);
  }
  series.pairs = std::move(accepted);
}

// Prints what has no figure, and why.
SeriesResult report_end(const Series& series, const Results& results) {
  const auto failed = failures(results);
  for (const Failure& failure : failed)
    print_message("not measured: " + failure.pair + ", " + sentence_of(failure));
  for (const Failure& skipped : skipped_workloads(results))
    print_message("skipped: " + skipped.pair + ", " + sentence_of(skipped));
  for (const std::string& pair : pairs_in(results))
    for (const std::string& remark : remarks(results, pair))
      print_message("note: " + pair + ", " + remark);
  for (const Failure& missing : incomparable_metrics(results))
    print_message("not compared: " + missing.pair + ", " + sentence_of(missing));
  if (!compare(results).empty())
    return failed.empty() ? SeriesResult::kMeasured : SeriesResult::kPartlyMeasured;
  print_message(
      failed.empty() && !series.only.empty()
          ? fmt::format("nothing was measured: --only '{}' matches no workload of these cards",
                        series.only)
          : std::string("nothing was measured"));
  return SeriesResult::kInconclusive;
}

}  // namespace

// The two ways alternate, so that other load on the machine affects both.
SeriesResult run(Series series) {
  std::error_code none;
  if (fs::remove(series.results, none); none)  // they would be read as the results of this series
    return print_message(fmt::format("cannot remove {}: {}", series.results, none.message())),
           SeriesResult::kInconclusive;
  const auto root = host::Root::open();
  const auto prepared = root ? prepare(series, *root) : root.error();
  if (!prepared)
    return print_message(host::describe(prepared.error())), SeriesResult::kInconclusive;
  const auto version = version_of(series);
  if (!version) return print_message(host::describe(version.error())), SeriesResult::kInconclusive;
  Results results;
  results.note("qemu", *version);
  results.note("accelerator", series.guest.accelerator);
  results.note("rounds", std::to_string(series.rounds));
  if (!series.remark.empty()) results.note("remark", series.remark);
  refuse_pairs(series, *root, results);
  for (int round = 0; round < series.rounds; ++round)
    for (const std::string& pair : series.pairs)
      for (const CardMode mode : modes_of(series)) {
        print_message(
            fmt::format("round {} of {}: {}, {}", round + 1, series.rounds, pair, name_of(mode)));
        const auto report = run_one(series, *root, pair, mode, round);
        if (!report) print_message(host::describe(report.error()));
        results.add(pair, mode, round,
                    report ? *report : as_report(host::describe(report.error())));
        // Written after each run: if the user interrupts the series, the results so far are kept.
        if (!write_file(series.results, results.text())) return SeriesResult::kInconclusive;
        const std::string lost = mode == CardMode::kPassedThrough
                                     ? lost_function(*root, pair.substr(0, pair.find('=')))
                                     : "";
        if (!lost.empty())
          return print_message(
                     lost +
                     " no longer answers after the guest, and a reset did not recover it; power-cycle the machine; to see how the card is reset, run: vfio-verify"),
                 SeriesResult::kInconclusive;
      }
  return report_end(series, results);
}

}  // namespace bench

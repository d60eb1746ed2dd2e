// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/options.h"

#include <map>

#include <CLI/CLI.hpp>

#include "bench/expectation.h"
#include "host/pci_address.h"
#include "host/version.h"

namespace bench {
namespace {

const std::map<std::string, Software> kSoftware = {{"never", Software::kNowhere},
                                                   {"emulated", Software::kEmulated},
                                                   {"always", Software::kEverywhere}};

// "0000:01:00" or "0000:01:00=VGA"
std::string check_pair(const std::string& text) {
  const bool whole = host::PciAddress::parse(text.substr(0, text.find('=')) + ".0").has_value();
  return whole && !text.ends_with('=') ? "" : "use SLOT or SLOT=MODEL, for example 0000:01:00=VGA";
}

std::string check_expectation(const std::string& text) {
  const auto parsed = Expectation::parse(text);
  return parsed ? "" : host::describe(parsed.error());
}

// Returns --initrd, which excludes the options that apply only to a guest with this machine's root.
CLI::Option* declare_guest(CLI::App& app, Series& series) {
  Guest& guest = series.guest;
  app.add_option("--kernel", guest.kernel, "The guest's kernel instead of the running one")
      ->type_name("FILE");
  app.add_option("--modules", series.own.modules, "The kernel's lib/modules/RELEASE")
      ->type_name("DIR");
  auto* initrd = app.add_option("--initrd", guest.initrd,
                                "An initramfs with the workloads, instead of this machine's root")
                     ->type_name("FILE")
                     ->needs("--kernel")
                     ->excludes("--modules");
  app.add_option("--append", guest.arguments,
                 "Add these parameters to the guest's kernel command line");
  app.add_option("--qemu", guest.qemu, "The QEMU program")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--accel", guest.accelerator, "kvm or tcg; the default is kvm if it works")
      ->check(CLI::IsMember({"kvm", "tcg"}));
  app.add_option("--memory", guest.memory, "The guest's memory in MB: 2048, or 256 with --initrd")
      ->check(CLI::PositiveNumber);
  app.add_option("--processors", guest.processors, "The guest's number of processors")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  return initrd;
}

void declare_run(CLI::App& app, Options& options) {
  Series& series = options.series;
  auto* pairs =
      app.add_option(
             "PAIR", series.pairs,
             "SLOT[=MODEL]: a card on vfio-pci, and the model to compare it with: a device of QEMU (default: virtio-gpu-pci), virtio-gpu-gl, venus or native")
          ->check(check_pair);
  app.add_option("--domain", options.domain,
                 "Use the graphics cards that are assigned to this libvirt domain")
      ->excludes(pairs);
  auto* initrd = declare_guest(app, series);
  app.add_option(
         "--rounds", series.rounds,
         "How often to run each workload: 6 with kvm, else 1. With 5 or more, the first is dropped")
      ->check(CLI::PositiveNumber);
  app.add_option("--only", series.only, "A regular expression: run only these workloads");
  app.add_option(
         "--software", series.software,
         "In which guests the processor may draw the graphics load instead of the card: never, emulated, always")
      ->transform(CLI::CheckedTransformer(kSoftware))
      ->excludes(initrd);
  app.add_option(
         "--render-node", series.render_node,
         "The node of the GPU that draws for virtio-gpu-gl, venus and native (default: the first of /dev/dri; without a GPU /dev/null, and the processor draws)")
      ->type_name("FILE")
      ->excludes(initrd);
  app.add_option("--frames", series.frames,
                 "The number of frames of the graphics load: 200 with kvm, else 10")
      ->check(CLI::PositiveNumber)
      ->excludes(initrd);
  app.add_option("--size", series.size,
                 "The width and height of each frame in pixels: 1024 with kvm, else 128")
      ->check(CLI::Range(16, 8192))
      ->excludes(initrd);
  app.add_flag("--trapped", series.trapped, "Map no BAR into the guest, as a negative control");
  app.add_flag("--emulated-only", series.emulated_only, "Measure only the emulated cards");
  app.add_option("--card-options", series.card_properties,
                 "More properties for QEMU's vfio-pci device, for example romfile=/card.rom");
  app.add_option("--remark", series.remark, "A remark about the machine, for the report");
  app.add_option("--logs", series.directory, "The directory for the consoles of the guests")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--output,-o", series.results, "The file for the figures")
      ->type_name("FILE")
      ->capture_default_str();
}

void declare_report(CLI::App& app, Options& options) {
  app.add_option("FILE", options.series.results, "The figures of vfio-bench run")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--markdown", options.markdown,
                 "Write the tables to this file instead of standard output")
      ->type_name("FILE");
  app.add_option("--csv", options.csv, "Also write the figures to this file")->type_name("FILE");
  app.add_option("--svg", options.picture, "Also draw the ratios to this file, with gnuplot")
      ->type_name("FILE");
  app.add_option("--expect", options.expectations,
                 "[MODEL:]METRIC=LEAST:MOST: fail if the ratio is not between these limits")
      ->check(check_expectation);
  app.add_option("--same-picture", options.same_picture,
                 "Fail unless these emulated models drew the same picture")
      ->type_name("MODEL,MODEL")
      ->delimiter(',')
      ->allow_extra_args(false);  // FILE may follow
  auto* other =
      app.add_option(
             "--same-as", options.other,
             "Fail if a ratio differs from the ratio in FILE, the figures of a different run")
          ->check(CLI::ExistingFile);
  app.add_option("--within", options.percent,
                 "The largest difference that --same-as allows, in percent")
      ->needs(other)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace

void declare(CLI::App& app, Options& options) {
  options.series.guest.accelerator.clear();  // empty: chosen by likely_accelerator()
  options.series.guest.memory = 0;
  options.series.directory = "vfio-bench";
  options.series.results = "vfio-bench.json";
  app.set_version_flag("--version", std::string("vfio-bench ") + host::kVersion);
  app.require_subcommand(1);
  auto* running =
      app.add_subcommand("run", "Start guests, measure, and write the figures to a file");
  auto* reporting =
      app.add_subcommand("report", "Compare the figures, and print or draw the result");
  running->footer(
      "Without --initrd, the guest uses this machine's root file system, read-only, over 9p.\n"
      "Programs in the guest can read all files that QEMU's user can read.\n\n"
      "Exit status: 0 all that these cards support was measured; 1 a workload failed;\n"
      "2 nothing was measured, or the result is inconclusive; 64 wrong usage.");
  reporting->footer(
      "Exit status: 0 as expected; 1 not as expected; 2 no figures, or a file cannot be written;\n"
      "64 wrong usage.");
  declare_run(*running, options);
  declare_report(*reporting, options);
}

}  // namespace bench

// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command line of vfio-bench(1).
#pragma once

#include <string>
#include <vector>

#include "bench/series.h"

namespace CLI {
class App;
}

namespace bench {

struct Options {
  Series series;
  std::string domain;
  std::string markdown, csv, picture;
  std::vector<std::string> expectations;  // "RegisterRead=5:"
  std::vector<std::string> same_picture;  // models: "virtio-gpu-gl", "venus"
  std::string other;                      // results of another run
  double percent = 3;
};

// Declares the commands "run" and "report": CLI11 writes the result to `options`.
void declare(CLI::App& app, Options& options);

}  // namespace bench

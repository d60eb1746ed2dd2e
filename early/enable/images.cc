// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/images.h"

#include "host/child.h"

namespace early::enable {

// vfio-verify(8), EXIT STATUS
JudgedImages judge_images(const host::Root& root) {
  if (!root.live()) return {Images::kNotJudged, "this is not the running machine"};
  auto program = host::find_program(root, "vfio-verify");
  if (!program) return {Images::kNotJudged, "vfio-verify is not installed"};
  const auto output = host::run(
      {.command = {*program, "image", "--all", "--quiet"}, .limit = std::chrono::minutes(10)});
  if (!output) return {Images::kNotJudged, describe(output.error())};
  switch (output->status) {
    case 0:
      return {Images::kRight, output->out};
    case 1:
      return {Images::kWrong, output->out};
    case 2:
      return {Images::kInconclusive, output->out.empty() ? output->err : output->out};
    default:
      return {Images::kNotJudged, output->failure ? describe(*output->failure) : ""};
  }
}

}  // namespace early::enable

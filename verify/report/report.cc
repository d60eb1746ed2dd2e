// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/report.h"

namespace verify {

std::span<const Format> formats() {
  static constexpr Format kFormats[] = {
      {"text", report_text},
      {"summary", report_summary},
      {"json", report_json},
      {"junit", report_junit},
      {"tap", report_tap},
      {"prometheus", report_prometheus, /*published=*/true},
      {"nfd", report_nfd, /*published=*/true},
      {"html", report_html},
  };
  return kFormats;
}

}  // namespace verify

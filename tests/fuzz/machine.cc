// SPDX-License-Identifier: GPL-2.0-or-later
//
// All files of a machine (tree.h): the checks in every format, and the other commands.
#include "early/image_modules.h"
#include "plan/suggestion.h"
#include "tests/fuzz/judge.h"
#include "tests/fuzz/samples.h"
#include "tests/fuzz/target.h"
#include "verify/capture/capture.h"
#include "verify/list.h"
#include "verify/passport/passport.h"
#include "verify/setup/setup.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {tree_text(machine_tree())};
}

void check_commands(const host::Root& root, const verify::Inspection& inspection) {
  const auto configuration = config::read_configuration(root, config::kConfigurationFile);
  if (const auto listing = verify::list_machine(root, configuration)) {
    require(!verify::listing_text(*listing, /*colour=*/true).empty());
    require(!verify::listing_json(*listing).empty());
  }
  (void)verify::setup_text(inspection, configuration);
  if (const auto passport = verify::take_passport(root, config::kConfigurationFile)) {
    const auto again = verify::parse_passport(verify::passport_json(*passport));
    require(again && verify::compare_passports(*again, *again).empty());
  }
  const auto taken = verify::capture::capture_machine(root);
  require(taken.entries.contains(verify::capture::kManifest));
  const verify::guest::Account account{.name = "alice", .uid = 1000, .group_names = {"kvm"}};
  (void)verify::guest::lock_limit_at_login(root, account);
}

void parse(std::string_view bytes) {
  const host::Root root = make_tree(parse_tree(bytes));
  check_commands(root, check_machine(root));
}

const Target kTarget("machine", samples, parse);

}  // namespace
}  // namespace fuzz

// SPDX-License-Identifier: GPL-2.0-or-later
//
// A machine of ten thousand PCI functions: planning takes one small read for each function, and its
// time and memory grow linearly.
#include <chrono>
#include <cstdio>
#include <ctime>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/micro/many_functions.h"
#include "config/configuration.h"
#include "plan/plan.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/own_cost.h"

namespace {

constexpr int kFew = 1'000;
constexpr int kMany = 10'000;
constexpr int kGrowth = kMany / kFew;

struct Cost {
  long reads = 0;
  double seconds = 0;
  long kilobytes = 0;
};

// The peak memory of the whole program.
long peak_of(const std::string& directory) {
  const char* arguments[] = {VFIO_EARLY_BINARY, "--root", directory.c_str(), "plan", nullptr};
  posix_spawn_file_actions_t silent;
  ::posix_spawn_file_actions_init(&silent);
  ::posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int status = -1;
  rusage usage = {};
  EXPECT_EQ(
      ::posix_spawn(&child, arguments[0], &silent, nullptr, const_cast<char**>(arguments), environ),
      0);
  ::wait4(child, &status, 0, &usage);
  ::posix_spawn_file_actions_destroy(&silent);
  EXPECT_EQ(status, 0);
  return usage.ru_maxrss;
}

Cost cost_of(int count) {
  const bench::ManyFunctions large(count);
  const auto root = host::Root::open_tree(large.directory());
  const long reads_before = reads();
  const double seconds_before = processor_seconds();
  const auto machine = host::read_machine(*root);
  EXPECT_TRUE(machine);
  const auto plan =
      plan::make_plan(config::read_configuration(*root, config::kConfigurationFile), *machine);
  const Cost cost = {.reads = reads() - reads_before,
                     .seconds = processor_seconds() - seconds_before,
                     .kilobytes = peak_of(large.directory())};
  EXPECT_EQ(machine->functions.size(), static_cast<size_t>(count));
  EXPECT_EQ(plan.claims.size(), 1u);
  std::printf("%d functions: %ld reads, %.3f s, %ld kB\n", count, cost.reads, cost.seconds,
              cost.kilobytes);
  return cost;
}

TEST(Scale, PlanIsLinearAndReadsEachFunctionOnce) {
  Cost few = cost_of(kFew), many = cost_of(kMany);
  // The rest: command line, configuration, kernel release and others, and /proc/self/io itself.
  constexpr long kRest = 50;
  EXPECT_GE(few.reads, kFew);
  EXPECT_LE(few.reads, kFew + kRest);
  EXPECT_LE(many.reads, kMany + kRest);
  // Growth that is not linear is too slow in every try; a busy machine is slow only in some.
  for (int more = 2; more > 0 && many.seconds >= 3 * kGrowth * few.seconds; --more)
    few = cost_of(kFew), many = cost_of(kMany);
  EXPECT_LT(many.seconds, 3 * kGrowth * few.seconds);
  // The limit is high because the address sanitizer keeps freed memory; without it, 1 % is enough.
  EXPECT_LT(many.kilobytes - few.kilobytes, (kMany - kFew) * 16L);
}

}  // namespace

// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fuzzer for machines without libFuzzer: it damages a target's samples. Run N of seed S gives the
// same input on every machine.
//
//   fuzz_mutations list                   the targets
//   fuzz_mutations TARGET [--seconds N] [--runs N] [--seed N]
//   fuzz_mutations TARGET samples DIR     writes the samples to DIR, as seeds for libFuzzer
//   fuzz_mutations TARGET FILE            runs only the input in FILE
//
// An input that crashes or violates a property is kept in the working directory, and its name is
// printed.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include <sanitizer/common_interface_defs.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/fuzz/target.h"
#include "tests/fuzz/tree.h"

// A violated property ends the process as a sanitizer's finding does; so does an input that takes
// too much memory.
extern "C" const char* __asan_default_options() {
  return "handle_abort=1:hard_rss_limit_mb=4096:max_allocation_size_mb=1024";
}

namespace {

using Clock = std::chrono::steady_clock;

constexpr long kMaxSeconds = 10;  // of processor time, for one input; none needs a tenth of it
constexpr size_t kMaxBytes = size_t{1} << 20;  // of a damaged input

const fuzz::Target* the_target = nullptr;
unsigned long long the_seed = 1, the_run_number = 0;
std::string the_input;

void keep_input() {
  const std::string file = std::string("crash-") + the_target->name + "-" +
                           std::to_string(the_seed) + "-" + std::to_string(the_run_number);
  std::ofstream(file, std::ios::binary) << the_input;
  std::fprintf(stderr, "run %llu of seed %llu; repeat with:\n  fuzz_mutations %s %s\n",
               the_run_number, the_seed, the_target->name, file.c_str());
  fuzz::remove_tree();
}

void end_slow_run(int) {
  constexpr char kWords[] = "one input takes more than 10 s of processor time\n";
  (void)!::write(STDERR_FILENO, kWords, sizeof(kWords) - 1);
  std::abort();
}

// Limits processor time, not elapsed time, which depends on the load of the machine.
void run_within_limit(const std::string& input) {
  itimerval timer = {.it_interval = {}, .it_value = {.tv_sec = kMaxSeconds, .tv_usec = 0}};
  std::signal(SIGPROF, end_slow_run);
  ::setitimer(ITIMER_PROF, &timer, nullptr);
  fuzz::run(*the_target, input);
  timer.it_value = {};
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& samples, uint64_t seed)
      : samples_(samples), random_(seed) {}

  std::string mutated_sample() {
    std::string bytes = random_sample();
    for (size_t n = 1 + random_below(8); n > 0 && !bytes.empty() && bytes.size() < kMaxBytes; --n)
      mutate_once(bytes);
    return bytes;
  }

 private:
  size_t random_below(size_t limit) { return random_() % limit; }

  const std::string& random_sample() { return samples_[random_below(samples_.size())]; }

  // Parsers often fail at lengths and counts: small, huge, and slightly wrong.
  char interesting_byte(char old) {
    const int values[] = {0, 1, 2, 3, 4, 7, 8, 0x10, 0x7f, 0x80, 0xf0, 0xff, old, old, old};
    const size_t chosen = random_below(std::size(values) + 1);
    if (chosen == std::size(values)) return static_cast<char>(random_());
    return static_cast<char>(values[chosen] +
                             (chosen > 11 ? static_cast<int>(random_below(3)) : 1) - 1);
  }

  std::string random_piece(const std::string& bytes, size_t max_size) {
    if (bytes.empty()) return {};
    return bytes.substr(random_below(bytes.size()), 1 + random_below(max_size));
  }

  void mutate_once(std::string& bytes) {
    const size_t at = random_below(bytes.size());
    switch (random_below(9)) {
      case 0:  // cut short
        bytes.resize(at);
        return;
      case 1:  // a piece is missing
        bytes.erase(at, random_below(std::min<size_t>(bytes.size() - at, 256) + 1));
        return;
      case 2:  // a piece is there twice
        bytes.insert(at, bytes.substr(at, 64));
        return;
      case 3:  // a piece of another sample
        bytes.insert(at, random_piece(random_sample(), 64));
        return;
      default:
        bytes[at] = interesting_byte(bytes[at]);
    }
  }

  const std::vector<std::string>& samples_;
  std::mt19937_64 random_;
};

int write_samples(const std::string& directory) {
  int number = 0;
  for (const std::string& sample : the_target->samples())
    std::ofstream(directory + "/sample" + std::to_string(number++), std::ios::binary) << sample;
  return 0;
}

int run_file(const char* name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot open %s: %s\n", name, std::strerror(errno));
    return 64;
  }
  __sanitizer_set_death_callback(fuzz::remove_tree);
  run_within_limit(std::string(std::istreambuf_iterator<char>(file), {}));
  return 0;
}

void run_mutations(double seconds, unsigned long long runs) {
  const std::vector<std::string> samples = the_target->samples();
  for (const std::string& sample : samples) run_within_limit(the_input = sample);
  const auto began = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  for (the_run_number = 0; the_run_number < runs && passed() < seconds; ++the_run_number) {
    the_input = Mutator(samples, the_seed << 40 | the_run_number).mutated_sample();
    run_within_limit(the_input);
  }
  std::printf("%s: %llu runs in %.0f seconds, seed %llu\n", the_target->name, the_run_number,
              passed(), the_seed);
}

int usage() {
  std::fprintf(stderr,
               "usage: fuzz_mutations list\n"
               "       fuzz_mutations TARGET [--seconds N] [--runs N] [--seed N]\n"
               "       fuzz_mutations TARGET samples DIR\n"
               "       fuzz_mutations TARGET FILE\n");
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "list") {
    for (const fuzz::Target* target : fuzz::targets()) std::puts(target->name);
    return 0;
  }
  if (argc < 2 || !(the_target = fuzz::find_target(argv[1]))) return usage();
  if (argc == 4 && std::string(argv[2]) == "samples") return write_samples(argv[3]);
  if (argc == 3) return run_file(argv[2]);

  double seconds = 1e9;
  unsigned long long runs = ~0ULL;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--seconds")
      seconds = std::strtod(argv[i + 1], nullptr);
    else if (option == "--runs")
      runs = std::strtoull(argv[i + 1], nullptr, 10);
    else if (option == "--seed")
      the_seed = std::strtoull(argv[i + 1], nullptr, 10);
    else
      return usage();
  }
  if (argc % 2 != 0) return usage();
  __sanitizer_set_death_callback(keep_input);
  run_mutations(seconds, runs);
}

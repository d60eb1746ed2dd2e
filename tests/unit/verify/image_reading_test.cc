// SPDX-License-Identifier: GPL-2.0-or-later
//
// How vfio-verify image reads an image: compressions, archives and unified kernel images, and any
// other bytes.
#include <cstdlib>
#include <random>

#include "tests/unit/verify/image.h"
#include "verify/inspect/boot/unified_image.h"

namespace verify {
namespace {

constexpr const char* kCompressors[] = {
    "cat", "gzip -c", "xz --check=crc32 -c", "zstd -qc", "lz4 -lqc", "bzip2 -c", "lzma -c"};

TEST_F(VerifyImage, ReadsPartsOfEveryCompression) {
  const std::string first = archive_of({{"kernel/x86/microcode/GenuineIntel.bin", "code"}});
  for (const char* compressor : kCompressors) {
    const std::string packed = pipe_through(tree_, compressor, archive_of({{"init", "shell"}}));
    ASSERT_FALSE(packed.empty()) << compressor;
    const std::string image =
        first + packed + std::string(4, '\0') + initramfs::stored_gzip(archive_of({{"last", ""}}));
    const initramfs::ImageContents contents = initramfs::read_image(image);
    EXPECT_TRUE(contents.faults.empty()) << compressor << ": " << contents.faults.front();
    // Archives that are not compressed are one part.
    EXPECT_EQ(contents.parts.size(), has_text(std::string(compressor), "cat") ? 2u : 3u)
        << compressor;
    EXPECT_EQ(contents.text("init"), "shell") << compressor;
    EXPECT_TRUE(contents.has("last")) << compressor;
  }
}

TEST_F(VerifyImage, PartIsDescribedInWords) {
  const std::string one = archive_of({{"init", "shell"}});
  EXPECT_EQ(initramfs::read_image(one).parts, std::vector<std::string>{"not compressed (1 file)"});
  const std::string two = initramfs::stored_gzip(archive_of({{"init", "shell"}, {"last", ""}}));
  EXPECT_EQ(initramfs::read_image(two).parts, std::vector<std::string>{"gzip (2 files)"});
}

// libarchive runs a program for compressions that it does not support itself.
TEST_F(VerifyImage, NoProgramIsStartedForACompression) {
  const std::string proof = (tree_.directory() / "started").string();
  for (const char* program : {"lzop", "lrzip", "grzip", "xz", "zstd", "lz4"}) {
    tree_.file(std::string("/bin/") + program, "#!/bin/sh\necho $0 >>" + proof + "\n");
    std::filesystem::permissions(tree_.directory() / "bin" / program,
                                 std::filesystem::perms::owner_all);
  }
  const std::string usual = ::getenv("PATH");
  ::setenv("PATH", ((tree_.directory() / "bin").string() + ":" + usual).c_str(), 1);
  const std::string zeros(200, '\0');
  for (const std::string& start :
       {std::string("\x89LZO\0\r\n\x1a\n", 9), std::string("LRZI\0\6", 6),
        std::string("GRZipII\0\2\4:)", 12)}) {
    EXPECT_FALSE(initramfs::read_image(start + zeros).faults.empty());
    EXPECT_FALSE(
        initramfs::read_image(pipe_through(tree_, "gzip -c", start + zeros)).faults.empty());
  }
  ::setenv("PATH", usual.c_str(), 1);
  EXPECT_FALSE(tree_.root().exists("/started")) << tree_.text("/started");
}

TEST_F(VerifyImage, DoubleCompressionIsNotUnpacked) {
  const std::string image = archive_of({{"init", "shell"}});
  for (const char* compressor : kCompressors) {
    if (has_text(std::string(compressor), "cat")) continue;
    for (const char* outer : {"gzip -c", "xz -c", "bzip2 -c"}) {
      const initramfs::ImageContents contents =
          initramfs::read_image(pipe_through(tree_, outer, pipe_through(tree_, compressor, image)));
      EXPECT_FALSE(contents.faults.empty()) << compressor << " in " << outer;
      EXPECT_FALSE(contents.has("init")) << compressor << " in " << outer;
    }
  }
}

TEST_F(VerifyImage, LaterArchiveReplacesEarlierFile) {
  const auto contents =
      initramfs::read_image(archive_of({{"init", "old"}}) + archive_of({{"init", "new"}}));
  EXPECT_EQ(contents.text("init"), "new");
}

TEST_F(VerifyImage, LookupFollowsLinksInPath) {
  initramfs::Cpio directories;
  directories.directory("usr/lib");
  const auto contents = initramfs::read_image(std::move(directories).finish() +
                                              archive_with_links({}, {{"lib", "usr/lib"}}) +
                                              archive_of({{"usr/lib/modules/c/d", "text"}}));
  EXPECT_TRUE(contents.has("lib/modules/c/d"));
  EXPECT_EQ(contents.text("lib/../lib/modules/./c/d"), "text");
  EXPECT_EQ(contents.list("lib/modules"), (std::vector<std::string>{"c"}));
  EXPECT_FALSE(contents.has("modules/c/d"));
  EXPECT_FALSE(contents.has("lib/modules/c/d/../d"));
  // Without a link, /lib does not contain the files of /usr/lib.
  EXPECT_FALSE(initramfs::read_image(archive_of({{"usr/lib/modules/c/d", ""}})).has("lib/modules"));
}

std::string little_endian(size_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

// An EFI program with these two sections and no code.
std::string unified_image(const std::string& command_line, const std::string& initrd) {
  const auto section = [](const char* name, size_t size, size_t offset) {
    std::string text = name;
    text.resize(8, '\0');
    return text + little_endian(size, 4) + little_endian(0, 4) + little_endian(size, 4) +
           little_endian(offset, 4) + std::string(16, '\0');
  };
  constexpr size_t kHeader = 0x40, kStart = 0x200;
  std::string image = "MZ";
  image.resize(0x3c, '\0');
  image += little_endian(kHeader, 4) + std::string("PE\0\0", 4) + little_endian(0x8664, 2) +
           little_endian(2, 2) + std::string(12, '\0') + little_endian(0, 2) + little_endian(0, 2);
  image += section(".cmdline", command_line.size(), kStart) +
           section(".initrd", initrd.size(), kStart + command_line.size());
  image.resize(kStart, '\0');
  return image + command_line + initrd;
}

TEST_F(VerifyImage, AUnifiedImageHasItsOwnCommandLine) {
  const std::string initrd = archive_of(supplement());
  tree_.file("/proc/cmdline", "rdinit=/vfio-early");
  EXPECT_EQ(status(unified_image("quiet", initrd), "image.started"), "fail");
  EXPECT_EQ(status(unified_image("rdinit=/vfio-early", initrd), "image.started"), "pass");
  EXPECT_EQ(status(unified_image("rdinit=/vfio-early vfio_early=off", initrd), "image.started"),
            "fail");
  EXPECT_TRUE(has_text(message_, "vfio_early=off in its own command line")) << message_;
  EXPECT_TRUE(has_text(message_, "ukify build")) << message_;
  const std::string whole = unified_image("rdinit=/vfio-early", initrd);
  for (size_t length = 0; length < 0x280; ++length)
    EXPECT_FALSE(is_unified_image(std::string_view(whole).substr(0, length))) << length;
  std::mt19937 random(20261122);
  for (int round = 0; round < 2000; ++round) {
    std::string image = whole;
    image[random() % 0x100] = static_cast<char>(random());
    (void)section_of(image, ".initrd");
  }
}

// Every truncation is reported, and no file is lost or invented.
TEST_F(VerifyImage, TruncatedImageIsReported) {
  for (const char* compressor : kCompressors) {
    const std::string whole =
        pipe_through(tree_, compressor, archive_of({{"init", std::string(3000, 'x')}, {"b", "b"}}));
    const size_t step = whole.size() / 97 + 1;
    for (size_t length = 8; length + 600 < whole.size(); length += step)
      EXPECT_FALSE(initramfs::read_image(std::string_view(whole).substr(0, length)).faults.empty())
          << compressor << " " << length;
  }
  EXPECT_EQ(status("", "image.readable"), "unknown");
  EXPECT_EQ(status(std::string(4096, '\0'), "image.readable"), "unknown");
  EXPECT_EQ(status("MZ an image of another kind", "image.readable"), "unknown");
  EXPECT_TRUE(has_text(message_, "complete initramfs or unified kernel image")) << message_;
}

// VFIO_EARLY_MUTATIONS=10000 sets the number of mutations for each compression.
TEST_F(VerifyImage, NoMutationCrashes) {
  std::mt19937 random(20261122);
  const char* wanted = std::getenv("VFIO_EARLY_MUTATIONS");
  const int rounds = wanted ? std::atoi(wanted) : 60;
  for (const char* compressor : kCompressors) {
    const std::string whole =
        archive_of({{"early", "x"}}) +
        pipe_through(tree_, compressor, archive_of(init_top("00-vfio-early", "udev")));
    for (int round = 0; round < rounds; ++round) {
      std::string image = whole;
      for (unsigned i = 0; i <= random() % 4; ++i)
        image[random() % image.size()] = static_cast<char>(random());
      const initramfs::ImageContents contents = initramfs::read_image(image);
      (void)find_startup(contents);
      EXPECT_LE(contents.files.size(), host::kImageBudget.entries);
    }
  }
}

// A header of newc with these sizes, and nothing after it.
std::string header(const char* file_size, const char* name_size) {
  std::string text = "070701";
  for (int field = 0; field < 13; ++field)
    text += field == 1 ? "000081A4" : field == 6 ? file_size : field == 11 ? name_size : "00000000";
  return text + std::string("init\0\0", 6);
}

TEST_F(VerifyImage, HugeSizesAreBounded) {
  for (const char* size : {"FFFFFFFF", "80000000", "00000000", "-0000001", "00000001"})
    for (const char* other : {"FFFFFFFF", "7FFFFFFF", "00000005"}) {
      // One file, plus dev, dev/console and root, which the kernel creates itself.
      EXPECT_LE(initramfs::read_image(header(size, other)).files.size(), 4u);
      EXPECT_LE(initramfs::read_image(header(other, size)).files.size(), 4u);
    }
  // A small archive with large contents: a file of 12 MB of zeros.
  const std::string bomb =
      pipe_through(tree_, "gzip -c", archive_of({{"init", std::string(12 << 20, '\0')}}));
  EXPECT_LT(bomb.size(), 1u << 20);
  EXPECT_LE(initramfs::read_image(bomb).text("init").size(), host::kImageBudget.text);
}

TEST_F(VerifyImage, LookupsAreLimitedByBudget) {
  const initramfs::ImageContents contents = initramfs::read_image(archive_of({{"init", "x"}}));
  std::string path = "init";
  for (int name = 0; name < 1000; ++name) path.insert(0, "./");
  EXPECT_TRUE(contents.has(path));
  for (size_t spent = 0; spent < host::kImageBudget.steps; spent += 1000) (void)contents.find(path);
  EXPECT_TRUE(contents.exhausted());
  EXPECT_EQ(contents.faults.size(), 1u);
  EXPECT_FALSE(contents.has("init"));
  EXPECT_FALSE(initramfs::read_image(archive_of({{"init", "x"}})).exhausted());
}

}  // namespace
}  // namespace verify

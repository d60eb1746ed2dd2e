// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/archive.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/budget.h"

namespace verify::capture {
namespace {

using Writer = std::unique_ptr<archive, decltype(&::archive_write_free)>;
using Reader = std::unique_ptr<archive, decltype(&::archive_read_free)>;
using Header = std::unique_ptr<archive_entry, decltype(&::archive_entry_free)>;

host::Error error_of(archive* of, const std::string& step) {
  const char* why = ::archive_error_string(of);
  return {0, why ? step + ": " + why : step};
}

la_ssize_t append(archive*, void* text, const void* bytes, size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

bool put(archive* out, const std::string& path, const Entry& entry) {
  const Header header(::archive_entry_new(), &::archive_entry_free);
  ::archive_entry_set_pathname(header.get(), (kTopDirectory + path).c_str());
  const bool link = entry.kind == Entry::Kind::kLink;
  const bool directory = entry.kind == Entry::Kind::kDirectory;
  ::archive_entry_set_filetype(header.get(), link ? AE_IFLNK : directory ? AE_IFDIR : AE_IFREG);
  ::archive_entry_set_perm(header.get(), link ? 0777 : directory ? 0755 : 0644);
  if (link) ::archive_entry_set_symlink(header.get(), entry.content.c_str());
  const size_t size = link || directory ? 0 : entry.content.size();
  ::archive_entry_set_size(header.get(), static_cast<la_int64_t>(size));
  if (::archive_write_header(out, header.get()) != ARCHIVE_OK) return false;
  return ::archive_write_data(out, entry.content.data(), size) == static_cast<la_ssize_t>(size);
}

// An archive is untrusted. Its entries are written only below the temporary directory: extract()
// puts that directory in front of each path, and libarchive refuses ".." and symbolic links on the
// way.
constexpr int kExtractFlags = ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT;

// A capture has only files, symbolic links and directories, all below kTopDirectory. kTopDirectory
// itself must be a directory: a link would make another directory the root of the captured machine.
bool belongs_into_capture(archive_entry* entry) {
  const char* name = ::archive_entry_pathname(entry);
  const auto type = ::archive_entry_filetype(entry);
  if (!name || ::archive_entry_hardlink(entry)) return false;
  const auto path = std::filesystem::path(name).lexically_normal();
  if (path.empty() || *path.begin() != kTopDirectory) return false;
  const bool top = path == kTopDirectory || path == std::string(kTopDirectory) + "/";
  return type == AE_IFDIR || (!top && (type == AE_IFREG || type == AE_IFLNK));
}

host::Result<void> extract(archive* in, const std::string& directory, const std::string& file) {
  const Writer disk(::archive_write_disk_new(), &::archive_write_free);
  ::archive_write_disk_set_options(disk.get(), kExtractFlags);
  std::error_code unknown;
  const auto packed = std::filesystem::file_size(file, unknown);
  host::Meter meter(host::kCaptureBudget, unknown ? 0 : packed);
  archive_entry* entry = nullptr;
  int step = ARCHIVE_OK;
  while ((step = ::archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
    if (!belongs_into_capture(entry))
      return host::Error{EINVAL,
                         "read " + file + ", which is not an archive of vfio-verify capture"};
    const std::string path = ::archive_entry_pathname(entry);
    if (!meter.enter(path) || !meter.unpack(static_cast<size_t>(::archive_entry_size(entry))))
      return host::Error{EFBIG, "unpack " + file + ": " + meter.exceeded_limit()};
    ::archive_entry_set_pathname(entry, (directory + "/" + path).c_str());
    if (::archive_read_extract2(in, entry, disk.get()) != ARCHIVE_OK)
      return error_of(disk.get(), "unpack " + file);
  }
  if (step != ARCHIVE_EOF) return error_of(in, "read " + file);
  return {};
}

host::Result<std::string> make_directory() {
  std::error_code error;
  const auto parent =
      std::filesystem::canonical(std::filesystem::temp_directory_path(error), error);
  if (error) return host::Error{error.value(), "find the directory for temporary files ($TMPDIR)"};
  std::string name = (parent / "vfio-verify-XXXXXX").string();
  if (!::mkdtemp(name.data())) return host::Error{errno, "create the directory " + name};
  return name;
}

void remove_tree(const std::string& directory) {
  std::error_code none;
  std::filesystem::remove_all(directory, none);
}

}  // namespace

host::Result<std::string> pack(const Collection& collection, const std::string& name) {
  const bool gzip = name.ends_with(".gz") || name.ends_with(".tgz");
  std::string packed;
  const Writer out(::archive_write_new(), &::archive_write_free);
  ::archive_write_set_format_pax_restricted(out.get());
  // No padding after the compressed data: zstd reads it as an unknown frame.
  ::archive_write_set_bytes_in_last_block(out.get(), 1);
  const int filter = gzip ? ::archive_write_add_filter_gzip(out.get())
                          : ::archive_write_add_filter_zstd(out.get());
  if (filter != ARCHIVE_OK ||
      ::archive_write_open(out.get(), &packed, nullptr, append, nullptr) != ARCHIVE_OK)
    return error_of(out.get(), "create an archive");
  for (const auto& [path, entry] : collection.entries)
    if (!put(out.get(), path, entry)) return error_of(out.get(), "add " + path + " to the archive");
  if (::archive_write_close(out.get()) != ARCHIVE_OK)
    return error_of(out.get(), "finish the archive");
  return packed;
}

host::Result<Unpacked> Unpacked::from(const std::string& file) {
  std::error_code unknown;
  if (std::filesystem::file_size(file, unknown) > host::kCaptureBudget.packed && !unknown)
    return host::Error{EFBIG, "unpack " + file};
  const auto directory = make_directory();
  if (!directory) return directory.error();
  auto unpacked = with_cleaner(*directory);
  if (!unpacked) return unpacked;
  const Reader in(::archive_read_new(), &::archive_read_free);
  ::archive_read_support_filter_gzip(in.get());
  ::archive_read_support_filter_zstd(in.get());
  ::archive_read_support_format_tar(in.get());
  if (::archive_read_open_filename(in.get(), file.c_str(), 1 << 16) != ARCHIVE_OK)
    return error_of(in.get(), "open " + file);
  if (auto done = extract(in.get(), unpacked->directory_, file); !done) return done.error();
  return unpacked;
}

host::Result<Unpacked> Unpacked::with_cleaner(const std::string& directory) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return host::Error{errno, "create a pipe"};
  host::Fd parent_ended(ends[0]), alive(ends[1]);
  const pid_t cleaner = ::fork();
  if (cleaner < 0) {
    remove_tree(directory);
    return host::Error{errno, "start the process that removes temporary files"};
  }
  if (cleaner > 0) return Unpacked(directory, std::move(alive), cleaner);
  ::setsid();  // signals of the terminal do not reach this process
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGQUIT}) ::signal(signal, SIG_IGN);
  alive = host::Fd();
  // A reader of the output must not wait until this process ends.
  const host::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int standard : {0, 1, 2}) (void)::dup2(null.get(), standard);
  char nothing;
  while (::read(parent_ended.get(), &nothing, 1) < 0 && errno == EINTR) {
  }
  remove_tree(directory);
  ::_exit(0);
}

Unpacked::Unpacked(Unpacked&& other) noexcept
    : directory_(std::exchange(other.directory_, std::string())),
      cleaner_pipe_(std::move(other.cleaner_pipe_)),
      cleaner_(std::exchange(other.cleaner_, -1)) {}

Unpacked::~Unpacked() {
  cleaner_pipe_ = host::Fd();
  if (cleaner_ > 0) ::waitpid(cleaner_, nullptr, 0);
}

}  // namespace verify::capture

// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/unpack_modules.h"

#include <cerrno>

#include <sys/stat.h>

#include "initramfs/module_tree.h"

namespace early {
namespace {

// Creates the user's directory if it is missing.
host::Result<host::Root> open_output(const std::string& directory) {
  for (size_t slash = 0; slash != directory.npos;) {
    slash = directory.find('/', slash + 1);
    const std::string part = directory.substr(0, slash);
    if (::mkdir(part.c_str(), 0755) < 0 && errno != EEXIST)
      return host::Error{errno, "create the directory " + part};
  }
  return host::Root::open_tree(directory);
}

// Links in `output` are followed as if it were "/": an image is built there.
host::Result<void> put(const host::Root& output, const initramfs::ModuleTree::File& file) {
  const std::string path = "/" + file.path;
  if (auto made = output.make_directories(path.substr(0, path.rfind('/'))); !made) return made;
  if (auto written = output.replace(path, file.text); !written) return written;
  // If a compressed copy also exists, it is undefined which of them is loaded.
  for (const char* packing : {".xz", ".zst", ".gz"})
    if (auto removed = output.remove(path + packing); !removed) return removed;
  return {};
}

}  // namespace

host::Result<void> unpack_modules(const host::Root& root, const std::string& directory,
                                  const std::string& release, const std::vector<std::string>& names,
                                  const std::string& into) {
  const auto tree = initramfs::pick_modules(root, directory, release, names);
  if (!tree) return tree.error();
  const auto output = open_output(into);
  if (!output) return output.error();
  for (const initramfs::ModuleTree::File& file : tree->files)
    if (file.path.ends_with(".ko"))
      if (auto done = put(*output, file); !done) return done;
  return {};
}

}  // namespace early

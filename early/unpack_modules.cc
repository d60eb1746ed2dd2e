// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/unpack_modules.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/module_tree.h"

namespace early {
namespace {

host::Result<void> make_directories(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0755) < 0 && errno != EEXIST)
      return host::Error{errno, "make " + part};
    if (slash == path.npos) return {};
  }
}

// For whoever reads both, which of the two counts is a matter of luck.
void remove_packed(const std::string& module) {
  for (const char* packing : {".xz", ".zst", ".gz"}) (void)::unlink((module + packing).c_str());
}

// `path` is below `into`.
host::Result<void> put(const std::string& into, const std::string& path, const std::string& text) {
  const std::string module = into + "/" + path;
  if (const auto made = make_directories(module.substr(0, module.rfind('/'))); !made) return made;
  const auto root = host::Root::open_tree(into);
  if (!root) return root.error();
  if (const auto written = root->replace("/" + path, text); !written) return written;
  remove_packed(module);
  return {};
}

}  // namespace

host::Result<void> unpack_modules(const host::Root& root, const std::string& directory,
                                  const std::string& release, const std::vector<std::string>& names,
                                  const std::string& into) {
  const auto tree = pick_modules(root, directory, release, names);
  if (!tree) return tree.error();
  for (const ModuleTree::File& file : tree->files)
    if (file.path.ends_with(".ko"))
      if (const auto done = put(into, file.path, file.text); !done) return done;
  return {};
}

}  // namespace early

# SPDX-License-Identifier: GPL-2.0-or-later
#
# shipped_files(OUTPUT FILE…): writes the C++ source OUTPUT with the text of each FILE (a path
# from the top of the source tree), for verify/inspect/image/shipped_files.h. An installation does not change
# these files, so that the copy in an image has the same bytes.
function(shipped_files output)
  set(entries "")
  foreach(file ${ARGN})
    set(path "${CMAKE_SOURCE_DIR}/${file}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    file(READ "${path}" text)
    string(APPEND entries "    {\"${file}\", R\"SHIPPED(${text})SHIPPED\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT [[
// Written by cmake/ShippedFiles.cmake.
#include "verify/inspect/image/shipped_files.h"

namespace verify {
namespace {

constexpr struct {
  std::string_view name, text;
} kFiles[] = {
@entries@};

}  // namespace

std::string_view shipped_text(std::string_view name) {
  for (const auto& file : kFiles)
    if (file.name == name) return file.text;
  return {};
}

}  // namespace verify
]])
endfunction()

// SPDX-License-Identifier: GPL-2.0-or-later
//
// Symbolic links in an image, by their names alone: what they lead to may be missing.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "verify/image_contents.h"

namespace verify {

// The path that the links of a file lead to, without "." and "..". Of a file without, its own.
std::string followed(const ImageContents& image, std::string path);

// A link on the way to `directory`, or this itself, behind which ImageContents::list() and find()
// see nothing; "": there is none. A link between /lib and /usr/lib is none, nor one that leads to
// one of the `known` directories.
std::string link_on_the_way(const ImageContents& image, std::string_view directory,
                            std::span<const char* const> known);

}  // namespace verify

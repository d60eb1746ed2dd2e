// SPDX-License-Identifier: GPL-2.0-or-later
//
// rdinit=/vfio-early: the program as the first process of a machine, from a supplementary image
// (image.h) beside any other one. It claims before anything else runs at all, and becomes the real
// init.
//
// What must hold: the machine boots whatever happens here. So the first process itself does nothing
// but wait, for at most three seconds, and exec. An attendant works in a mount namespace of its own
// with the image's small root as its root: the real init finds the machine as the kernel left it,
// nothing mounted, nothing made. In there a child of the attendant claims, and may hang or crash.
// The real init mounts a /run of its own, over whatever was there; the attendant waits for that and
// puts the record into it.
#pragma once

namespace early {

// Did the kernel start us? (In a container there is a /proc.)
bool is_first_process();

// Claims, then becomes the init of the image, with the arguments that the kernel gave: they are
// meant for that one, none is for us. Returns only where there is none.
int become_init(char** arguments);

}  // namespace early

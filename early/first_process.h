// SPDX-License-Identifier: GPL-2.0-or-later
//
// rdinit=/vfio-early: this program is the first process of a machine. It comes from a supplementary
// image (image.h) beside any other image, claims before any other process runs, and becomes the
// real init.
//
// What must hold: the machine boots whatever happens here. So the first process only waits, at most
// three seconds, and executes the real init. A second process, the watcher, works in its own
// mount namespace with the image's small root as its root: so the real init finds nothing mounted
// and nothing changed. A child of the watcher claims, and may hang or crash. The real init mounts
// its own /run; the watcher waits for that and writes the record to it.
#pragma once

namespace early {

// Did the kernel start this process? In a container /proc exists already.
bool is_first_process();

// Claims, then executes the init of the main image with the arguments from the kernel, which are
// meant for that init only. Returns only if no init was found.
int exec_real_init(char** arguments);

}  // namespace early

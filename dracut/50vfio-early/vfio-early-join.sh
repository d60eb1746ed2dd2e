#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pre-pivot hook of an image without systemd; sourced. A second bind waits for the first one
# and completes what that left. It ends within a minute, if the kernel lets it.
/usr/bin/vfio-early bind > /dev/null 2>&1

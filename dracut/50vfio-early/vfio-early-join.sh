#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pre-pivot hook of an image without systemd; sourced. A second bind waits for the first (a minute at
# the most, where the kernel lets it end) and completes what it left.
/usr/bin/vfio-early bind > /dev/null 2>&1

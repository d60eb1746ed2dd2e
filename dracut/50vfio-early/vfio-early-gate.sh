#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# cmdline hook of an image without systemd; sourced, so it must not exit. The gate takes a few
# milliseconds; bind runs in parallel with the boot. Both report to the kernel log.
/usr/bin/vfio-early gate > /dev/null 2>&1
/usr/bin/vfio-early bind > /dev/null 2>&1 &

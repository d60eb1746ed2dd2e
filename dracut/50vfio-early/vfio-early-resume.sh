#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pre-trigger hook of an image without systemd; sourced. If these rules exist (95resume), any
# event from here on may resume a hibernated system, and no bind may be running then.
[ ! -e /etc/udev/rules.d/99-resume.rules ] || /usr/bin/vfio-early bind > /dev/null 2>&1

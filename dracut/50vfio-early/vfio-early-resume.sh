#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pre-trigger hook of an image without systemd; sourced. Where these rules are (95resume), any event
# from here on may resume a hibernated system, which must not take the place of a bind in flight.
[ ! -e /etc/udev/rules.d/99-resume.rules ] || /usr/bin/vfio-early bind > /dev/null 2>&1

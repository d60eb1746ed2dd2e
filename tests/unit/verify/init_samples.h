// SPDX-License-Identifier: GPL-2.0-or-later
//
// Init scripts and their function libraries: the relevant parts of those of dracut 059,
// initramfs-tools 0.142 and mkinitcpio 41.
#pragma once

namespace samples {

inline constexpr const char* kDracutInit =
    "#!/bin/sh\n. /lib/dracut-lib.sh\nsource_conf /etc/conf.d\nsource_hook cmdline\n";
inline constexpr const char* kDracutLibrary =
    "source_all() {\n    local f\n    local _dir\n    _dir=$1\n    shift\n"
    "    [ \"$_dir\" ] && [ -d \"/$_dir\" ] || return\n    for f in \"/$_dir\"/*.sh; do\n"
    "        if [ -e \"$f\" ]; then\n            . \"$f\" \"$@\"\n        fi\n    done\n}\n"
    "source_hook() {\n    local _dir\n    _dir=$1\n    shift\n"
    "    source_all \"/lib/dracut/hooks/$_dir\" \"$@\"\n}\n";

// Before dracut 054, and the functions of dracut 112.
inline constexpr const char* kOldDracutInit =
    "#!/bin/sh\n[ ! -d /sys/kernel ] && \\\n    mount -t sysfs sysfs /sys >/dev/null\n\n"
    "if [ \"$?\" != \"0\" ]; then\n    echo \"Cannot mount sysfs\"\n    exit 1\nfi\n"
    ". /lib/dracut-lib.sh\nsource_hook cmdline\n";
inline constexpr const char* kDracut112Library =
    "list_hooks() {\n    local dir=\"$1\"\n    local pattern=\"$2\"\n"
    "    [ -z \"$pattern\" ] && pattern=\"*.sh\"\n    local hook\n"
    "    for hook in \"/var/lib/dracut/hooks/$dir/\"$pattern; do\n"
    "        [ -f \"$hook\" ] && printf '%s\\n' \"$hook\"\n    done\n"
    "    for hook in \"/etc/dracut/hooks/$dir/\"$pattern; do\n"
    "        [ -f \"$hook\" ] && [ ! -f \"/var/lib/dracut/hooks/$dir/${hook##*/}\" ]"
    " && printf '%s\\n' \"$hook\"\n    done\n"
    "    for hook in \"/usr/lib/dracut/hooks/$dir/\"$pattern; do\n"
    "        [ -f \"$hook\" ] && [ ! -f \"/var/lib/dracut/hooks/$dir/${hook##*/}\" ] \\\n"
    "            && [ ! -f \"/etc/dracut/hooks/$dir/${hook##*/}\" ]"
    " && printf '%s\\n' \"$hook\"\n    done\n}\n"
    "source_hook() {\n    local _dir\n    _dir=$1\n    shift\n"
    "    for f in $(list_hooks \"$_dir\"); do\n        set -- \"$@\"\n        . \"$f\"\n"
    "    done\n}\n";

inline constexpr const char* kInitramfsToolsInit =
    "#!/bin/sh\n. /scripts/functions\nrun_scripts /scripts/init-top\n";
inline constexpr const char* kInitramfsToolsLibrary =
    "run_scripts()\n{\n\tinitdir=${1}\n\t[ ! -d \"${initdir}\" ] && return\n\n\tshift\n"
    "\t. \"${initdir}/ORDER\"\n}\n";

inline constexpr const char* kMkinitcpioInit =
    "#!/bin/sh\n. /init_functions\n. /config\n"
    "run_hookfunctions 'run_earlyhook' 'early hook' $EARLYHOOKS\n";
inline constexpr const char* kMkinitcpioLibrary =
    "run_hookfunctions() {\n    local hook fn=\"$1\" desc=\"$2\"\n\n    shift 2\n"
    "    for hook in \"$@\"; do\n        [ -x \"/hooks/$hook\" ] || continue\n\n"
    "        unset \"$fn\"\n        . \"/hooks/$hook\"\n"
    "        type \"$fn\" >/dev/null || continue\n\n"
    "        msg \":: running $desc [$hook]\"\n        \"$fn\"\n    done\n}\n";

}  // namespace samples

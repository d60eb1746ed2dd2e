# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154,SC2317,SC2329  # expanded, set and called elsewhere
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 2, continued: init scripts that do not reach the command that starts our hooks.

lib=usr/lib/dracut-lib.sh
# The command of each init that starts our hooks or scripts, as a pattern of sed.
start_of() {
  case $1 in
    dracut) echo '^source_hook cmdline' ;;
    initramfs-tools) echo '^run_scripts' ;;
    mkinitcpio) echo '^run_hookfunctions' ;;
  esac
}
all_inits() {  # FUNCTION: calls it with the name of each init
  local kind
  for kind in dracut initramfs-tools mkinitcpio; do
    mkdir "$kind"
    (cd "$kind" && "$1" "$kind") || exit
  done
}
# Lines of init before the command and behind it.
around() {  # KIND BEFORE BEHIND
  perl -i -pe 'BEGIN { ($start, $before, $behind) = splice @ARGV, 0, 3 } if (/$start/) { $_ = "$before$_$behind" }' \
    "$(start_of "$1")" "$2" "$3" init
}
in_all() {  # BEFORE BEHIND
  local before=$1 behind=$2
  changed() { broken "$1" image.started around "$1" "$before" "$behind"; }
  all_inits changed
}
harmless_in_all() {  # BEFORE BEHIND
  local before=$1 behind=$2
  changed() { harmless "$1" around "$1" "$before" "$behind"; }
  all_inits changed
}
case_2_init_behind_if() { in_all $'if false; then\n' $'fi\n'; }
case_2_init_behind_else() { in_all $'if true; then :; else\n' $'fi\n'; }
case_2_init_behind_and() { in_all 'false && ' ''; }
case_2_init_behind_or_on_the_line_above() { in_all $'true ||\n' ''; }
case_2_init_in_a_function() { in_all $'later() {\n' $'}\n'; }
case_2_init_in_a_function_of_bash() { in_all $'function later\n{\n' $'}\n'; }
case_2_init_in_a_case() { in_all $'case $x in\ny)\n' $';;\nesac\n'; }
case_2_init_in_a_loop() { in_all $'while false; do\n' $'done\n'; }
case_2_init_in_a_subshell() { in_all $'(false &&\n' $')\n'; }
case_2_init_in_a_here_document() { in_all $'cat <<END\n' $'END\n'; }
case_2_init_in_quotes() { in_all "x='" $'\'\n'; }
case_2_init_behind_exit() { in_all $'exit 0\n' ''; }
case_2_init_behind_conditional_exit() { in_all $'[ -e /x ] || exit\n' ''; }
case_2_init_behind_exec() { in_all $'exec /usr/bin/sh\n' ''; }
case_2_init_behind_return() { in_all $'return\n' ''; }
case_2_init_behind_reboot() { in_all $'/sbin/reboot -f\n' ''; }
case_2_init_behind_unknown_command() { in_all $'other-program\n' ''; }
case_2_init_behind_unknown_file() { in_all $'. /other\n' ''; }
case_2_init_behind_eval() { in_all $'eval exit\n' ''; }
case_2_init_behind_alias() { in_all $'alias run_scripts=:\n' ''; }
case_2_init_behind_new_function() { in_all $'source_hook() { :; }\nrun_scripts() { :; }\nrun_hookfunctions() { :; }\n' ''; }
case_2_init_removes_us() { in_all $'rm -f /usr/bin/vfio-early\n' ''; }
case_2_init_hides_hooks() { in_all $'mount -t tmpfs x /hooks\nmount -t tmpfs x /scripts/init-top\n' ''; }
case_2_init_with_open_quote() { in_all '' $'echo "\n'; }
case_2_init_with_usual_commands() {
  harmless_in_all $'[ -d /x ] || mkdir /x\nx=$(echo "$y")\nif ! mount -t proc proc /proc; then\n  exit 1\nfi\nexec >/dev/kmsg 2>&1\n' ''
}
case_2_init_with_commands_behind() { harmless_in_all '' $'[ -e /x ] || exit\nother-program &\nexec switch_root /x\n'; }
case_2_init_with_here_document() { harmless_in_all $'cat <<END >/x\nexit\nEND\n' ''; }
case_2_init_loads_driver() {
  changed() { first "$1" around "$1" $'modprobe nouveau\n' ''; }
  all_inits changed
}

# The functions that lead from that command to our hooks.
case_2_dracut_without_library() { hook_started rm $lib; }
case_2_dracut_without_function() { hook_started sed -i '/^source_hook/,/^}/d' $lib; }
case_2_dracut_of_empty_function() { hook_started sed -i '$a source_hook() { :; }' $lib; }
case_2_dracut_of_another_directory() { hook_started sed -i 's,lib/dracut/hooks,lib/dracut/other,' $lib; }
case_2_dracut_of_other_names() { hook_started sed -i 's,\*\.sh,*.ash,' $lib; }
case_2_dracut_that_returns() { hook_started sed -i 's,^    local f$,&\n    return,' $lib; }
case_2_dracut_with_other_builtin() { hook_started sed -i '$a shift() { :; }' $lib; }
case_2_dracut_library_exits() { hook_started sed -i '1i exit' $lib; }
case_2_dracut_function_that_exits() {
  exits() { sed -i '$a info() { exit; }' "$lib" && sed -i 's/^source_hook/info x\n&/' init; }
  hook_started exits
}
case_2_dracut_function_that_calls_one_that_exits() {
  exits() { sed -i '$a info() { more; }\nmore() { exec sh; }' "$lib" && sed -i 's/^source_hook/info x\n&/' init; }
  hook_started exits
}
case_2_dracut_function_that_logs() {
  logs() { sed -i '$a info() { echo "$@"; }' "$lib" && sed -i 's/^source_hook/info x\n&/' init; }
  harmless dracut logs
}
case_2_dracut_at_another_hook_point() { hook_started sed -i 's/cmdline/pre-udev/' init; }
case_2_tools_without_functions() { top_started rm scripts/functions; }
case_2_tools_of_other_file() { top_started sed -i 's,/ORDER,/OTHER,' scripts/functions; }
case_2_mkinitcpio_of_other_directory() { early_started sed -i 's,"/hooks/,"/other/,' init_functions; }
case_2_mkinitcpio_skips_a_hook() {
  early_started sed -i 's,^    for hook.*,&\n        [ "$hook" = vfio-early ] \&\& continue,' init_functions
}
case_2_mkinitcpio_empties_early_hooks() {
  early_started sed -i 's/^run_hookfunctions/EARLYHOOKS=\n&/' init
}
case_2_mkinitcpio_disables_us() {
  early_started sed -i 's,^run_hookfunctions,chmod 644 /hooks/vfio-early\n&,' init
}
case_2_mkinitcpio_disables_by_parameter() {
  harmless mkinitcpio sed -i 's,^run_hookfunctions,for d in ${disablehooks//\,/ }; do\n    [ -e "/hooks/$d" ] \&\& chmod 644 "/hooks/$d"\ndone\n&,' init
}
case_2_settings_that_define_a_function() { top_started put conf/conf.d/x 'run_scripts() {\n:\n}\n'; }

# The inits that are installed here.
installed() {  # FILE TARGET…
  while [[ $# -gt 0 ]]; do
    [[ -e $1 ]] || not_run "$1 is not installed"
    cp "$1" "$2" || exit
    shift 2
  done
}
case_2_init_of_installed_dracut() {
  harmless dracut installed /usr/lib/dracut/modules.d/99base/init.sh init \
    /usr/lib/dracut/modules.d/99base/dracut-lib.sh $lib
}
case_2_init_of_installed_initramfs_tools() {
  harmless initramfs-tools installed /usr/share/initramfs-tools/init init \
    /usr/share/initramfs-tools/scripts/functions scripts/functions
}

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
add_lines_around_start() {  # KIND BEFORE BEHIND
  perl -i -pe 'BEGIN { ($start, $before, $behind) = splice @ARGV, 0, 3 } if (/$start/) { $_ = "$before$_$behind" }' \
    "$(start_of "$1")" "$2" "$3" init
}
breaks_all_inits() {  # BEFORE BEHIND
  local before=$1 behind=$2
  changed() { breaks "$1" image.started add_lines_around_start "$1" "$before" "$behind"; }
  all_inits changed
}
keeps_all_inits_passing() {  # BEFORE BEHIND
  local before=$1 behind=$2
  changed() { keeps_passing "$1" add_lines_around_start "$1" "$before" "$behind"; }
  all_inits changed
}
case_2_init_in_if() { breaks_all_inits $'if false; then\n' $'fi\n'; }
case_2_init_in_else() { breaks_all_inits $'if true; then :; else\n' $'fi\n'; }
case_2_init_after_and() { breaks_all_inits 'false && ' ''; }
case_2_init_after_or_on_previous_line() { breaks_all_inits $'true ||\n' ''; }
case_2_init_in_a_function() { breaks_all_inits $'later() {\n' $'}\n'; }
case_2_init_in_a_bash_function() { breaks_all_inits $'function later\n{\n' $'}\n'; }
case_2_init_in_a_case() { breaks_all_inits $'case $x in\ny)\n' $';;\nesac\n'; }
case_2_init_in_a_loop() { breaks_all_inits $'while false; do\n' $'done\n'; }
case_2_init_in_a_subshell() { breaks_all_inits $'(false &&\n' $')\n'; }
case_2_init_in_a_here_document() { breaks_all_inits $'cat <<END\n' $'END\n'; }
case_2_init_in_quotes() { breaks_all_inits "x='" $'\'\n'; }
case_2_init_after_exit() { breaks_all_inits $'exit 0\n' ''; }
case_2_init_after_conditional_exit() { breaks_all_inits $'[ -e /x ] || exit\n' ''; }
case_2_init_after_exec() { breaks_all_inits $'exec /usr/bin/sh\n' ''; }
case_2_init_after_return() { breaks_all_inits $'return\n' ''; }
case_2_init_after_reboot() { breaks_all_inits $'/sbin/reboot -f\n' ''; }
case_2_init_after_unknown_command() { breaks_all_inits $'other-program\n' ''; }
case_2_init_after_unknown_file() { breaks_all_inits $'. /other\n' ''; }
case_2_init_after_eval() { breaks_all_inits $'eval exit\n' ''; }
case_2_init_after_alias() { breaks_all_inits $'alias run_scripts=:\n' ''; }
case_2_init_after_redefined_function() { breaks_all_inits $'source_hook() { :; }\nrun_scripts() { :; }\nrun_hookfunctions() { :; }\n' ''; }
case_2_init_removes_vfio_early() { breaks_all_inits $'rm -f /usr/bin/vfio-early\n' ''; }
case_2_init_hides_hooks() { breaks_all_inits $'mount -t tmpfs x /hooks\nmount -t tmpfs x /scripts/init-top\n' ''; }
case_2_init_with_open_quote() { breaks_all_inits '' $'echo "\n'; }
case_2_init_with_usual_commands() {
  keeps_all_inits_passing $'[ -d /x ] || mkdir /x\nx=$(echo "$y")\nif ! mount -t proc proc /proc; then\n  exit 1\nfi\nexec >/dev/kmsg 2>&1\n' ''
}
case_2_init_with_commands_after_start() { keeps_all_inits_passing '' $'[ -e /x ] || exit\nother-program &\nexec switch_root /x\n'; }
case_2_init_with_here_document() { keeps_all_inits_passing $'cat <<END >/x\nexit\nEND\n' ''; }
case_2_init_loads_driver() {
  changed() { breaks_order "$1" add_lines_around_start "$1" $'modprobe nouveau\n' ''; }
  all_inits changed
}

# The functions that lead from that command to our hooks.
case_2_dracut_without_library() { breaks_dracut_start rm $lib; }
case_2_dracut_without_function() { breaks_dracut_start sed -i '/^source_hook/,/^}/d' $lib; }
case_2_dracut_with_empty_function() { breaks_dracut_start sed -i '$a source_hook() { :; }' $lib; }
case_2_dracut_with_other_hook_directory() { breaks_dracut_start sed -i 's,lib/dracut/hooks,lib/dracut/other,' $lib; }
case_2_dracut_with_other_hook_names() { breaks_dracut_start sed -i 's,\*\.sh,*.ash,' $lib; }
case_2_dracut_function_returns_early() { breaks_dracut_start sed -i 's,^    local f$,&\n    return,' $lib; }
case_2_dracut_with_other_builtin() { breaks_dracut_start sed -i '$a shift() { :; }' $lib; }
case_2_dracut_library_exits() { breaks_dracut_start sed -i '1i exit' $lib; }
case_2_dracut_function_that_exits() {
  exits() { sed -i '$a info() { exit; }' "$lib" && sed -i 's/^source_hook/info x\n&/' init; }
  breaks_dracut_start exits
}
case_2_dracut_function_that_calls_one_that_exits() {
  exits() { sed -i '$a info() { more; }\nmore() { exec sh; }' "$lib" && sed -i 's/^source_hook/info x\n&/' init; }
  breaks_dracut_start exits
}
case_2_dracut_function_that_logs() {
  logs() { sed -i '$a info() { echo "$@"; }' "$lib" && sed -i 's/^source_hook/info x\n&/' init; }
  keeps_passing dracut logs
}
case_2_dracut_at_another_hook_point() { breaks_dracut_start sed -i 's/cmdline/pre-udev/' init; }
case_2_initramfs_tools_without_functions() { breaks_initramfs_tools_start rm scripts/functions; }
case_2_initramfs_tools_with_other_order_file() { breaks_initramfs_tools_start sed -i 's,/ORDER,/OTHER,' scripts/functions; }
case_2_mkinitcpio_with_other_hook_directory() { breaks_mkinitcpio_start sed -i 's,"/hooks/,"/other/,' init_functions; }
case_2_mkinitcpio_skips_a_hook() {
  breaks_mkinitcpio_start sed -i 's,^    for hook.*,&\n        [ "$hook" = vfio-early ] \&\& continue,' init_functions
}
case_2_mkinitcpio_empties_early_hooks() {
  breaks_mkinitcpio_start sed -i 's/^run_hookfunctions/EARLYHOOKS=\n&/' init
}
case_2_mkinitcpio_disables_vfio_early() {
  breaks_mkinitcpio_start sed -i 's,^run_hookfunctions,chmod 644 /hooks/vfio-early\n&,' init
}
case_2_mkinitcpio_disables_by_parameter() {
  keeps_passing mkinitcpio sed -i 's,^run_hookfunctions,for d in ${disablehooks//\,/ }; do\n    [ -e "/hooks/$d" ] \&\& chmod 644 "/hooks/$d"\ndone\n&,' init
}
case_2_settings_that_define_a_function() { breaks_initramfs_tools_start put conf/conf.d/x 'run_scripts() {\n:\n}\n'; }

# The inits that are installed here.
installed() {  # FILE TARGET…
  while [[ $# -gt 0 ]]; do
    [[ -e $1 ]] || not_run "$1 is not installed"
    cp "$1" "$2" || exit
    shift 2
  done
}
case_2_init_of_installed_dracut() {
  keeps_passing dracut installed /usr/lib/dracut/modules.d/99base/init.sh init \
    /usr/lib/dracut/modules.d/99base/dracut-lib.sh $lib
}
case_2_init_of_installed_initramfs_tools() {
  keeps_passing initramfs-tools installed /usr/share/initramfs-tools/init init \
    /usr/share/initramfs-tools/scripts/functions scripts/functions
}

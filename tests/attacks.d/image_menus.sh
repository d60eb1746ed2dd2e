# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154,SC2317,SC2329  # expanded, set and called elsewhere
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 2, continued: the entry that a boot loader starts by default is not the first one of its menu, or
# has a kernel of a different release.

# systemd-boot.
loader_entry() {  # NAME PARAMETERS [LINES]
  put_on_machine "/efi/loader/entries/$1.conf" "title $1\nlinux /vmlinuz\noptions $2\n${3-}"
}
two_choices() {  # LOADER.CONF: b is first, and a has vfio_early=off
  loader_entry a vfio_early=off && loader_entry b quiet && put_on_machine /efi/loader/loader.conf "$1\n"
}
loader_variable() {  # NAME TEXT
  local file=../tree/sys/firmware/efi/efivars/$1-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
  mkdir -p "${file%/*}" &&
    perl -e 'print "\x07\0\0\0", map { "$_\0" } split(//, $ARGV[0]), "\0"' "$2" >"$file"
}
case_2_loader_default() { breaks_start two_choices 'default a.conf' && expect_finding image.started fail; }
case_2_loader_default_by_pattern() { breaks_start two_choices 'timeout 3\nDefault\tA*'; }
case_2_loader_default_without_suffix() { breaks_start two_choices 'default a'; }
case_2_loader_default_is_another() { keeps_passing systemd two_choices 'default b.conf'; }
case_2_loader_default_missing() { keeps_passing systemd two_choices 'default c.conf'; }
case_2_loader_default_saved() { breaks_start two_choices 'default @saved' && expect_finding image.started unknown; }
case_2_loader_preferred() { breaks_start two_choices 'preferred a.conf\ndefault b.conf'; }
saved_entry() { two_choices 'default @saved' && loader_variable LoaderEntryLastBooted "$1"; }
no_variables() { two_choices 'default b.conf' && mkdir -p ../tree/sys/firmware/efi; }
case_2_loader_variables_unreadable() { breaks_start no_variables && expect_finding image.started unknown; }
case_2_loader_default_is_last_booted() { breaks_start saved_entry a.conf && expect_finding image.started fail; }
case_2_loader_default_is_not_last_booted() { keeps_passing systemd saved_entry b.conf; }
default_variable() { two_choices 'default b.conf' && loader_variable "$1" a.conf; }
case_2_loader_default_by_variable() { breaks_start default_variable LoaderEntryDefault && expect_finding image.started fail; }
case_2_loader_default_for_one_boot() { breaks_start default_variable LoaderEntryOneShot; }
case_2_loader_selected_in_this_boot() { keeps_passing systemd default_variable LoaderEntrySelected; }
counted() { loader_entry a+2-1 vfio_early=off && loader_entry b quiet && put_on_machine /efi/loader/loader.conf "default a.conf\n"; }
case_2_loader_default_has_boot_counter() { breaks_start counted; }
exhausted() { loader_entry a "$1" && loader_entry b+0-3 "$2"; }
case_2_loader_first_has_no_tries_left() { breaks_start exhausted vfio_early=off quiet; }
case_2_loader_entry_without_tries_has_off() { keeps_passing systemd exhausted quiet vfio_early=off; }
sort_keys() { loader_entry a "$1" 'sort-key x\n' && loader_entry b "$2"; }
case_2_loader_sort_key() { breaks_start sort_keys vfio_early=off quiet; }
case_2_loader_sort_key_of_another() { keeps_passing systemd sort_keys quiet vfio_early=off; }
versions() {
  loader_entry a "$1" 'sort-key x\nversion 6.12\n' && loader_entry b "$2" 'sort-key x\nversion 6.9\n'
}
case_2_loader_version() { breaks_start versions vfio_early=off quiet; }
case_2_loader_version_of_another() { keeps_passing systemd versions quiet vfio_early=off; }
names_with_versions() { loader_entry x-6.12.0 "$1" && loader_entry x-6.9.0 "$2"; }
case_2_loader_version_in_name() { breaks_start names_with_versions vfio_early=off quiet; }
case_2_loader_version_in_name_of_another() { keeps_passing systemd names_with_versions quiet vfio_early=off; }
without_kernel() { loader_entry a vfio_early=off && put_on_machine /efi/loader/entries/b.conf 'options quiet\n'; }
case_2_loader_first_has_no_kernel() { breaks_start without_kernel; }
on_two_partitions() {  # the configuration of one applies to the entries of both
  two_choices 'default z.conf' && put_on_machine /boot/loader/entries/z.conf "linux /vmlinuz\noptions $1\n"
}
case_2_loader_default_on_other_partition() { breaks_start on_two_partitions vfio_early=off; }
case_2_loader_default_on_other_partition_is_good() { keeps_passing systemd on_two_partitions quiet; }

# GRUB.
grub_menu() {  # COMMANDS
  put_on_machine /boot/grub/grub.cfg "$1\nfunction f {\n  true\n}
menuentry 'One' --class x \$menuentry_id_option 'one' {\n  linux /vmlinuz quiet\n}
submenu 'A > B' \$menuentry_id_option 'more' {
  menuentry 'Two' --id two {\n    linux /vmlinuz vfio_early=off\n  }
  menuentry 'Three' \$menuentry_id_option 'three' {\n    linux /vmlinuz quiet\n  }\n}
menuentry 'Windows' {\n  chainloader /w.efi\n}\n"
}
case_2_grub_default_by_number() { breaks_start grub_menu 'set default="1>0"'; }
case_2_grub_default_by_title() {
  breaks_start grub_menu 'set default="A >> B>Two"' &&
    expect_text out 'vfio_early=off in the default entry \"Two\" of /boot/grub/grub.cfg leaves'
}
case_2_grub_default_by_id() { breaks_start grub_menu 'set default="more>two"' && expect_finding image.started fail; }
case_2_grub_default_unreadable() {
  breaks_start grub_saved env_block=512+1 &&
    expect_text out 'the entry \"Two\" of /boot/grub/grub.cfg, which may be the default, leaves'
}
case_2_grub_default_is_submenu() { breaks_start grub_menu 'set default=1'; }
case_2_grub_default_by_condition() {
  breaks_start grub_menu 'if [ "$a" = b ]; then\n  set default="more>two"\nfi' &&
    expect_finding image.started unknown
}
fallback_counting() {  # GRUBENV: Fedora's 08_fallback_counting
  grub_menu 'if [ -n "${boot_counter}" -a "${boot_success}" = "0" ]; then
    if [ "${boot_counter}" = "0" -o "${boot_counter}" = "-1" ]; then\n set default="1>0"\n fi\nfi' &&
    put_on_machine /boot/grub/grubenv "# GRUB Environment Block\n$1\n######"
}
case_2_grub_default_by_counter() {
  breaks_start fallback_counting 'boot_success=0\nboot_counter=0' && expect_finding image.started unknown
}
case_2_grub_default_without_counter() { keeps_passing systemd fallback_counting boot_success=0; }
case_2_grub_default_is_another() { keeps_passing systemd grub_menu 'set default="1>1"'; }
case_2_grub_default_of_submenu_is_another() { keeps_passing systemd grub_menu 'set default="more>three"'; }
case_2_grub_default_missing() { keeps_passing systemd grub_menu 'set default=none'; }
case_2_grub_default_unset() { keeps_passing systemd grub_menu ''; }
grub_saved() {  # GRUBENV
  grub_menu 'if [ "${next_entry}" ] ; then\n  set default="${next_entry}"\nelse\n  set default="${saved_entry}"\nfi' &&
    put_on_machine /boot/grub/grubenv "# GRUB Environment Block\n$1\n######"
}
case_2_grub_default_saved() { breaks_start grub_saved 'saved_entry=more>two'; }
case_2_grub_default_next() { breaks_start grub_saved 'saved_entry=one\nnext_entry=1>0' && expect_finding image.started fail; }
case_2_grub_default_saved_is_another() { keeps_passing systemd grub_saved 'saved_entry=more>three'; }
case_2_grub_default_next_is_another() { keeps_passing systemd grub_saved 'saved_entry=more>two\nnext_entry=0'; }
case_2_grub_default_not_saved() { keeps_passing systemd grub_saved ''; }
grub_custom() {
  grub_menu 'set default=mine' && put_on_machine /boot/grub/custom.cfg "menuentry mine {\n  linux /vmlinuz $1\n}\n"
}
case_2_grub_default_is_custom() { breaks_start grub_custom vfio_early=off; }
case_2_grub_default_is_custom_and_good() { keeps_passing systemd grub_custom quiet; }
grub_lists() {  # SAVED-ENTRY: Fedora's
  grub_saved "saved_entry=$1" && echo blscfg >>../tree/boot/grub/grub.cfg &&
    put_on_machine /boot/loader/entries/m-6.9.conf 'linux /vmlinuz\noptions quiet\n' &&
    put_on_machine /boot/loader/entries/m-6.12.conf 'linux /vmlinuz\noptions vfio_early=off\n'
}
case_2_grub_default_is_listed() { breaks_start grub_lists m-6.12; }
case_2_grub_default_is_listed_and_good() { keeps_passing systemd grub_lists m-6.9; }

# Others.
limine_menu() {  # GLOBAL-LINES
  put_on_machine /boot/limine.conf "$1\n/+Arch\n//linux\ncmdline: quiet\n//off\ncmdline: vfio_early=off\n"
}
case_2_limine_default() { breaks_start limine_menu 'default_entry: 3' && expect_finding image.started fail; }
case_2_limine_default_in_old_syntax() { breaks_start limine_menu 'DEFAULT_ENTRY=3'; }
case_2_limine_default_remembered() {
  breaks_start limine_menu 'default_entry: 2\nremember_last_entry: yes' &&
    expect_finding image.started unknown
}
case_2_limine_default_by_path() { breaks_start limine_menu 'default_entry: Arch/off'; }
case_2_limine_default_is_directory() { breaks_start limine_menu ''; }
case_2_limine_default_is_another() { keeps_passing systemd limine_menu 'default_entry: 2'; }
extlinux_menu() {  # GLOBAL-LINES [LINES-OF-OFF]
  put_on_machine /boot/extlinux/extlinux.conf \
    "$1\nLABEL a\n  LINUX /vmlinuz\n  APPEND quiet\nLABEL off\n  LINUX /vmlinuz\n  APPEND vfio_early=off\n${2-}"
}
case_2_extlinux_default() { breaks_start extlinux_menu 'default off' && expect_finding image.started fail; }
case_2_extlinux_on_timeout() { breaks_start extlinux_menu 'DEFAULT menu.c32\nONTIMEOUT off'; }
case_2_extlinux_menu_default() { breaks_start extlinux_menu 'DEFAULT menu.c32' '  MENU DEFAULT\n'; }
case_2_extlinux_default_unknown() { breaks_start extlinux_menu '' && expect_finding image.started unknown; }
case_2_extlinux_default_is_another() { keeps_passing systemd extlinux_menu 'DEFAULT a'; }
refind_menu() {  # GLOBAL-LINES
  put_on_machine /efi/EFI/refind/refind.conf \
    "$1\nmenuentry \"Linux\" {\n  loader /v\n  options \"quiet\"\n  submenuentry \"x\" {\n    options \"vfio_early=off\"\n  }\n}\nmenuentry \"Off\" {\n  options \"vfio_early=off\"\n}\n"
}
case_2_refind_default() { breaks_start refind_menu 'default_selection off' && expect_finding image.started fail; }
case_2_refind_default_of_several() { breaks_start refind_menu 'default_selection "Windows,Off"'; }
case_2_refind_default_is_last() { breaks_start refind_menu 'default_selection +' && expect_finding image.started unknown; }
case_2_refind_default_by_time_of_day() { breaks_start refind_menu 'default_selection Linux 8:00 17:00'; }
by_version() {  # PARAMETERS of the default, and of the entry that starts the image of its kernel
  put_on_machine /boot/refind_linux.conf "\"a\" \"$1 initrd=none.img\"\n\"b\" \"$2 initrd=%v.img\"\n"
}
case_2_refind_image_by_version() { breaks_start by_version quiet vfio_early=off && expect_finding image.started fail; }
case_2_refind_image_by_version_is_good() { keeps_passing systemd by_version vfio_early=off quiet; }
case_2_refind_default_is_another() { keeps_passing systemd refind_menu 'default_selection "linux"'; }

# This image is started by another entry than the default.
for_this_image() {  # PARAMETERS: of the entries that are not the default
  put_on_machine /boot/grub/grub.cfg "menuentry a {\n linux /a quiet\n initrd /other.img\n}
menuentry b {\n linux /b quiet\n initrd /bad.img /good.img\n}
menuentry c {\n linux /c $1\n initrd /bad.img /good.img\n}\n"
}
case_2_default_starts_another_image() {
  breaks_start for_this_image vfio_early=off && expect_finding image.started unknown &&
    expect_text out 'vfio_early=off in the entry \"c\" of /boot/grub/grub.cfg, which starts this image, leaves'
}
case_2_default_starts_another_image_and_good() { keeps_passing systemd for_this_image quiet; }

# An image that both /init and the kernel can start.
both() {
  cp "$program" vfio-early && mkdir vfio-early.d && put_on_machine /etc/kernel/cmdline "quiet $1\n"
}
case_2_two_inits_by_rdinit() { keeps_passing systemd both rdinit=/vfio-early; }
case_2_two_inits_by_init() { keeps_passing systemd both rdinit=/init; }
both_cut_off() { both rdinit=/vfio-early && truncate -s 64 vfio-early; }
case_2_two_inits_with_broken_program() { breaks_start both_cut_off; }

# Conditions in shell settings.
shell_condition() {  # BRANCHES
  put_on_machine /boot/grub/grub.cfg 'menuentry a {\n linux /a quiet\n}\n' &&
    put_on_machine /etc/default/grub "GRUB_CMDLINE_LINUX=quiet\n$1\n"
}
off='GRUB_CMDLINE_LINUX+=" vfio_early=off"' on=GRUB_CMDLINE_LINUX=quiet
case_2_off_by_if() { breaks_start shell_condition "if [ -e /x ]; then\n  $off\nfi"; }
case_2_off_by_if_with_else() { breaks_start shell_condition "if [ -e /x ]; then $off; else $on; fi"; }
case_2_off_by_case() { breaks_start shell_condition "case \$x in\n  a|b) $on ;;\n  *) $off ;;\nesac\ncase y in y) $on;; esac"; }
case_2_off_by_list() { breaks_start shell_condition "[ -e /x ] &&\n $off; [ -e /y ] && { $on\n }"; }
case_2_off_by_function() { breaks_start shell_condition "f() {\n  $off\n}\n[ -e /x ] && $on"; }
case_2_off_replaced_after_if() { keeps_passing systemd shell_condition "if true; then\n $off\nfi\n$on"; }
case_2_if_without_off() { keeps_passing systemd shell_condition "if true; then $on; fi"; }
off_by_if_is_possible() {  # a condition alone proves nothing
  shell_condition "if [ -e /x ]; then $off; fi"
}
case_2_off_by_if_is_unknown() { breaks_start off_by_if_is_possible && expect_finding image.started unknown; }
case_2_off_in_each_branch_fails() {
  breaks_start shell_condition "$off\nif [ -e /x ]; then x=1; fi" && expect_finding image.started fail
}

# /etc/default/grub of a machine that systemd-boot starts.
stale() { loader_entry a quiet && put_on_machine /etc/default/grub "GRUB_CMDLINE_LINUX=vfio_early=off\n"; }
case_2_off_without_grub() { breaks_start stale && expect_finding image.started unknown; }
with_grub() { stale && put_on_machine /boot/grub/grub.cfg '# empty\n'; }
case_2_off_with_grub() { breaks_start with_grub && expect_finding image.started fail; }

# The value that matters is named, and each entry once.
named() { cmdline 'rd.systemd.mask=vfio-early-gate.service rd.systemd.mask=x.service'; }
case_2_mask_is_reported() { breaks_start named && expect_text out rd.systemd.mask=vfio-early-gate.service; }
one_partition() {
  loader_entry a vfio_early=off && mkdir -p ../tree/boot && ln -s ../efi ../tree/boot/efi &&
    put_on_machine /efi/EFI/fedora/grub.cfg 'menuentry a {\n linux /a vfio_early=off\n}\n'
}
case_2_one_partition_at_two_paths() {
  breaks_start one_partition
  [[ $(grep -c '"evidence": .*vfio_early=off in' out) -le 2 ]] || fail "an entry is named twice"
  ! grep -q /boot/efi out || fail "an entry is named by its second path"
}

# The kernel of the entry.
kernel() {  # RELEASE: the start of its file
  perl -e '
    my $head = "\0" x 0x202 . "HdrS" . "\0" x 8 . pack("v", 0x100);
    print $head, "\0" x (0x300 - length $head), "$ARGV[0] (builder\@host) #1 SMP\0"' "$1"
}
starts_kernel() {  # PATH [RELEASE]
  put_on_machine /boot/grub/grub.cfg "menuentry a {\n linux $1 quiet\n initrd /bad.img /good.img\n}\n" || return
  [[ $# -eq 1 ]] || kernel "$2" >"../tree/boot/${1##*/}"
}
case_2_kernel_of_another_release() {
  breaks_modules starts_kernel /vmlinuz 6.1.0 && expect_finding image.modules fail
}
case_2_kernel_replaced() { breaks_modules starts_kernel '($root)/boot/vmlinuz-6.12.0' 6.12.1; }
case_2_kernel_of_another_name() {
  breaks_modules starts_kernel /vmlinuz-6.1.0 && expect_finding image.modules unknown
}
case_2_kernel_of_kernel_install() { breaks_modules starts_kernel /token/6.1.0/linux; }
case_2_kernel_of_this_release() { keeps_passing systemd starts_kernel /vmlinuz 6.12.0; }
case_2_kernel_of_this_name() { keeps_passing systemd starts_kernel /token/6.12.0/linux; }
case_2_kernel_of_no_release() { keeps_passing systemd starts_kernel /vmlinuz-linux; }
other_kernel() {
  put_on_machine /boot/grub/grub.cfg 'menuentry a {\n linux /vmlinuz-6.1.0 quiet\n initrd /other.img\n}\n'
}
case_2_kernel_of_another_image() { keeps_passing systemd other_kernel; }

# Limits for reading the files of boot loaders.
many_files() {
  mkdir -p ../tree/etc/default/grub.d
  perl -e 'for (1 .. 30000) { open my $f, ">", "../tree/etc/default/grub.d/$_.cfg" or die;
    print $f "A=1\nif a; then GRUB_CMDLINE_LINUX=x$_; fi\n" }'
}
case_5_many_grub_files() { breaks_start many_files && expect_finding image.started unknown; }
many_conditions() {
  mkdir -p ../tree/etc/default
  perl -e 'print "a && GRUB_CMDLINE_LINUX+=x\n" x 30000' >../tree/etc/default/grub
}
case_5_many_grub_conditions() { breaks_start many_conditions && expect_finding image.started unknown; }
long_menu() {
  mkdir -p ../tree/efi/loader/entries
  perl -e 'for (1 .. 30000) { open my $f, ">", "../tree/efi/loader/entries/$_.conf" or die; print $f "linux /v\n" }'
}
case_5_many_loader_entries() { breaks_start long_menu && expect_finding image.started unknown; }
deep_grub_menu() {  # LEVELS
  put_on_machine /boot/grub/grub.cfg '' && perl -e '
    print "set default=\"", "0>" x $ARGV[0], "\"\n", "submenu a {\n" x $ARGV[0], "linux /a quiet\n"' "$1" \
    >../tree/boot/grub/grub.cfg
}
case_5_deep_grub_menu() { breaks_start deep_grub_menu 50000 && expect_finding image.started unknown; }
case_5_allowed_depth_of_grub_menu() { keeps_passing systemd deep_grub_menu 15000; }
many_grub_entries() {
  put_on_machine /boot/grub/grub.cfg '' && perl -e 'print "linux a\n" x 500000' >../tree/boot/grub/grub.cfg
}
case_5_many_grub_entries() { breaks_start many_grub_entries && expect_finding image.started unknown; }
large_settings() { put_on_machine /etc/default/grub '' && truncate -s 5M ../tree/etc/default/grub; }
case_5_large_grub_settings() { breaks_start large_settings && expect_finding image.started unknown; }
many_grub_defaults() {
  put_on_machine /boot/grub/grub.cfg '' && perl -e 'print "if x\n" x 400000, "set default=\n" x 140000, "linux a\n"' \
    >../tree/boot/grub/grub.cfg
}
case_5_many_grub_defaults() { keeps_passing systemd many_grub_defaults; }
many_labels() {
  put_on_machine /boot/extlinux/extlinux.conf '' && perl -e 'print "default $_\nlabel x$_\n" for 1 .. 150000' \
    >../tree/boot/extlinux/extlinux.conf
}
case_5_many_extlinux_labels() { breaks_start many_labels && expect_finding image.started unknown; }
long_append() {
  put_on_machine /boot/extlinux/extlinux.conf '' &&
    perl -e 'print "append ", "x" x 2000000, "\nlabel a\n", "label b\n" x 3000' \
      >../tree/boot/extlinux/extlinux.conf
}
case_5_long_extlinux_append() { keeps_passing systemd long_append; }
long_in_each() {  # FILE BEFORE BEHIND REPEATED: three megabytes in a text that each entry copies
  put_on_machine "$1" '' && perl -e 'print $ARGV[0], "x" x 3000000, $ARGV[1], $ARGV[2] x 9000' "$2" "$3" "$4" >"../tree$1"
}
grub_title() { long_in_each /boot/grub/grub.cfg "menuentry '" $'\' {\n' $'linux /v quiet\n'; }
case_5_long_grub_title() { breaks_start grub_title && expect_finding image.started unknown; }
refind_loader() { long_in_each /efi/EFI/refind/refind.conf $'menuentry x {\nloader ' $'\n' $'options quiet\n'; }
case_5_long_refind_loader() { breaks_start refind_loader && expect_finding image.started unknown; }
extlinux_initrd() { long_in_each /boot/extlinux/extlinux.conf 'initrd ' $'\n' $'label a\n'; }
case_5_long_extlinux_initrd() { breaks_start extlinux_initrd && expect_finding image.started unknown; }
listed_in_each() {  # COUNT of GRUB's configurations, each with as many entries
  mkdir -p ../tree/boot/loader/entries && perl -e '
    for (1 .. $ARGV[0]) {
      open(my $entry, ">", "../tree/boot/loader/entries/$_.conf") or die;
      print $entry "linux /v\noptions quiet\n";
      mkdir "../tree/boot/$_" for ("EFI", "EFI/$_");
      open(my $menu, ">", "../tree/boot/EFI/$_/grub.cfg") or die;
      print $menu "blscfg\n";
    }' "$1"
}
case_5_grub_menus_of_listed_entries() { breaks_start listed_in_each 4000 && expect_finding image.started unknown; }
case_5_few_grub_menus_of_listed_entries() { keeps_passing systemd listed_in_each 3; }
keyed_settings() {  # COUNT
  put_on_machine /etc/default/limine '' &&
    perl -e 'print "KERNEL_CMDLINE[$_]=\n" for 1 .. $ARGV[0]' "$1" >../tree/etc/default/limine
}
case_5_many_limine_settings() { keeps_passing systemd keyed_settings 50000; }

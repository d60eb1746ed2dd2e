// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/platform/platforms.h"

#include <algorithm>
#include <vector>

#include "host/text.h"

namespace host {
namespace {

// packaging/rebuild-hint has the same commands, and a test compares them. The man pages and
// README.md have the first three.
constexpr const char* kUpdateInitramfs = "update-initramfs -u -k all";
constexpr const char* kDracut = "dracut --force --regenerate-all";
constexpr const char* kMkinitcpio = "mkinitcpio -P";

constexpr Recipe rebuild(const char* command) {
  return {RecipeStep{"rebuild the initramfs with this command and reboot:", command}};
}

// mkinitcpio reads drop-ins since version 36. Its hooks run in the order of HOOKS.
constexpr Recipe add_hook(const char* command) {
  return {RecipeStep{"create the file /etc/mkinitcpio.conf.d/vfio-early.conf with this line:",
                     "HOOKS=(vfio-early \"${HOOKS[@]}\")"},
          RecipeStep{"then rebuild the initramfs with this command and reboot:", command}};
}

// `vfio-early image` writes an image that the boot loader loads beside that of the generator.
constexpr const char* kWriteImage = "vfio-early image \"$(uname -r)\" -o /boot/vfio-early.img";
constexpr ImageRecipe second_image(ImageTool tool) {
  return {
      .tool = tool,
      .rebuild = {RecipeStep{"write the second image again with this command and reboot:",
                             kWriteImage}},
      .include = {RecipeStep{
          "this initramfs generator has no hook for vfio-early, so write a second image; the command prints how the boot loader loads it, and where rdinit=/vfio-early goes:",
          kWriteImage}}};
}

constexpr ParameterRecipe kGrubby = {
    .add = "grubby --update-kernel=ALL --args=\"PARAMETERS\"",
    .remove = "grubby --update-kernel=ALL --remove-args=\"PARAMETERS\""};

constexpr ImageRecipe kInitramfsTools = {.tool = ImageTool::kInitramfsTools,
                                         .rebuild = rebuild(kUpdateInitramfs)};
constexpr ImageRecipe kPlainDracut = {.tool = ImageTool::kDracut, .rebuild = rebuild(kDracut)};
constexpr ImageRecipe with_mkinitcpio(const char* command) {
  return {
      .tool = ImageTool::kMkinitcpio, .rebuild = rebuild(command), .include = add_hook(command)};
}

// rpm-ostree runs dracut with the /etc of this machine. Without --arg it refuses to build the
// initramfs a second time ("already enabled", src/daemon/rpmostreed-transaction-types.cxx).
constexpr const char* kRpmOstree = "rpm-ostree initramfs --enable --arg=--add --arg=vfio-early";
constexpr RecipeStep kLayer = {
    "/usr is read-only here, so install vfio-early as a layered package, if it is not a part of the image:",
    "rpm-ostree install FILE.rpm"};
constexpr RecipeStep kRebuildLayered = {
    "let rpm-ostree build the initramfs on this machine, and reboot (if `rpm-ostree initramfs` lists other arguments, repeat them):",
    kRpmOstree};
constexpr const char* kContainerfileLine =
    "RUN kernel=$(ls /usr/lib/modules) && dracut --no-hostonly --force --add \"ostree vfio-early\" /usr/lib/modules/$kernel/initramfs.img $kernel";
constexpr ParameterRecipe kRpmOstreeParameters = {
    .add = "rpm-ostree kargs --append-if-missing=EACH",
    .remove = "rpm-ostree kargs --delete-if-present=EACH"};

constexpr Recipe kProxmoxImage = {
    RecipeStep{"rebuild the initramfs with these commands and reboot:",
               "update-initramfs -u -k all\nproxmox-boot-tool refresh"}};
constexpr const char* kRefreshProxmox = "proxmox-boot-tool refresh";

// Without --continue, the new snapshot lacks the changes of the previous one that is not booted
// yet.
constexpr const char* kInstallTransactional = "transactional-update --continue pkg install";
constexpr ImageRecipe kTransactionalImage = {
    .tool = ImageTool::kDracut, .rebuild = rebuild("transactional-update --continue initrd")};

constexpr const char* kExtendGrubVariable = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX PARAMETERS\"";
constexpr ParameterRecipe grub_variable(const char* command) {
  return {.place = "GRUB_CMDLINE_LINUX in /etc/default/grub",
          .apply = command,
          .edit = Edit::kVariable,
          .file = "/etc/default/grub",
          .line = kExtendGrubVariable};
}
// Debian's grub-mkconfig reads /etc/default/grub.d/*.cfg after /etc/default/grub.
constexpr ParameterRecipe grub_drop_in(const char* command) {
  ParameterRecipe recipe = grub_variable(command);
  recipe.edit = Edit::kDropIn;
  recipe.file = "/etc/default/grub.d/vfio-early.cfg";
  return recipe;
}

constexpr ParameterRecipe kernel_cmdline(const char* place, const char* command) {
  return {
      .place = place, .apply = command, .edit = Edit::kCommandLine, .file = "/etc/kernel/cmdline"};
}
// mkinitcpio adds the drop-ins since version 36 (build_uki in mkinitcpio).
constexpr ParameterRecipe cmdline_of_mkinitcpio(const char* place) {
  ParameterRecipe recipe = kernel_cmdline(place, kMkinitcpio);
  recipe.directory = "/etc/cmdline.d";
  return recipe;
}
constexpr const char* kExistingCmdline = "/etc/kernel/cmdline";
constexpr const char* kKernelCmdline =
    "/etc/kernel/cmdline (if the file is missing, start with the contents of /proc/cmdline)";
constexpr const char* kUnifiedCmdline =
    "/etc/kernel/cmdline, from which the unified kernel image is built (if the file is missing, start with the contents of /proc/cmdline)";
// sdbootutil manages systemd-boot, and GRUB if that reads boot loader entries.
constexpr const char* kGrubMenuOfSuse = "/boot/grub2/grub.cfg";
constexpr const char* kUpdateEntries = "sdbootutil update-all-entries";
// Debian's kernels are not in the directory of their modules.
constexpr const char* kKernelInstall =
    "for kernel in /lib/modules/*; do kernel-install add \"${kernel##*/}\" \"$kernel/vmlinuz\"; done";
constexpr const char* kDebianKernelInstall =
    "for kernel in /lib/modules/*; do kernel-install add \"${kernel##*/}\" \"/boot/vmlinuz-${kernel##*/}\"; done";

constexpr RecipeStep kConfigureTalos = {
    "vfio-early cannot run in Talos' initramfs; print the machine configuration that binds a card:",
    "vfio-verify setup CARD --for talos"};

constexpr PlatformRow kPlatforms[] = {
    // Systems that build the image and the boot entries from one description.
    {.name = "NixOS",
     .signs = {.like = "nixos"},
     .image =
         {.tool = ImageTool::kOther,
          .rebuild = {RecipeStep{"write the second image again:",
                                 "vfio-early image \"$(uname -r)\" -o /etc/nixos/vfio-early.img"},
                      RecipeStep{"then run this command and reboot:", "nixos-rebuild boot"}},
          .include =
              {RecipeStep{
                   "with systemd in the initramfs, import packaging/nix/module.nix of vfio-early; "
                   "no other step is needed. Otherwise write a second image beside your NixOS "
                   "configuration:",
                   "vfio-early image \"$(uname -r)\" -o /etc/nixos/vfio-early.img"},
               RecipeStep{"add these lines to the configuration:",
                          "boot.initrd.prepend = [ \"${./vfio-early.img}\" ];\n"
                          "boot.kernelParams = [ \"rdinit=/vfio-early\" ];"},
               RecipeStep{"then run this command and reboot:", "nixos-rebuild boot"}}},
     .parameters = {.place = "boot.kernelParams in your NixOS configuration",
                    .apply = "nixos-rebuild boot"}},
    // Its initramfs is a part of a signed image, and starts no other program.
    {.name = "Talos Linux",
     .signs = {.like = "talos"},
     .image = {.tool = ImageTool::kOther,
               .rebuild = {kConfigureTalos},
               .include = {kConfigureTalos}},
     .parameters =
         {.place =
              "customization.extraKernelArgs of the schematic for the Image Factory (with GRUB: to machine.install.extraKernelArgs)",
          .apply = "talosctl upgrade --nodes NODE --image IMAGE"}},
    {.name = "Guix System",
     .signs = {.any_file = "/run/current-system/profile/bin/guix"},
     .image =
         {.tool = ImageTool::kOther,
          .rebuild = {RecipeStep{"write the second image again:",
                                 "vfio-early image \"$(uname -r)\" -o /etc/vfio-early.img"},
                      RecipeStep{"then run this command and reboot:",
                                 "guix system reconfigure /etc/config.scm"}},
          .include =
              {RecipeStep{"write a second image:",
                          "vfio-early image \"$(uname -r)\" -o /etc/vfio-early.img"},
               RecipeStep{
                   "let (initrd …) of your operating-system declaration append it to the initrd, add rdinit=/vfio-early to (kernel-arguments …), then run this command and reboot:",
                   "guix system reconfigure /etc/config.scm"}}},
     .parameters = {.place = "(kernel-arguments …) of your operating-system declaration",
                    .apply = "guix system reconfigure /etc/config.scm"}},
    // Systems whose /usr is read-only.
    {.name = "rpm-ostree with bootc",
     .signs = {.all_files = "/run/ostree-booted /usr/bin/rpm-ostree /usr/bin/bootc"},
     .image =
         {.tool = ImageTool::kDracut,
          .rebuild = {kRebuildLayered},
          .include =
              {kLayer, kRebuildLayered,
               RecipeStep{
                   "or, if you build the image of this system yourself, add this line to its Containerfile, after those that install vfio-early and its configuration:",
                   kContainerfileLine}}},
     .parameters = kRpmOstreeParameters,
     .install = "rpm-ostree install"},
    {.name = "rpm-ostree",
     .signs = {.all_files = "/run/ostree-booted /usr/bin/rpm-ostree"},
     .image = {.tool = ImageTool::kDracut,
               .rebuild = {kRebuildLayered},
               .include = {kLayer, kRebuildLayered}},
     .parameters = kRpmOstreeParameters,
     .install = "rpm-ostree install"},
    {.name = "bootc",
     .signs = {.all_files = "/run/ostree-booted /usr/bin/bootc"},
     .image =
         {.tool = ImageTool::kDracut,
          .rebuild =
              {RecipeStep{
                   "build the image of this system again, with this line in its Containerfile after those that install vfio-early and its configuration:",
                   kContainerfileLine},
               RecipeStep{"then run this command and reboot:", "bootc upgrade"}}},
     .parameters =
         {.place =
              "the list kargs of a file in /usr/lib/bootc/kargs.d, in the Containerfile of this system's image",
          .apply = "bootc upgrade"}},
    {.name = "ostree",
     .signs = {.any_file = "/run/ostree-booted"},
     .image =
         {.tool = ImageTool::kOther,
          .rebuild = {RecipeStep{
              "/usr is read-only here: rebuild the initramfs in the image of this system, deploy it and reboot",
              ""}}},
     .parameters = {.place = "the kernel arguments of the deployment (see ostree-admin-kargs(1))"}},
    {.name = "transactional-update with sdbootutil",
     .signs = {.all_files = "/usr/bin/sdbootutil /usr/sbin/transactional-update",
               .no_file = kGrubMenuOfSuse},
     .image = kTransactionalImage,
     .parameters = kernel_cmdline(kKernelCmdline, kUpdateEntries),
     .install = kInstallTransactional},
    {.name = "transactional-update",
     .signs = {.any_file = "/usr/sbin/transactional-update"},
     .image = kTransactionalImage,
     .parameters = grub_variable("transactional-update --continue grub.cfg"),
     .install = kInstallTransactional},
    // Boot loaders whose tool also puts the image where they find it.
    {.name = "sdbootutil",
     .signs = {.any_file = "/usr/bin/sdbootutil", .no_file = kGrubMenuOfSuse},
     .image = {.tool = ImageTool::kDracut, .rebuild = rebuild("sdbootutil mkinitrd")},
     .parameters = kernel_cmdline(kKernelCmdline, kUpdateEntries)},
    {.name = "Proxmox with systemd-boot",
     .signs = {.all_files = "/etc/kernel/proxmox-boot-uuids", .loader = BootLoader::kSystemdBoot},
     .image = {.tool = ImageTool::kInitramfsTools, .rebuild = kProxmoxImage},
     .parameters = kernel_cmdline(kExistingCmdline, kRefreshProxmox)},
    {.name = "Proxmox with GRUB",
     .signs = {.all_files = "/etc/kernel/proxmox-boot-uuids"},
     .image = {.tool = ImageTool::kInitramfsTools, .rebuild = kProxmoxImage},
     .parameters = grub_drop_in(kRefreshProxmox)},
    {.name = "Limine with mkinitcpio",
     .signs = {.any_file = "/usr/bin/limine-mkinitcpio"},
     .image = with_mkinitcpio("limine-mkinitcpio")},
    {.name = "Limine with dracut",
     .signs = {.any_file = "/usr/bin/limine-dracut"},
     .image = {.tool = ImageTool::kDracut, .rebuild = rebuild("limine-dracut")}},
    {.name = "Limine",
     .signs = {.any_file = "/usr/bin/limine-update"},
     .parameters = {.place = "KERNEL_CMDLINE[default] in /etc/default/limine",
                    .apply = "limine-update",
                    .edit = Edit::kVariable,
                    .file = "/etc/default/limine",
                    .line = "KERNEL_CMDLINE[default]+=\" PARAMETERS\"",
                    .has_default = true}},
    {.name = "kernelstub",
     .signs = {.any_file = "/usr/bin/kernelstub", .loader = BootLoader::kSystemdBoot},
     .parameters = {.add = "kernelstub --add-options \"PARAMETERS\"",
                    .remove = "kernelstub --delete-options \"PARAMETERS\""}},
    {.name = "clr-boot-manager",
     .signs = {.any_file = "/usr/bin/clr-boot-manager"},
     .parameters = {.place = "a file in /etc/kernel/cmdline.d",
                    .apply = "clr-boot-manager update",
                    .edit = Edit::kDropIn,
                    .file = "/etc/kernel/cmdline.d/vfio-early.conf",
                    .line = "PARAMETERS"}},
    // Arch with dracut: EndeavourOS and Garuda. Without a kernel version, dracut writes to the
    // directory of a boot loader entry, which does not exist there.
    {.name = "kernel-install-for-dracut",
     .signs = {.any_file = "/usr/bin/reinstall-kernels"},
     .image = {.tool = ImageTool::kDracut, .rebuild = rebuild("reinstall-kernels")},
     .parameters = kernel_cmdline(kExistingCmdline, "reinstall-kernels")},
    {.name = "dracut-rebuild",
     .signs = {.any_file = "/usr/bin/dracut-rebuild"},
     .image = {.tool = ImageTool::kDracut, .rebuild = rebuild("dracut-rebuild")}},
    // Unified kernel images contain their command line.
    {.name = "unified image of mkinitcpio",
     .signs = {.any_file = "/usr/bin/mkinitcpio", .loader = BootLoader::kUnifiedImage},
     .image = with_mkinitcpio(kMkinitcpio),
     .parameters = cmdline_of_mkinitcpio(kUnifiedCmdline)},
    {.name = "unified image of kernel-install on Debian",
     .signs = {.any_file = "/usr/bin/kernel-install",
               .like = "debian ubuntu",
               .loader = BootLoader::kUnifiedImage},
     .parameters = kernel_cmdline(kUnifiedCmdline, kDebianKernelInstall)},
    {.name = "unified image of kernel-install",
     .signs = {.any_file = "/usr/bin/kernel-install",
               .all_files = "/etc/kernel/install.conf",
               .no_file = "/usr/sbin/update-initramfs",
               .loader = BootLoader::kUnifiedImage},
     .image = {.tool = ImageTool::kDracut,
               .rebuild = {RecipeStep{
                   "build the unified kernel images again with this command and reboot:",
                   kKernelInstall}}},
     .parameters = kernel_cmdline(kUnifiedCmdline, kKernelInstall)},
    {.name = "unified image of dracut",
     .signs = {.any_file = "/usr/bin/dracut /usr/sbin/dracut", .loader = BootLoader::kUnifiedImage},
     .parameters = {.place = "kernel_cmdline in a file in /etc/dracut.conf.d",
                    .apply = kDracut,
                    .edit = Edit::kDropIn,
                    .file = "/etc/dracut.conf.d/vfio-early.conf",
                    .line = "kernel_cmdline+=\" PARAMETERS \"",
                    .has_default = true}},
    {.name = "unified image of an unknown tool",
     .signs = {.any_file = "/usr/bin/kernel-install", .loader = BootLoader::kUnifiedImage},
     .parameters = kernel_cmdline(kUnifiedCmdline, kKernelInstall)},
    {.name = "unified image of ukify",
     .signs = {.loader = BootLoader::kUnifiedImage},
     .parameters =
         {.place = kUnifiedCmdline,
          .apply =
              "ukify build --linux=KERNEL --initrd=INITRD --cmdline=@/etc/kernel/cmdline --output=IMAGE"}},
    // The initramfs generators. mkinitramfs is a part of initramfs-tools; a newer dracut package
    // of Debian has only update-initramfs, which calls dracut.
    {.name = "dracut with update-initramfs",
     .signs = {.any_file = "/usr/bin/dracut",
               .all_files = "/usr/sbin/update-initramfs",
               .no_file = "/usr/sbin/mkinitramfs"},
     .image = {.tool = ImageTool::kDracut, .rebuild = rebuild(kUpdateInitramfs)}},
    {.name = "initramfs-tools",
     .signs = {.any_file = "/usr/sbin/update-initramfs"},
     .image = kInitramfsTools},
    {.name = "mkinitcpio",
     .signs = {.any_file = "/usr/bin/mkinitcpio"},
     .image = with_mkinitcpio(kMkinitcpio)},
    {.name = "dracut",
     .signs = {.any_file = "/usr/bin/dracut /usr/sbin/dracut"},
     .image = kPlainDracut},
    {.name = "booster",
     .signs = {.any_file = "/usr/bin/booster"},
     .image = second_image(ImageTool::kBooster)},
    {.name = "tiny-initramfs",
     .signs = {.any_file = "/usr/sbin/update-tirfs"},
     .image = second_image(ImageTool::kOther)},
    {.name = "mkinitfs",
     .signs = {.any_file = "/sbin/mkinitfs /usr/sbin/mkinitfs"},
     .image = second_image(ImageTool::kOther)},
    {.name = "ugrd",
     .signs = {.any_file = "/usr/bin/ugrd"},
     .image = second_image(ImageTool::kOther)},
    {.name = "genkernel",
     .signs = {.any_file = "/usr/bin/genkernel"},
     .image = second_image(ImageTool::kOther)},
    {.name = "Debian, its generator is not installed",
     .signs = {.like = "debian ubuntu"},
     .image = kInitramfsTools},
    {.name = "Arch, its generator is not installed",
     .signs = {.any_file = "/etc/mkinitcpio.conf", .like = "arch"},
     .image = with_mkinitcpio(kMkinitcpio)},
    {.name = "Fedora or SUSE, its generator is not installed",
     .signs = {.like = "fedora rhel suse opensuse"},
     .image = kPlainDracut},
    // The boot loaders.
    {.name = "grubby",
     .signs = {.any_file = "/usr/sbin/grubby /sbin/grubby /usr/bin/grubby"},
     .parameters = kGrubby},
    {.name = "GRUB of Debian",
     .signs = {.like = "debian ubuntu", .loader = BootLoader::kGrub},
     .parameters = grub_drop_in("update-grub")},
    {.name = "GRUB of Fedora",
     .signs = {.like = "fedora rhel", .loader = BootLoader::kGrub},
     .parameters = kGrubby},
    {.name = "GRUB of SUSE",
     .signs = {.like = "suse opensuse", .loader = BootLoader::kGrub},
     .parameters = grub_variable("grub2-mkconfig -o /boot/grub2/grub.cfg")},
    {.name = "GRUB",
     .signs = {.loader = BootLoader::kGrub},
     .parameters = grub_variable("grub-mkconfig -o /boot/grub/grub.cfg")},
    {.name = "rEFInd",
     .signs = {.loader = BootLoader::kRefind},
     .parameters =
         {.place =
              "the quoted options in /boot/refind_linux.conf (or 'options' of the entry in refind.conf)"}},
    {.name = "Limine without its tools",
     .signs = {.loader = BootLoader::kLimine},
     .parameters = {.place =
                        "the 'cmdline' line of the entries in limine.conf on the boot partition"}},
    {.name = "kernel-install of Debian",
     .signs = {.like = "debian ubuntu", .loader = BootLoader::kSystemdBoot},
     .parameters = kernel_cmdline(kKernelCmdline, kDebianKernelInstall)},
    {.name = "kernel-install of Fedora",
     .signs = {.like = "fedora rhel", .loader = BootLoader::kSystemdBoot},
     .parameters = kernel_cmdline(kKernelCmdline, kKernelInstall)},
    {.name = "/etc/kernel/cmdline with mkinitcpio",
     .signs = {.all_files = "/etc/kernel/cmdline /usr/bin/mkinitcpio"},
     .parameters = cmdline_of_mkinitcpio(kExistingCmdline)},
    {.name = "/etc/kernel/cmdline of Debian",
     .signs = {.all_files = "/etc/kernel/cmdline", .like = "debian ubuntu"},
     .parameters = kernel_cmdline(kExistingCmdline, kDebianKernelInstall)},
    {.name = "/etc/kernel/cmdline",
     .signs = {.all_files = "/etc/kernel/cmdline"},
     .parameters = kernel_cmdline(kExistingCmdline, kKernelInstall)},
    {.name = "systemd-boot",
     .signs = {.loader = BootLoader::kSystemdBoot},
     .parameters =
         {.place = "the 'options' line of the entries in loader/entries/ on the boot partition"}},
    {.name = "ZFSBootMenu",
     .signs = {.any_file = "/etc/zfsbootmenu/config.yaml"},
     .parameters =
         {.place =
              "the property org.zfsbootmenu:commandline of the root file system (see zfsprops(7))"}},
    {.name = "extlinux of Alpine",
     .signs = {.any_file = "/etc/update-extlinux.conf"},
     .parameters = {.place = "default_kernel_opts in /etc/update-extlinux.conf",
                    .apply = "update-extlinux",
                    .edit = Edit::kVariable,
                    .file = "/etc/update-extlinux.conf",
                    .line = "default_kernel_opts=\"$default_kernel_opts PARAMETERS\"",
                    .has_default = true}},
    {.name = "u-boot-menu",
     .signs = {.any_file = "/usr/sbin/u-boot-update"},
     .parameters = {.place = "U_BOOT_PARAMETERS in /etc/default/u-boot",
                    .apply = "u-boot-update",
                    .edit = Edit::kVariable,
                    .file = "/etc/default/u-boot",
                    .line = "U_BOOT_PARAMETERS=\"$U_BOOT_PARAMETERS PARAMETERS\"",
                    .has_default = true}},
    {.name = "extlinux",
     .signs = {.any_file =
                   "/boot/extlinux/extlinux.conf /boot/extlinux.conf /boot/syslinux/syslinux.cfg"},
     .parameters = {.place = "the APPEND lines of extlinux.conf or syslinux.cfg in /boot"}},
    {.name = "unknown",
     .signs = {},
     .image =
         {.tool = ImageTool::kOther,
          .rebuild = {RecipeStep{"rebuild the initramfs and reboot", ""}},
          .include = {RecipeStep{
              "no known initramfs generator was found, so write a second image; the command prints how the boot loader loads it, and where rdinit=/vfio-early goes:",
              kWriteImage}}},
     .parameters = {.place = "the kernel command line in your boot loader's configuration"}},
};

}  // namespace

std::span<const PlatformRow> platforms() {
  return kPlatforms;
}

std::string with_parameters(std::string_view command, std::string_view parameters) {
  const auto replace = [](std::string word, std::string_view placeholder, std::string_view by) {
    const size_t at = word.find(placeholder);
    return at == word.npos ? word : word.replace(at, placeholder.size(), by);
  };
  std::vector<std::string> words;
  for (const std::string_view word : split(command, " ")) {
    if (word.find("EACH") == word.npos) {
      words.push_back(replace(std::string(word), "PARAMETERS", parameters));
      continue;
    }
    for (const std::string_view parameter : split(parameters))
      words.push_back(replace(std::string(word), "EACH", parameter));
  }
  return join(words, " ");
}

const PlatformRow& row_of(ImageTool tool) {
  const auto found = std::find_if(std::rbegin(kPlatforms), std::rend(kPlatforms),
                                  [&](const PlatformRow& row) { return row.image.tool == tool; });
  return found == std::rend(kPlatforms) ? *std::prev(std::end(kPlatforms)) : *found;
}

const PlatformRow& row_named(std::string_view name) {
  const auto* found = std::find_if(std::begin(kPlatforms), std::end(kPlatforms),
                                   [&](const PlatformRow& row) { return row.name == name; });
  return found == std::end(kPlatforms) ? *std::prev(found) : *found;
}

}  // namespace host

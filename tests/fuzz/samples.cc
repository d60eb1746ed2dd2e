// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/samples.h"

#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <lzma.h>

#include "record/record.h"
#include "tests/fuzz/target.h"
#include "tests/unit/module_samples.h"
#include "tests/unit/verify/firmware_samples.h"
#include "verify/capture/archive.h"

namespace fuzz {
namespace {

using Writer = std::unique_ptr<archive, decltype(&::archive_write_free)>;

// Writes the low `width` bytes of `value` at offset `at`, little-endian.
void put(std::string& bytes, size_t at, uint64_t value, size_t width) {
  for (size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i);
}

la_ssize_t append(archive*, void* text, const void* bytes, size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

// The kernel's form of lz4 (lib/decompress_unlz4.c): a block with its size before it. One sequence
// of literals is a block (lz4's doc/lz4_Block_format.md).
std::string legacy_lz4(const std::string& bytes) {
  std::string block(1, static_cast<char>(0xf0));
  require(bytes.size() >= 15);
  size_t left = bytes.size() - 15;
  for (; left >= 255; left -= 255) block += '\xff';
  block += static_cast<char>(left);
  block += bytes;
  std::string out(8, '\0');
  put(out, 0, 0x184c2102, 4);
  put(out, 4, block.size(), 4);
  return out + block;
}

// With CRC32, the only check that the kernel supports; libarchive writes a different one.
std::string xz_with_crc32(const std::string& bytes) {
  std::string out(::lzma_stream_buffer_bound(bytes.size()), '\0');
  size_t size = 0;
  require(::lzma_easy_buffer_encode(
              6, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const uint8_t*>(bytes.data()),
              bytes.size(), reinterpret_cast<uint8_t*>(out.data()), &size, out.size()) == LZMA_OK);
  out.resize(size);
  return out;
}

// Configuration space of a function with PCI Express, power management, and of a port with ACS.
std::string config_space(uint16_t vendor, uint16_t device, uint32_t class_code, unsigned type) {
  std::string config(512, '\0');
  put(config, 0x00, vendor, 2);
  put(config, 0x02, device, 2);
  put(config, 0x04, 0x00100006, 4);
  put(config, 0x09, class_code, 3);
  put(config, 0x0e, type == 4 ? 0x81 : 0x80, 1);
  put(config, 0x34, 0x40, 1);
  put(config, 0x40, 0x5001, 2);
  put(config, 0x50, 0x6013, 2);
  put(config, 0x53, 0x03, 1);
  put(config, 0x60, 0x0010, 2);
  put(config, 0x62, 2 | type << 4, 2);
  put(config, 0x64, 0x10000000, 4);
  put(config, 0x6c, 0x104, 4);
  put(config, 0x72, 0x101, 2);
  put(config, 0x100, 0x11010003, 4);
  put(config, 0x104, 0x001b21ffffabcdef, 8);
  put(config, 0x110, type == 4 ? 0x0001000d : 0x00010015, 4);
  put(config, 0x114, type == 4 ? 0x001d001d : 0x0003f000, 4);
  put(config, 0x118, 0x00000821, 4);
  return config;
}

constexpr const char* kResource =
    "0x00000000a0000000 0x00000000a0ffffff 0x0000000000040200\n"
    "0x0000004000000000 0x000000400fffffff 0x000000000014220c\n"
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
    "0x0000000000003000 0x000000000000307f 0x0000000000040101\n"
    "0x00000000a1000000 0x00000000a101ffff 0x0000000000046200";

struct Function {
  const char* address;
  const char* parent;  // the path above it: "pci0000:00"
  uint16_t vendor, device;
  uint32_t class_code;
  const char* driver;
  int group;
  unsigned type = 0;  // of PCI Express: 4 is a root port
};

void add(Tree& tree, const Function& function) {
  const std::string address = function.address;
  const std::string device_path = std::string("/sys/devices/") + function.parent + "/" + address;
  tree["/sys/bus/pci/devices/" + address] = {true, "../../.." + device_path.substr(4)};
  char text[200];
  std::snprintf(text, sizeof text,
                "DRIVER=%s\nPCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=1458:3702\n"
                "PCI_SLOT_NAME=%s\n",
                function.driver, function.class_code, function.vendor, function.device,
                function.address);
  const auto file = [&](const char* name, const std::string& content) {
    tree[device_path + "/" + name] = {false, content};
  };
  file("uevent", text);
  std::snprintf(text, sizeof text, "pci:v%08Xd%08Xsv00001458sd00003702bc%02Xsc%02Xi%02X",
                function.vendor, function.device, function.class_code >> 16,
                function.class_code >> 8 & 0xff, function.class_code & 0xff);
  file("modalias", text);
  file("config",
       config_space(function.vendor, function.device, function.class_code, function.type));
  file("driver_override", std::string(function.driver) == "vfio-pci" ? "vfio-pci" : "(null)");
  file("power_state", "D0");
  file("power/runtime_status", "active");
  file("d3cold_allowed", "1");
  file("resource", kResource);
  file("reset_method", "flr bus");
  file("current_link_speed", "8.0 GT/s PCIe");
  file("current_link_width", "16");
  file("resource1_resize", "0000000000003f00");
  tree[device_path + "/driver"] = {true,
                                   std::string("../../../../bus/pci/drivers/") + function.driver};
  const std::string group = "/sys/kernel/iommu_groups/" + std::to_string(function.group);
  tree[device_path + "/iommu_group"] = {true, "../../../.." + group};
  tree[group + "/devices/" + address] = {true, "../../../../bus/pci/devices/" + address};
  tree[group + "/type"] = {false, "DMA-FQ"};
  tree[group + "/reserved_regions"] = {false,
                                       "0x00000000000a0000 0x00000000000bffff direct-relaxable\n"
                                       "0x00000000fee00000 0x00000000feefffff msi"};
}

std::string record_text() {
  record::Record record;
  record.boot_id = "3c0e8a52-15f1-4c7c-9b0a-d3a1f4e0c111";
  record.kernel_release = "6.12.0-fake";
  record.configuration_hash = "cbf29ce484222325";
  record.in_initramfs = true;
  for (const char* address : {"0000:01:00.0", "0000:01:00.1"})
    record.functions.push_back({.card = "gaming",
                                .address = *host::PciAddress::parse(address),
                                .wanted_driver = "vfio-pci",
                                .state = record::State::kBound,
                                .override_ns = 4'100'000'000,
                                .bound_ns = 4'500'000'000});
  return record::to_json(record);
}

}  // namespace

std::string elf_program() {
  return ::samples::elf_header(ET_EXEC);
}

std::string elf_module(const std::string& name, const std::string& release) {
  return ::samples::kernel_module(name, release);
}

// Microsoft's PE format: the offset of the header at 0x3c, a file header, 40 bytes for each
// section.
std::string unified_image(const std::vector<std::pair<std::string, std::string>>& sections) {
  constexpr size_t kHeader = 0x40, kFileHeader = 24, kSection = 40;
  std::string image(kHeader + kFileHeader + kSection * sections.size(), '\0');
  image.replace(0, 2, "MZ");
  put(image, 0x3c, kHeader, 4);
  image.replace(kHeader, 4, std::string("PE\0\0", 4));
  put(image, kHeader + 6, sections.size(), 2);
  size_t at = kHeader + kFileHeader;
  for (const auto& [name, content] : sections) {
    image.replace(at, name.size(), name);
    put(image, at + 8, content.size(), 4);
    put(image, at + 16, content.size(), 4);
    put(image, at + 20, image.size(), 4);
    image += content;
    at += kSection;
  }
  return image;
}

std::string compressed(const std::string& bytes, const std::string& compression) {
  if (compression == "none") return bytes;
  if (compression == "lz4") return legacy_lz4(bytes);
  if (compression == "xz") return xz_with_crc32(bytes);
  std::string packed;
  const Writer out(::archive_write_new(), &::archive_write_free);
  ::archive_write_set_format_raw(out.get());
  ::archive_write_set_bytes_in_last_block(out.get(), 1);
  require(::archive_write_add_filter_by_name(out.get(), compression.c_str()) == ARCHIVE_OK);
  require(::archive_write_open(out.get(), &packed, nullptr, append, nullptr) == ARCHIVE_OK);
  const std::unique_ptr<archive_entry, decltype(&::archive_entry_free)> entry(
      ::archive_entry_new(), &::archive_entry_free);
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  require(::archive_write_header(out.get(), entry.get()) == ARCHIVE_OK);
  require(::archive_write_data(out.get(), bytes.data(), bytes.size()) >= 0);
  require(::archive_write_close(out.get()) == ARCHIVE_OK);
  return packed;
}

std::string capture_archive(const Tree& tree, const std::string& file) {
  verify::capture::Collection collection;
  using Kind = verify::capture::Entry::Kind;
  for (const auto& [path, entry] : tree)
    collection.entries[path] = {entry.link ? Kind::kLink : Kind::kFile, entry.content};
  return *verify::capture::pack(collection, file);
}

Tree machine_tree() {
  Tree tree;
  const auto file = [&](const char* path, const std::string& content) {
    tree[path] = {false, content};
  };
  file("/etc/vfio-early.conf",
       "[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\nonly-display = allow");
  file("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\nID_LIKE=\"x y\"");
  file("/etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:1b81 \\\n disable_idle_d3=1");
  file("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet iommu=pt\"");
  file("/etc/security/limits.conf", "* hard memlock unlimited # x\nalice soft memlock 16777216");
  file("/etc/driverctl.d/pci-0000:02:00.0", "vfio-pci");
  file("/proc/cmdline", "root=/dev/vda quiet intel_iommu=on vfio_pci.disable_vga=1");
  file("/proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx");
  file("/proc/iomem",
       "a0000000-afffffff : PCI Bus 0000:00\n  a0000000-a0ffffff : 0000:01:00.0\n"
       "    a0000000-a02fffff : BOOTFB");
  file("/proc/interrupts",
       "     CPU0\n 0: 20 IR-IO-APIC 2-edge timer\n 9: 5 IR-PCI-MSI-0000:01:00.1 0-edge vfio");
  file("/proc/sys/kernel/osrelease", "6.12.0-fake");
  file("/proc/sys/kernel/random/boot_id", "3c0e8a52-15f1-4c7c-9b0a-d3a1f4e0c111");
  file("/dev/kmsg",
       "5,0,0,-;Linux version 6.12.0-fake\n6,1,2,-;pci 0000:01:00.0: [10de:1b81] type 00 class "
       "0x030000\n6,2,3,-;DMAR-IR: Enabled IRQ remapping in x2apic mode\n"
       "6,3,4,-;vfio-early: gaming: 0000:01:00.0 is bound to vfio-pci");
  file("/run/vfio-early/record.json", record_text());
  file("/sys/class/iommu/dmar0/intel-iommu/cap", "d2008c40660462");
  file("/sys/class/iommu/dmar0/intel-iommu/ecap", "f050da");
  file("/sys/class/iommu/dmar0/intel-iommu/version", "1:0");
  file("/sys/class/dmi/id/bios_version", "F32");
  file("/sys/class/dmi/id/board_name", "X570");
  file("/sys/class/dmi/id/board_serial", "M80-12345678");
  file("/sys/firmware/acpi/tables/DMAR", text_of(::samples::dmar()));
  file("/sys/kernel/security/lockdown", "[none] integrity confidentiality");
  file("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "16");
  file("/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "16");
  file("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N");
  file("/sys/bus/pci/slots/1/address", "0000:01:00");
  file("/usr/bin/qemu-system-x86_64", "");
  file("/usr/share/OVMF/OVMF_CODE_4M.fd", "");
  file("/usr/share/qemu/firmware/60-edk2.json",
       R"({"interface-types": ["uefi"], "mapping": {"device": "flash", "executable": {"filename":
 "/usr/share/OVMF/OVMF_CODE_4M.fd"}}, "targets": [{"architecture": "x86_64",
 "machines": ["pc-q35-*"]}], "features": []})");
  file("/lib/modules/6.12.0-fake/modules.alias",
       "# Aliases\nalias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n"
       "alias vfio_pci:v000010DEd*sv*sd*bc*sc*i* nv_vfio_pci");
  file("/lib/modules/6.12.0-fake/modules.dep",
       "kernel/vfio-pci.ko: kernel/core.ko.xz\nkernel/core.ko.xz:\nkernel/vfio_iommu_type1.ko:");
  file("/lib/modules/6.12.0-fake/modules.softdep", "softdep vfio_pci post: vfio_iommu_type1");
  file("/lib/modules/6.12.0-fake/modules.builtin", "kernel/fs/ext4.ko");
  const char* release = "6.12.0-fake";
  file("/lib/modules/6.12.0-fake/kernel/vfio-pci.ko", elf_module("vfio_pci", release));
  file("/lib/modules/6.12.0-fake/kernel/vfio_iommu_type1.ko",
       elf_module("vfio_iommu_type1", release));
  file("/lib/modules/6.12.0-fake/kernel/core.ko.xz", compressed(elf_module("core", release), "xz"));
  add(tree, {"0000:00:01.0", "pci0000:00", 0x8086, 0x460d, 0x060400, "pcieport", 1, 4});
  const char* below = "pci0000:00/0000:00:01.0";
  add(tree, {"0000:01:00.0", below, 0x10de, 0x1b81, 0x030000, "vfio-pci", 4});
  add(tree, {"0000:01:00.1", below, 0x10de, 0x10f0, 0x040300, "vfio-pci", 4});
  add(tree, {"0000:02:00.0", "pci0000:00", 0x144d, 0xa808, 0x010802, "nvme", 5});
  return tree;
}

}  // namespace fuzz

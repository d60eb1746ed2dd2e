// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who holds a card: each kind of holder on a fake tree, and the same tree without it. That the
// kernel shows these files so is tested in tests/boot.
#include <algorithm>

#include "early/holders/drm_masters.h"
#include "early/holders/find_holders.h"
#include "early/holders/remedies.h"
#include "early/holders/unit_of_process.h"
#include "tests/unit/early/used_tree.h"

namespace early::holders {
namespace {

constexpr const char* kCard = "0000:01:00.0";
constexpr const char* kUsb = "0000:01:00.2";

class HoldersTest : public testing::Test {
 protected:
  HoldersTest() {
    tree_.function(kCard, "10DE:1B81", "30000", "nouveau");
    tree_.function(kUsb, "10DE:1AD9", "C0330", "xhci_hcd");
    tree_.function("0000:02:00.0", "1002:67DF", "30000", "amdgpu");
    tree_.node("/sys/bus/pci/devices/0000:01:00.0/drm/card0", "dri/card0");
    tree_.node("/sys/bus/pci/devices/0000:01:00.0/drm/renderD128", "dri/renderD128");
    tree_.node("/sys/bus/pci/devices/0000:02:00.0/drm/card1", "dri/card1");
  }

  Holders found(const std::string& driver = "nouveau") {
    const host::PciFunction card = {.address = *host::PciAddress::parse(kCard), .driver = driver};
    const host::PciFunction usb = {.address = *host::PciAddress::parse(kUsb), .driver = "xhci_hcd"};
    return find_holders(tree_.root(), {&card, &usb});
  }

  // The only one; its name is "" if there are none or several.
  Holder only() {
    const Holders all = found();
    EXPECT_EQ(all.size(), 1u);
    return all.size() == 1 ? all.front() : Holder{.kind = Holder::Kind::kUnknown};
  }

  UsedTree tree_;
};

TEST_F(HoldersTest, NothingHoldsIdleCard) {
  tree_.process(700, "bash", "/dev/pts/0");
  tree_.process(701, "Xorg", "/dev/dri/card1");
  tree_.process(702, "vlc", "/dev/dri/card00");
  EXPECT_TRUE(found().empty());
  EXPECT_FALSE(prevent(found()));
}

TEST_F(HoldersTest, ProcessHasDisplayOpen) {
  tree_.process(812, "Xorg", "/dev/dri/card0", "/system.slice/lightdm.service");
  const Holder holder = only();
  EXPECT_EQ(holder.str(), "Xorg (812) of lightdm.service has /dev/dri/card0 open");
  EXPECT_EQ(holder.remedy, "run `systemctl stop lightdm.service`, or use --stop-services");
  EXPECT_TRUE(holder.prevents());
}

// --stop-services does not end the sessions of users.
TEST_F(HoldersTest, DisplayManagerIsForHooks) {
  tree_.process(812, "Xorg", "/dev/dri/card0", "/system.slice/lightdm.service");
  tree_.link("/etc/systemd/system/display-manager.service",
             "/usr/lib/systemd/system/lightdm.service");
  EXPECT_EQ(only().remedy,
            "run `systemctl stop lightdm.service`, which ends the sessions of its users; or let a "
            "hook do that");
}

TEST_F(HoldersTest, RenderNodeAndDeletedNodeCount) {
  tree_.process(900, "blender", "/dev/dri/renderD128");
  tree_.process(901, "game", "/dev/dri/card0 (deleted)");
  ASSERT_EQ(found().size(), 2u);
  EXPECT_EQ(found()[0].str(), "blender (900) of session-2.scope has /dev/dri/renderD128 open");
  EXPECT_EQ(found()[0].remedy, "end process 900, of session 2");
  EXPECT_EQ(found()[1].pid, 901);
}

TEST_F(HoldersTest, MappingCountsWithoutDescriptor) {
  tree_.process(910, "capture", "/dev/null");
  tree_.file("/proc/910/maps",
             "7f00-7f01 r--p 00000000 00:00 0    /usr/lib/libdrm.so\n"
             "7f01-7f02 rw-s 00000000 00:06 470    /dev/dri/card0\n");
  EXPECT_EQ(only().str(), "capture (910) of session-2.scope has /dev/dri/card0 open");
}

TEST_F(HoldersTest, CompositorIsDrmMaster) {
  tree_.process(1200, "gnome-shell", "/dev/dri/card0");
  tree_.process(1300, "firefox", "/dev/dri/renderD128");
  tree_.file("/sys/kernel/debug/dri/0/clients",
             "             command  tgid dev master a   uid      magic\n"
             "         gnome-shell  1200   0   y    y  1000          0\n"
             "             firefox  1300 128   n    n  1000          0\n");
  const Holders all = found();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].is_drm_master);
  EXPECT_EQ(all[0].remedy, "log out, or run `loginctl terminate-session 2`");
  EXPECT_FALSE(all[1].is_drm_master);
}

TEST_F(HoldersTest, LogindIsNeverStopped) {
  tree_.process(500, "systemd-logind", "/dev/dri/card0", "/system.slice/systemd-logind.service");
  const Holder holder = only();
  EXPECT_FALSE(may_stop(holder.unit));
  EXPECT_NE(holder.remedy.find("log out"), std::string::npos);
}

TEST_F(HoldersTest, SoundServerHasAudioOpen) {
  tree_.function("0000:01:00.1", "10DE:10F0", "40300", "snd_hda_intel");
  tree_.node("/sys/bus/pci/devices/0000:01:00.0/sound/card1/controlC1", "snd/controlC1");
  tree_.process(1500, "wireplumber", "/dev/snd/controlC1",
                "/user.slice/user-1000.slice/user@1000.service/session.slice/wireplumber.service");
  const Holder holder = only();
  EXPECT_EQ(holder.unit.kind, Unit::Kind::kUser);
  EXPECT_EQ(holder.unit.name, "wireplumber.service");
  EXPECT_NE(holder.remedy.find("systemctl --user --machine=1000@.host stop wireplumber"),
            std::string::npos)
      << holder.remedy;
}

TEST_F(HoldersTest, NvidiaDriverHasNodesOfItsOwn) {
  tree_.file("/proc/driver/nvidia/gpus/0000:01:00.0/information",
             "Model: \t\t NVIDIA GeForce GTX 1070\nDevice Minor: \t 0\n");
  tree_.process(640, "nvidia-persiste", "/dev/nvidia0",
                "/system.slice/nvidia-persistenced.service");
  EXPECT_EQ(only().str(),
            "nvidia-persiste (640) of nvidia-persistenced.service has /dev/nvidia0 open");
  tree_.process(641, "python", "/dev/nvidiactl");
  EXPECT_EQ(found().size(), 2u);
}

// Two GPUs share /dev/nvidiactl: it says nothing about one of them.
TEST_F(HoldersTest, SharedNodeOfOtherNvidiaGpuDoesNotCount) {
  tree_.file("/proc/driver/nvidia/gpus/0000:01:00.0/information", "Device Minor: 0\n");
  tree_.file("/proc/driver/nvidia/gpus/0000:05:00.0/information", "Device Minor: 1\n");
  tree_.process(641, "python", "/dev/nvidiactl");
  tree_.process(642, "python", "/dev/nvidia1");
  EXPECT_TRUE(found().empty());
}

TEST_F(HoldersTest, KfdCountsForAmdGpu) {
  tree_.process(1700, "rocm", "/dev/kfd");
  tree_.file("/sys/class/kfd/kfd/topology/nodes/0/properties", "drm_render_minor 0\n");
  tree_.file("/sys/class/kfd/kfd/topology/nodes/1/properties",
             "simd_count 144\ndrm_render_minor 129\n");
  EXPECT_TRUE(found().empty());
  tree_.file("/sys/class/kfd/kfd/topology/nodes/2/properties", "drm_render_minor 128\n");
  EXPECT_EQ(only().what, std::vector<std::string>{"/dev/kfd"});
}

TEST_F(HoldersTest, DevicesBehindUsbControllerCount) {
  const std::string usb = "/sys/bus/pci/devices/0000:01:00.2/usb3/3-1";
  tree_.node(usb + "/3-1:1.0/0003:046D:C52B.0004/hidraw/hidraw2", "hidraw2");
  tree_.node(usb, "bus/usb/003/002");
  tree_.process(1800, "ratbagd", "/dev/hidraw2", "/system.slice/ratbagd.service");
  tree_.process(1801, "fwupd", "/dev/bus/usb/003/002", "/system.slice/fwupd.service");
  tree_.process(1802, "gpsd", "/dev/hidraw1", "/system.slice/gpsd.service");
  const Holders all = found();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "ratbagd");
  EXPECT_EQ(all[1].name, "fwupd");
}

TEST_F(HoldersTest, ConsolesUseFramebuffer) {
  tree_.file("/sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
  tree_.file("/sys/class/vtconsole/vtcon0/bind", "1\n");
  tree_.file("/sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
  tree_.file("/sys/class/vtconsole/vtcon1/bind", "1\n");
  EXPECT_TRUE(found().empty());  // the framebuffer is of another card
  tree_.node("/sys/bus/pci/devices/0000:01:00.0/graphics/fb0", "fb0");
  const Holder holder = only();
  EXPECT_EQ(holder.kind, Holder::Kind::kConsole);
  EXPECT_EQ(holder.str(), "the virtual consoles (vtcon1) use /dev/fb0");
  EXPECT_FALSE(holder.prevents());
  tree_.file("/sys/class/vtconsole/vtcon1/bind", "0\n");
  EXPECT_TRUE(found().empty());
}

class StorageTest : public HoldersTest {
 protected:
  StorageTest() {
    disk("sda", "8:0", std::string("pci0000:00/") + kUsb + "/usb3/block/sda");
    disk("sda1", "8:1", std::string("pci0000:00/") + kUsb + "/usb3/block/sda/sda1");
    disk("sdb1", "8:17", "pci0000:00/0000:00:17.0/ata1/block/sdb/sdb1");
    disk("dm-0", "253:0", "virtual/block/dm-0");
  }

  void disk(const std::string& name, const std::string& number, const std::string& place) {
    tree_.file("/sys/devices/" + place + "/dev", number + "\n");
    tree_.link("/sys/class/block/" + name, "../../devices/" + place);
  }

  void mounts(const std::string& text) {
    tree_.file("/proc/1/mountinfo", "22 1 8:17 / / rw - ext4 /dev/sdb1 rw\n" + text);
  }
};

TEST_F(StorageTest, FileSystemIsMounted) {
  mounts("");
  EXPECT_TRUE(found().empty());
  mounts("36 22 8:1 / /media/my\\040stick rw,noatime shared:1 - vfat /dev/sda1 rw\n");
  const Holder holder = only();
  EXPECT_EQ(holder.str(), "/dev/sda1 is mounted at /media/my stick");
  EXPECT_EQ(holder.remedy, "run `umount /media/my stick`");
}

TEST_F(StorageTest, BtrfsAndEncryptedVolumeCount) {
  mounts("37 22 0:45 /@ /data rw - btrfs /dev/sda1 rw\n");
  EXPECT_EQ(only().str(), "/dev/sda1 is mounted at /data");
  mounts("38 22 253:0 / /crypt rw - ext4 /dev/mapper/crypt rw\n");
  EXPECT_TRUE(found().empty());
  tree_.link("/sys/devices/pci0000:00/0000:01:00.2/usb3/block/sda/sda1/holders/dm-0",
             "../../../../../../virtual/block/dm-0");
  EXPECT_EQ(only().str(), "/dev/dm-0 is mounted at /crypt");
}

TEST_F(StorageTest, SwapCounts) {
  mounts("");
  tree_.file("/proc/swaps",
             "Filename\tType\tSize\tUsed\tPriority\n"
             "/dev/sdb1 partition 1000 0 -2\n");
  EXPECT_TRUE(found().empty());
  tree_.file("/proc/swaps", "Filename\tType\n/dev/sda1 partition 1000 0 -2\n");
  EXPECT_EQ(only().str(), "/dev/sda1 is used as swap");
}

TEST_F(StorageTest, UnreadableMountsAreNoPass) {
  EXPECT_EQ(only().kind, Holder::Kind::kUnknown);
  EXPECT_TRUE(prevent(found()));
}

TEST_F(HoldersTest, NetworkInterfaceIsUp) {
  tree_.link("/sys/class/net/enx1", "../../devices/pci0000:00/0000:01:00.2/usb3/3-2/net/enx1");
  tree_.file("/sys/devices/pci0000:00/0000:01:00.2/usb3/3-2/net/enx1/flags", "0x1002\n");
  EXPECT_TRUE(found().empty());
  tree_.file("/sys/devices/pci0000:00/0000:01:00.2/usb3/3-2/net/enx1/flags", "0x1003\n");
  EXPECT_EQ(only().str(), "the network interface enx1 is up");
}

TEST(UnitOfCgroup, KindsAreDistinguished) {
  const auto unit = [](const std::string& path) { return unit_of_cgroup("0::" + path + "\n"); };
  EXPECT_EQ(unit("/system.slice/sshd.service").kind, Unit::Kind::kSystem);
  EXPECT_EQ(unit("/system.slice/system-getty.slice/getty@tty1.service").name, "getty@tty1.service");
  EXPECT_EQ(unit("/system.slice/docker.service/worker.service").name, "docker.service");
  EXPECT_EQ(unit("/machine.slice/machine-qemu\\x2d1.scope").kind, Unit::Kind::kOther);
  EXPECT_EQ(unit("/user.slice/user-1000.slice/session-c1.scope").kind, Unit::Kind::kSession);
  const Unit app = unit("/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope");
  EXPECT_EQ(app.kind, Unit::Kind::kUser);
  EXPECT_EQ(app.name, "app-x.scope");
  EXPECT_EQ(app.user, "1000");
  EXPECT_EQ(unit("/user.slice/user-1000.slice/user@1000.service").kind, Unit::Kind::kUser);
  EXPECT_EQ(unit("/").kind, Unit::Kind::kNone);
  EXPECT_EQ(unit_of_cgroup("").kind, Unit::Kind::kNone);
  EXPECT_EQ(unit_of_cgroup("12:cpu:/x\n1:name=systemd:/system.slice/gdm.service\n").name,
            "gdm.service");
}

TEST(UnitOfCgroup, OnlySystemServicesMayBeStopped) {
  EXPECT_TRUE(may_stop({.kind = Unit::Kind::kSystem, .name = "nvidia-persistenced.service"}));
  EXPECT_FALSE(may_stop({.kind = Unit::Kind::kSystem, .name = "dbus.service"}));
  EXPECT_FALSE(may_stop({.kind = Unit::Kind::kSystem, .name = "--no.service"}));
  EXPECT_FALSE(may_stop({.kind = Unit::Kind::kUser, .name = "pipewire.service"}));
  EXPECT_FALSE(may_stop({.kind = Unit::Kind::kSession, .name = "session-2.scope"}));
}

TEST(DrmMasters, NamesMayHaveSpaces) {
  EXPECT_EQ(masters_in("             command  tgid dev master a   uid      magic\n"
                       "           my comp y   812   0   y    y     0          0\n"
                       "                 odd   900   0   n    y     0          0\n"),
            std::vector<int>{812});
  EXPECT_TRUE(masters_in("short\n").empty());
}

}  // namespace
}  // namespace early::holders

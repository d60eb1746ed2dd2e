# SPDX-License-Identifier: GPL-2.0-or-later
"""For tests in Python: a directory that looks like a machine to --root, as tests/unit/fake_tree.h.

It does not react to writes: a driver that is to be bound must be linked before.
"""
import shutil
import subprocess
from pathlib import Path

RECORD = "run/vfio-early/record.json"


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          errors="replace", stdin=subprocess.DEVNULL)


class FakeTree:
    def __init__(self, directory):
        self.directory = Path(directory)
        shutil.rmtree(self.directory, ignore_errors=True)
        (self.directory / "sys/bus/pci/devices").mkdir(parents=True)

    def file(self, path, text=""):
        """Text, or bytes."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def link(self, path, target):
        link = self.directory / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        return self

    def remove(self, path):
        target = self.directory / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
        return self

    def configuration(self, text):
        return self.file("etc/vfio-early.conf", text)

    def function(self, address, id, class_code, driver="", group=None):
        """`id` and `class_code` as uevent has them: "10DE:1B81", "30000"."""
        device = f"sys/bus/pci/devices/{address}"
        self.file(f"{device}/uevent", (f"DRIVER={driver}\n" if driver else "")
                  + f"PCI_CLASS={class_code}\nPCI_ID={id}\nPCI_SUBSYS_ID=1AF4:1100\n"
                  + f"PCI_SLOT_NAME={address}\n")
        self.file(f"{device}/driver_override", "(null)\n")
        if driver:
            self.link(f"{device}/driver", f"../../../../bus/pci/drivers/{driver}")
            self.file(f"sys/bus/pci/drivers/{driver}/unbind")
        if group is not None:
            home = f"sys/kernel/iommu_groups/{group}"
            self.file(f"{home}/type", "DMA-FQ\n")
            self.link(f"{home}/devices/{address}", f"../../../../bus/pci/devices/{address}")
            self.link(f"{device}/iommu_group", f"../../../../kernel/iommu_groups/{group}")
        return self

    def machine(self, driver="vfio-pci", host_display=True):
        """A host display, and a card with audio and its own IOMMU group on `driver`."""
        self.file("sys/class/iommu/dmar0/intel-iommu/version", "1:0\n")
        if host_display:
            self.function("0000:00:02.0", "8086:1912", "30000", "i915", 0)
        self.function("0000:01:00.0", "10DE:1B81", "30000", driver, 14)
        self.function("0000:01:00.1", "10DE:10F0", "40300", driver, 14)
        self.file("sys/bus/pci/drivers_probe").file("dev/kmsg").file("run/lock")
        self.file("proc/cmdline", "quiet\n").file("proc/cpuinfo", "vendor_id\t: GenuineIntel\n")
        self.file("proc/sys/kernel/random/boot_id", "this-boot\n")
        self.file("proc/sys/kernel/osrelease", "6.12.0\n")
        return self.configuration("[gaming]\naddress = 0000:01:00\n")

    def made_by_shell(self, commands):
        """The result of functions of tests/html-machines.sh."""
        script = Path(__file__).resolve().parent / "html-machines.sh"
        made = run("bash", "-c", f'. "$1"; cd "$2" && {commands}', "bash", script, self.directory)
        if made.returncode:
            raise RuntimeError(made.stderr)
        return self

    def modules(self, *names):
        """The lists of a kernel 6.12.0 with these built-in modules."""
        home = "lib/modules/6.12.0"
        for name in ("dep", "alias", "softdep"):
            self.file(f"{home}/modules.{name}")
        return self.file(f"{home}/modules.builtin",
                         "".join(f"kernel/{name}.ko\n" for name in names))

    def record_text(self):
        return (self.directory / RECORD).read_text()

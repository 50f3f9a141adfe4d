# SPDX-License-Identifier: GPL-2.0-or-later
# What Ebb's QEMU is built with: the machines that can be recorded, and the devices that guests on
# them use. QEMU's other boards, and what only those have, would make the build half as long again.
# Devices that are refused are here where they are small: the recorder says why it refuses them, QEMU
# would say that it does not know them. scripts/qemu.sh --devices all builds all that QEMU has.

# Machines. With the Versatile Express boards come the Realview ones, whose parts they have.
CONFIG_ARM_VIRT=y
CONFIG_VEXPRESS=y
# A part of the Realview boards that they do not ask for.
CONFIG_SPLIT_IRQ=y

# Loading guests
CONFIG_GENERIC_LOADER=y
CONFIG_GUEST_LOADER=y

# virtio, memory-mapped and on PCI
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_9P=y
CONFIG_VIRTIO_BALLOON=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_CRYPTO=y
CONFIG_VIRTIO_GPU=y
CONFIG_VIRTIO_INPUT=y
CONFIG_VIRTIO_INPUT_HOST=y
CONFIG_VIRTIO_IOMMU=y
CONFIG_VIRTIO_MEM=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_RNG=y
CONFIG_VIRTIO_SCSI=y
CONFIG_VIRTIO_SERIAL=y
CONFIG_VIRTIO_SND=y

# PCI: bridges and ports, so that devices can be put behind them
CONFIG_PCI_BRIDGE=y
CONFIG_PCIE_PORT=y
CONFIG_PCIE_PCI_BRIDGE=y

# PCI: disks and cards
CONFIG_AHCI_ICH9=y
CONFIG_NVME_PCI=y
CONFIG_SDHCI_PCI=y

# PCI: network
CONFIG_E1000_PCI=y
CONFIG_E1000E_PCI_EXPRESS=y
CONFIG_IGB_PCI_EXPRESS=y
CONFIG_RTL8139_PCI=y

# PCI: the rest
CONFIG_BOCHS_DISPLAY=y
CONFIG_EDU=y
CONFIG_HDA=y
CONFIG_IVSHMEM_DEVICE=y
CONFIG_PVPANIC_PCI=y
CONFIG_SERIAL_PCI=y
CONFIG_VGA_PCI=y
CONFIG_WDT_IB6300ESB=y

# USB: controllers and what is plugged into them
CONFIG_USB_EHCI_PCI=y
CONFIG_USB_OHCI_PCI=y
CONFIG_USB_XHCI_PCI=y
CONFIG_USB_HID=y
CONFIG_USB_HUB=y
CONFIG_USB_NETWORK=y
CONFIG_USB_SERIAL=y
CONFIG_USB_STORAGE_BOT=y
CONFIG_USB_STORAGE_CLASSIC=y
CONFIG_USB_STORAGE_UAS=y

# Memory that is plugged in
CONFIG_NVDIMM=y

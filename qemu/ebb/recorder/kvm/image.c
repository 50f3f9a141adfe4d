/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "hw/arm/virt.h"
#include "system/kvm.h"
#include "qemu/error-report.h"
#include "ebb/counter/elf.h"
#include "ebb/counter/sites.h"
#include "image.h"
#include "state.h"
#include "vm.h"

#define LINUX_IMAGE_SIZE 16 /* offset in an arm64 Image, little-endian, as its magic number */
#define LINUX_IMAGE_MAGIC 56

/* What became of the words that look like a read of the counter, or a random number. */
struct outcome {
    size_t replaced, random, left_alone;
};

static bool is_clock_of_cpu(const struct recorder_session *session)
{
    return session->kvm->timer && session->kvm->timer->of_cpu;
}

static unsigned wanted(struct recorder_session *session)
{
    return (is_clock_of_cpu(session) ? COUNTER_WANTED_TIMERS : 0) |
           (recorder_kvm_vm_has_random(session) ? COUNTER_WANTED_RANDOM : 0);
}

static struct outcome patch(struct recorder_session *session, struct counter_image *image)
{
    struct counter_sites sites;
    struct outcome outcome;
    size_t i;

    image->wanted = wanted(session);
    sites = counter_sites_find(image);
    outcome = (struct outcome){.left_alone = sites.left_alone};

    for (i = 0; i < sites.count; i++) {
        const struct counter_site *site = &sites.sites[i];
        bool random = counter_is_random(site->access.reg);

        outcome.random += random;
        outcome.replaced += !random;
        address_space_write_rom(&address_space_memory, image->address + site->offset,
                                MEMTXATTRS_UNSPECIFIED, site->replacement, site->size);
    }
    counter_sites_free(&sites);
    return outcome;
}

/* The host's address of guest-physical memory, and how much of it there is; NULL for none. */
static const uint8_t *memory_at(hwaddr address, uint64_t *left)
{
    MemoryRegionSection section = memory_region_find(get_system_memory(), address, 1);
    const uint8_t *host = NULL;

    if (section.mr && memory_region_is_ram(section.mr)) {
        host = (uint8_t *)memory_region_get_ram_ptr(section.mr) + section.offset_within_region;
        *left = memory_region_size(section.mr) - section.offset_within_region;
    }
    memory_region_unref(section.mr);
    return host;
}

static uint64_t image_size(const uint8_t *bytes, uint64_t left, const char *file)
{
    struct stat status;

    if (left > LINUX_IMAGE_MAGIC + 4 && !memcmp(bytes + LINUX_IMAGE_MAGIC, "ARM\x64", 4)) {
        return MIN(ldq_le_p(bytes + LINUX_IMAGE_SIZE), left);
    }
    return file && stat(file, &status) == 0 ? MIN((uint64_t)status.st_size, left) : left;
}

/* Of an ELF file only the part with code needs a look, which may be far less than RAM. */
static struct outcome patch_elf(struct recorder_session *session, const char *name)
{
    struct counter_image image = {0};
    struct elf_codes codes;
    g_autofree char *file = NULL;
    uint64_t first = UINT64_MAX, end = 0, left;
    gsize size;
    size_t i;

    if (!g_file_get_contents(name, &file, &size, NULL) ||
        !counter_elf_read((uint8_t *)file, size, &codes)) {
        return (struct outcome){0};
    }
    for (i = 0; i < codes.count; i++) {
        first = MIN(first, codes.ranges[i].address);
        end = MAX(end, codes.ranges[i].address + codes.ranges[i].size);
    }
    counter_elf_free(&codes);
    image.address = first;
    image.bytes = memory_at(first, &left);
    image.elf = (uint8_t *)file;
    image.elf_size = size;
    if (!image.bytes || end <= first) {
        return (struct outcome){0};
    }
    image.size = MIN(end - first, left);
    return patch(session, &image);
}

static struct outcome patch_kernel(struct recorder_session *session,
                                   const struct arm_boot_info *boot)
{
    struct counter_image image = {
        .aarch64 = arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64),
        .address = boot->entry,
    };
    uint64_t left;

    if (!boot->kernel_filename) {
        return (struct outcome){0};
    }
    if (!boot->is_linux) {
        return patch_elf(session, boot->kernel_filename);
    }
    image.bytes = memory_at(image.address, &left);
    if (!image.bytes) {
        return (struct outcome){0};
    }
    image.size = image_size(image.bytes, left, boot->kernel_filename);
    return patch(session, &image);
}

static struct outcome patch_firmware(struct recorder_session *session,
                                     const struct arm_boot_info *boot)
{
    struct counter_image image = {
        .aarch64 = arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64),
    };
    uint64_t left;

    image.bytes = memory_at(0, &left);
    if (!boot->firmware_loaded || !image.bytes) {
        return (struct outcome){0};
    }
    image.size = left;
    return patch(session, &image);
}

/* Costs at every exit; a guest without counter reads does without. */
static void take_breakpoints(struct recorder_session *session)
{
    struct kvm_guest_debug debug = {
        .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP,
    };

    if (kvm_vcpu_ioctl(CPU(session->cpu), KVM_SET_GUEST_DEBUG, &debug)) {
        recorder_state_fail(session,
                            "KVM does not hand breakpoints to QEMU, which reads of the counter "
                            "need; use a host kernel with KVM_CAP_SET_GUEST_DEBUG");
        return;
    }
    session->kvm->debugging = true;
}

void recorder_kvm_image_patch(struct recorder_session *session)
{
    const struct arm_boot_info *boot = &VIRT_MACHINE(qdev_get_machine())->bootinfo;
    struct outcome kernel = patch_kernel(session, boot);
    struct outcome firmware = patch_firmware(session, boot);
    size_t replaced = kernel.replaced + firmware.replaced;
    size_t random = kernel.random + firmware.random;
    size_t left_alone = kernel.left_alone + firmware.left_alone;

    if (is_clock_of_cpu(session)) {
        info_report(
            "the guest's clock is the CPU's own timer; accesses to it in the guest's image: "
            "%zu replaced, so that they come to the recorder; %zu that look like one left "
            "alone",
            replaced, left_alone);
    } else if (replaced || left_alone) {
        info_report("reads of the CPU's counter in the guest's image: %zu replaced, so that what "
                    "they read is recorded; %zu that look like one left alone",
                    replaced, left_alone);
    }
    if (random) {
        info_report("reads of the CPU's random numbers in the guest's image: %zu replaced, so that "
                    "what they read is recorded",
                    random);
    }
    if ((replaced || random) && !session->kvm->debugging) {
        take_breakpoints(session);
    }
}

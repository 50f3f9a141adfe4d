/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "cpu.h"
#include "exec/address-spaces.h"
#include "hw/arm/virt.h"
#include "qemu/error-report.h"
#include "ebb/counter/elf.h"
#include "ebb/counter/sites.h"
#include "debug.h"
#include "image.h"
#include "state.h"
#include "vm.h"

#define LINUX_IMAGE_SIZE 16 /* offset in an arm64 Image, little-endian, as its magic number */
#define LINUX_IMAGE_MAGIC 56

static bool is_clock_of_cpu(const struct recorder_session *session)
{
    return session->kvm->timer && session->kvm->timer->of_cpu;
}

void recorder_kvm_image_prepare(struct recorder_session *session)
{
    struct recorder_kvm *kvm = session->kvm;

    kvm->left_alone = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    kvm->wanted = (is_clock_of_cpu(session) ? COUNTER_WANTED_TIMERS : 0) |
                  (recorder_kvm_vm_has_random(session) ? COUNTER_WANTED_RANDOM : 0);
}

bool recorder_kvm_image_is_aarch64(const struct recorder_session *session)
{
    return arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64);
}

struct counter_sites recorder_kvm_image_find(const struct recorder_session *session,
                                             struct counter_image *image)
{
    image->wanted = session->kvm->wanted;
    return counter_sites_find(image);
}

void recorder_kvm_image_replace(const struct counter_image *image, const struct counter_site *site,
                                struct recorder_replacements *outcome)
{
    address_space_write_rom(&address_space_memory, image->address + site->offset,
                            MEMTXATTRS_UNSPECIFIED, site->replacement, site->size);
    outcome->replaced++;
    outcome->random += counter_is_random(site->access.reg);
}

void recorder_kvm_image_map_again(const uint8_t *bytes)
{
    size_t size = qemu_real_host_page_size();
    void *page = (void *)ROUND_DOWN((uintptr_t)bytes, size);

    if (mprotect(page, size, PROT_READ) || mprotect(page, size, PROT_READ | PROT_WRITE)) {
        error_report("cannot change the protection of the guest's memory: %s", strerror(errno));
        abort();
    }
}

/* What is data by what an image's file says stays data: a rescan has no file to ask. */
static void remember_left_alone(struct recorder_session *session, const struct counter_image *image,
                                const struct counter_sites *sites)
{
    size_t i;

    for (i = 0; i < sites->left_count; i++) {
        uint64_t *address = g_new(uint64_t, 1);

        *address = image->address + sites->left[i];
        g_hash_table_insert(session->kvm->left_alone, address,
                            GUINT_TO_POINTER(ldl_le_p(image->bytes + sites->left[i])));
    }
}

bool recorder_kvm_image_left_alone(const struct recorder_session *session, uint64_t address,
                                   uint32_t word)
{
    gpointer known;

    return g_hash_table_lookup_extended(session->kvm->left_alone, &address, NULL, &known) &&
           GPOINTER_TO_UINT(known) == word;
}

static struct recorder_replacements patch(struct recorder_session *session,
                                          struct counter_image *image)
{
    struct counter_sites sites = recorder_kvm_image_find(session, image);
    struct recorder_replacements outcome = {.left_alone = sites.left_alone};
    size_t i;

    for (i = 0; i < sites.count; i++) {
        recorder_kvm_image_replace(image, &sites.sites[i], &outcome);
    }
    remember_left_alone(session, image, &sites);
    counter_sites_free(&sites);
    return outcome;
}

/* The host's address of guest-physical memory, and how much of it there is; NULL for none. */
static const uint8_t *memory_at(hwaddr address, uint64_t *left)
{
    MemoryRegionSection section = memory_region_find(get_system_memory(), address, 1);
    const uint8_t *host = NULL;

    if (section.mr && (memory_region_is_ram(section.mr) || memory_region_is_romd(section.mr))) {
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

/* Of an ELF file only the part with code is patched, which may be far less than RAM. */
static struct recorder_replacements patch_code(struct recorder_session *session,
                                               const struct elf_codes *codes)
{
    struct counter_image image = {.codes = codes};
    uint64_t first = UINT64_MAX, end = 0, left;
    size_t i;

    for (i = 0; i < codes->count; i++) {
        first = MIN(first, codes->ranges[i].address);
        end = MAX(end, codes->ranges[i].address + codes->ranges[i].size);
    }
    image.address = first;
    image.bytes = memory_at(first, &left);
    if (!image.bytes || end <= first) {
        return (struct recorder_replacements){0};
    }
    image.size = MIN(end - first, left);
    return patch(session, &image);
}

/* What else is loaded from the file looks like code at most: none of it is patched, ever. */
static void remember_data(struct recorder_session *session, const struct elf_codes *codes)
{
    struct counter_image image = {.codes = codes};
    struct counter_sites sites;
    uint64_t left;
    size_t i;

    for (i = 0; i < codes->loaded_count; i++) {
        image.address = codes->loaded[i].address;
        image.bytes = memory_at(image.address, &left);
        if (image.bytes) {
            image.size = MIN(codes->loaded[i].size, left);
            sites = recorder_kvm_image_find(session, &image);
            remember_left_alone(session, &image, &sites);
            counter_sites_free(&sites);
        }
    }
}

static struct recorder_replacements patch_elf(struct recorder_session *session, const char *name)
{
    struct recorder_replacements outcome;
    struct elf_codes codes = {0};
    g_autofree char *file = NULL;
    gsize size;

    if (!g_file_get_contents(name, &file, &size, NULL) ||
        !counter_elf_read((uint8_t *)file, size, &codes)) {
        return (struct recorder_replacements){0};
    }
    outcome = patch_code(session, &codes);
    remember_data(session, &codes);
    counter_elf_free(&codes);
    return outcome;
}

static struct recorder_replacements patch_kernel(struct recorder_session *session,
                                                 const struct arm_boot_info *boot)
{
    struct counter_image image = {
        .aarch64 = recorder_kvm_image_is_aarch64(session),
        .address = boot->entry,
    };
    uint64_t left;

    if (!boot->kernel_filename) {
        return (struct recorder_replacements){0};
    }
    if (!boot->is_linux) {
        return patch_elf(session, boot->kernel_filename);
    }
    image.bytes = memory_at(image.address, &left);
    if (!image.bytes) {
        return (struct recorder_replacements){0};
    }
    image.size = image_size(image.bytes, left, boot->kernel_filename);
    return patch(session, &image);
}

static struct recorder_replacements patch_firmware(struct recorder_session *session,
                                                   const struct arm_boot_info *boot)
{
    struct counter_image image = {
        .aarch64 = recorder_kvm_image_is_aarch64(session),
    };
    uint64_t left;

    image.bytes = memory_at(0, &left);
    if (!boot->firmware_loaded || !image.bytes) {
        return (struct recorder_replacements){0};
    }
    image.size = left;
    return patch(session, &image);
}

void recorder_kvm_image_tell(const struct recorder_session *session,
                             const struct recorder_replacements *outcome, const char *where)
{
    info_report("%s %s: %" PRIu64 " replaced, so that they come to the recorder; %" PRIu64
                " that look like one left alone",
                is_clock_of_cpu(session)
                    ? "the guest's clock is the CPU's own timer; accesses to it"
                    : "reads of the CPU's counter",
                where, outcome->replaced - outcome->random, outcome->left_alone);
    if (outcome->random) {
        info_report("reads of the CPU's random numbers %s: %" PRIu64
                    " replaced, so that they come to the recorder",
                    where, outcome->random);
    }
}

void recorder_kvm_image_patch(struct recorder_session *session)
{
    const struct arm_boot_info *boot = &VIRT_MACHINE(qdev_get_machine())->bootinfo;
    struct recorder_replacements outcome, firmware;

    g_hash_table_remove_all(session->kvm->left_alone);
    outcome = patch_kernel(session, boot);
    firmware = patch_firmware(session, boot);
    outcome.replaced += firmware.replaced;
    outcome.random += firmware.random;
    outcome.left_alone += firmware.left_alone;
    session->kvm->replaced_in_image = outcome.replaced;
    if (is_clock_of_cpu(session) || outcome.replaced || outcome.left_alone) {
        recorder_kvm_image_tell(session, &outcome, "in the guest's image");
    }
    recorder_kvm_debug_take_breakpoints(session, outcome.replaced);
}

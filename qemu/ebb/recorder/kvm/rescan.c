/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "exec/address-spaces.h"
#include "exec/cpu-common.h"
#include "exec/ramblock.h"
#include "ebb/recorder/ram_space.h"
#include "debug.h"
#include "image.h"
#include "rescan.h"
#include "state.h"

/*
 * Pages that nobody uses and that so many others like them follow are passed over: code on the two
 * sides belongs to different programs. A guess; smaller gaps are part of one image (.bss).
 */
#define GAP (1u << 20)

/* On both sides of a page; what refers to its code from farther away does not count. A guess. */
#define AROUND (8u << 20)

/* What KVM makes executable at once where it does not watch the guest's stores. */
#define HUGE_PAGE (2u << 20)

static void replace(struct recorder_session *session, const struct counter_image *image,
                    const struct counter_site *site, struct recorder_replacements *outcome)
{
    const uint8_t *bytes = image->bytes + site->offset;

    if (recorder_kvm_image_left_alone(session, image->address + site->offset, ldl_le_p(bytes))) {
        outcome->left_alone++;
        return;
    }
    recorder_kvm_image_replace(image, site, outcome);
    recorder_kvm_image_map_again(bytes);
    session->kvm->replaced_by_rescans++;
}

static void scan(struct recorder_session *session, struct counter_image *image,
                 struct recorder_replacements *outcome)
{
    struct counter_sites sites = recorder_kvm_image_find(session, image);
    size_t i;

    outcome->left_alone += sites.left_alone;
    for (i = 0; i < sites.count; i++) {
        replace(session, image, &sites.sites[i], outcome);
    }
    counter_sites_free(&sites);
}

static const struct recorder_ram_block *block_of(const struct recorder_ram_space *space,
                                                 uint64_t offset)
{
    size_t i;

    for (i = 0; i < space->block_count; i++) {
        if (offset - space->blocks[i].offset < space->blocks[i].size) {
            return &space->blocks[i];
        }
    }
    return NULL;
}

/* The end of the stretch of pages in use that begins at page first, none of it behind end. */
static uint64_t stretch_end(const bool *used, uint64_t first, uint64_t end)
{
    uint64_t page, last = first;

    for (page = first; page < end && page - last <= GAP / EBB_PAGE_SIZE; page++) {
        last = used[page] ? page : last;
    }
    return last + 1;
}

static void scan_range(struct recorder_session *session, const struct recorder_ram_space *space,
                       const struct ebb_memory_range *range, struct recorder_replacements *outcome)
{
    const struct recorder_ram_block *block = block_of(space, range->offset);
    g_autofree bool *used = block ? recorder_ram_space_used_pages(block) : NULL;
    uint64_t first = block ? (range->offset - block->offset) / EBB_PAGE_SIZE : 0;
    uint64_t end = block ? first + range->size / EBB_PAGE_SIZE : 0, page, last;

    for (page = first; page < end; page = last) {
        struct counter_image image = {
            .bytes = block->block->host + page * EBB_PAGE_SIZE,
            .address = range->address + (page - first) * EBB_PAGE_SIZE,
            .aarch64 = recorder_kvm_image_is_aarch64(session),
        };

        last = page + 1;
        if (used[page]) {
            last = stretch_end(used, page, end);
            image.size = (last - page) * EBB_PAGE_SIZE;
            scan(session, &image, outcome);
        }
    }
}

/* What there is of memory from first to end, of which address is a part. */
static struct counter_image image_at(const struct recorder_session *session, uint64_t address,
                                     uint64_t first, uint64_t end)
{
    struct counter_image image = {.aarch64 = recorder_kvm_image_is_aarch64(session),
                                  .wanted = session->kvm->wanted};
    MemoryRegionSection section = memory_region_find(get_system_memory(), address, 1);
    uint64_t offset = section.offset_within_region, before, behind;

    if (section.mr && (memory_region_is_ram(section.mr) || memory_region_is_romd(section.mr))) {
        before = MIN(offset, address - first);
        behind = MIN(memory_region_size(section.mr) - offset, end - address);
        image.bytes = (uint8_t *)memory_region_get_ram_ptr(section.mr) + offset - before;
        image.address = address - before;
        image.size = before + behind;
    }
    memory_region_unref(section.mr);
    return image;
}

void recorder_kvm_rescan_page(struct recorder_session *session, uint64_t address)
{
    uint64_t size = session->tracks_dirty ? qemu_real_host_page_size() : HUGE_PAGE;
    uint64_t page = ROUND_DOWN(address, size);
    struct counter_image image = image_at(session, page, page, page + size);
    struct recorder_replacements outcome = {0};

    if (image.bytes && counter_sites_any(&image)) {
        image = image_at(session, page, page - MIN(page, AROUND), page + size + AROUND);
        scan(session, &image, &outcome);
        recorder_kvm_debug_take_breakpoints(session, outcome.replaced);
        session->kvm->rescans++;
    }
}

struct recorder_replacements recorder_kvm_rescan(struct recorder_session *session)
{
    struct recorder_ram_space *space = recorder_ram_space_new();
    struct recorder_replacements outcome = {0};
    size_t count, i;
    g_autofree struct ebb_memory_range *ranges =
        recorder_ram_space_map(space, session->cpu, &count);

    for (i = 0; i < count; i++) {
        scan_range(session, space, &ranges[i], &outcome);
    }
    recorder_ram_space_free(space);
    recorder_kvm_debug_take_breakpoints(session, outcome.replaced);
    session->kvm->rescans++;
    recorder_kvm_image_tell(session, &outcome, "that have come into the guest's memory");
    return outcome;
}

bool recorder_kvm_rescan_where_wanted(struct recorder_session *session, struct kvm_run *run)
{
    if (!recorder_kvm_debug_met(session, run)) {
        return false;
    }
    bql_lock();
    recorder_kvm_rescan(session);
    bql_unlock();
    session->kvm->ran = true;
    return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replica.h"

#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED,
                    "out of memory; give checkpoints a smaller memory budget");
}

int replica_start(struct replica *replica, const char *program, const char *recording,
                  enum worker_purpose purpose, struct page_store *store, struct ebb_error *error)
{
    uint64_t state_pages;

    *replica = (struct replica){.worker = worker_client_start(program, recording, purpose, error)};
    if (!replica->worker) {
        return -1;
    }
    state_pages =
        (worker_client_hello(replica->worker)->state_size + EBB_PAGE_SIZE - 1) / EBB_PAGE_SIZE;
    replica->base = ram_image_new(store, worker_client_page_count(replica->worker));
    replica->state_base = ram_image_new(store, state_pages);
    if (!replica->base || !replica->state_base) {
        replica_stop(replica);
        return out_of_memory(error);
    }
    return 0;
}

void replica_stop(struct replica *replica)
{
    worker_client_stop(replica->worker);
    ram_image_release(replica->base);
    ram_image_release(replica->state_base);
    breakpoint_list_free(&replica->loaded);
    *replica = (struct replica){0};
}

static void replace_image(struct ram_image **slot, struct ram_image *image)
{
    ram_image_release(*slot);
    *slot = image;
}

/* Calls visit for each page that may differ from the base, which is every page without a base. */
static int visit_dirty(struct replica *replica, int (*visit)(void *opaque, uint64_t page_number),
                       void *opaque)
{
    const uint64_t *bitmap = worker_client_dirty_bitmap(replica->worker);
    uint64_t pages = worker_client_page_count(replica->worker);
    int result = 0;

    for (uint64_t word = 0; word * 64 < pages && !result; word++) {
        uint64_t bits = replica->base ? bitmap[word] : UINT64_MAX;

        while (bits && !result) {
            uint64_t number = word * 64 + (unsigned)__builtin_ctzll(bits);

            bits &= bits - 1;
            result = number < pages ? visit(opaque, number) : 0;
        }
    }
    return result;
}

struct page_copy {
    struct replica *replica;
    struct ram_image *image;
};

static int page_to_image(void *opaque, uint64_t number)
{
    struct page_copy *copy = opaque;

    return ram_image_set(copy->image, number,
                         worker_client_ram(copy->replica->worker) + number * EBB_PAGE_SIZE);
}

/* Makes the base what RAM is now. Without memory nothing is known any more. */
static int update_base(struct replica *replica, struct ebb_error *error)
{
    struct page_copy copy = {.replica = replica};
    uint64_t count;

    if (worker_client_collect_dirty(replica->worker, &count, error)) {
        return -1;
    }
    copy.image = replica->base ? ram_image_copy(replica->base)
                               : ram_image_new(ram_image_store(replica->state_base),
                                               worker_client_page_count(replica->worker));
    if (!copy.image || visit_dirty(replica, page_to_image, &copy)) {
        ram_image_release(copy.image);
        replace_image(&replica->base, NULL);
        return out_of_memory(error);
    }
    replace_image(&replica->base, copy.image);
    return 0;
}

/* The blob as an image that shares what has not changed since the last one. */
static int update_state_base(struct replica *replica, const uint8_t *blob, struct ebb_error *error)
{
    struct ram_image *image = ram_image_copy(replica->state_base);

    for (uint64_t i = 0; image && i < ram_image_page_count(image); i++) {
        if (ram_image_set(image, i, blob + i * EBB_PAGE_SIZE)) {
            ram_image_release(image);
            image = NULL;
        }
    }
    if (!image) {
        return out_of_memory(error);
    }
    replace_image(&replica->state_base, image);
    return 0;
}

static uint8_t *new_blob(const struct replica *replica, struct ebb_error *error)
{
    uint8_t *blob = calloc(ram_image_page_count(replica->state_base), EBB_PAGE_SIZE);

    if (!blob) {
        out_of_memory(error);
    }
    return blob;
}

struct checkpoint *replica_capture(struct replica *replica, uint64_t position,
                                   struct ebb_error *error)
{
    size_t state_size = worker_client_hello(replica->worker)->state_size;
    struct checkpoint *checkpoint = NULL;
    uint8_t *blob = new_blob(replica, error);

    if (!blob) {
        return NULL;
    }
    if (worker_client_get_state(replica->worker, blob, error) == 0 &&
        update_base(replica, error) == 0 && update_state_base(replica, blob, error) == 0) {
        checkpoint = checkpoint_new(position, replica->base, replica->state_base, state_size);
        if (!checkpoint) {
            out_of_memory(error);
        }
    }
    free(blob);
    return checkpoint;
}

/* Copies the target's page into RAM, unless RAM has those bytes already. */
static int page_to_ram(void *opaque, uint64_t number)
{
    struct page_copy *copy = opaque;
    uint8_t *ram = worker_client_ram(copy->replica->worker) + number * EBB_PAGE_SIZE;
    const void *page = ram_image_data(copy->image, number);

    if (memcmp(ram, page, EBB_PAGE_SIZE) != 0) {
        memcpy(ram, page, EBB_PAGE_SIZE);
        worker_client_mark_replaced(copy->replica->worker, number);
    }
    return 0;
}

/* Pages that the worker has written to are done with. */
static int differing_page_to_ram(void *opaque, uint64_t number, uint32_t page_a, uint32_t page_b)
{
    const struct page_copy *copy = opaque;
    const uint64_t *bitmap = worker_client_dirty_bitmap(copy->replica->worker);

    (void)page_a;
    (void)page_b;
    return bitmap[number / 64] >> number % 64 & 1 ? 0 : page_to_ram(opaque, number);
}

/* Makes RAM equal to image. */
static int change_ram(struct replica *replica, struct ram_image *image, struct ebb_error *error)
{
    struct page_copy copy = {.replica = replica, .image = image};
    uint64_t count;

    replica->moment.phase = MOMENT_NOWHERE;
    if (worker_client_collect_dirty(replica->worker, &count, error)) {
        return -1;
    }
    visit_dirty(replica, page_to_ram, &copy);
    if (replica->base) {
        ram_image_diff(replica->base, image, differing_page_to_ram, &copy);
    }
    replace_image(&replica->base, ram_image_take(image));
    return 0;
}

int replica_restore(struct replica *replica, const struct checkpoint *checkpoint,
                    struct ebb_error *error)
{
    uint8_t *blob = new_blob(replica, error);
    int result = -1;

    if (!blob) {
        return -1;
    }
    for (uint64_t i = 0; i < ram_image_page_count(checkpoint->state); i++) {
        memcpy(blob + i * EBB_PAGE_SIZE, ram_image_data(checkpoint->state, i), EBB_PAGE_SIZE);
    }
    if (change_ram(replica, checkpoint->ram, error) == 0 &&
        worker_client_set_state(replica->worker, blob, error) == 0) {
        replace_image(&replica->state_base, ram_image_take(checkpoint->state));
        replica->moment = moment_settled(checkpoint->position);
        result = 0;
    }
    free(blob);
    return result;
}

static int page_of_keyframe(void *opaque, uint64_t number, const void *page)
{
    static const uint8_t zeroes[EBB_PAGE_SIZE];
    struct ram_image *image = opaque;

    if (number >= ram_image_page_count(image)) {
        return 1;
    }
    return ram_image_set(image, number, page ? page : zeroes) ? 2 : 0;
}

int replica_read_keyframe(const struct replica *replica, const struct ebb_log *log,
                          struct keyframe_ram *loaded, uint64_t number, struct ebb_error *error)
{
    struct page_store *store = ram_image_store(replica->state_base);
    struct ram_image *image = loaded->image
                                  ? ram_image_copy(loaded->image)
                                  : ram_image_new(store, worker_client_page_count(replica->worker));
    int result = 2;

    if (image) {
        result = loaded->image
                     ? ebb_keyframe_visit_changes(log, loaded->number, number, page_of_keyframe,
                                                  image, error)
                     : ebb_keyframe_visit_pages(log, number, page_of_keyframe, image, error);
    }
    if (result == 0) {
        replace_image(&loaded->image, image);
        loaded->number = number;
        return 0;
    }
    ram_image_release(image);
    if (result == 1) {
        ebb_fail(error, EBB_ERROR_CORRUPT,
                 "keyframe %llu has a page outside the machine's RAM; the recording is damaged",
                 (unsigned long long)number);
    } else if (result == 2) {
        out_of_memory(error);
    }
    return -1;
}

int replica_load_keyframe(struct replica *replica, const struct ebb_log *log,
                          struct keyframe_ram *loaded, uint64_t number, uint64_t first_event,
                          struct ebb_error *error)
{
    struct ebb_keyframe_registers registers;
    struct ebb_keyframe keyframe;
    int result;

    if (ebb_log_keyframe(log, number, &keyframe, error) ||
        replica_read_keyframe(replica, log, loaded, number, error) ||
        ebb_keyframe_registers_read(log, number, &registers, error)) {
        return -1;
    }
    if (keyframe.event_number < first_event) {
        keyframe.event_number = first_event;
    }
    result = change_ram(replica, loaded->image, error)
                 ? -1
                 : worker_client_load_keyframe(replica->worker, &keyframe, &registers, error);
    ebb_keyframe_registers_free(&registers);
    if (result) {
        return -1;
    }
    replica->moment = moment_arrived(keyframe.position);
    replica->moment.event = keyframe.event_number;
    return 0;
}

static bool same_bytes(const void *a, const void *b, size_t size)
{
    return size == 0 || memcmp(a, b, size) == 0;
}

bool breakpoint_list_same(const struct breakpoint_list *a, const struct breakpoint_list *b)
{
    return a->count == b->count && a->conditions_size == b->conditions_size &&
           same_bytes(a->list, b->list, a->count * sizeof(*a->list)) &&
           same_bytes(a->conditions, b->conditions, a->conditions_size);
}

/* For free(); NULL without memory. */
static void *copy_bytes(const void *bytes, size_t size)
{
    void *copy = malloc(size + 1);

    if (copy && size) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

bool breakpoint_list_copy(const struct breakpoint_list *list, struct breakpoint_list *copy)
{
    *copy = *list;
    copy->list = copy_bytes(list->list, list->count * sizeof(*list->list));
    copy->conditions = copy_bytes(list->conditions, list->conditions_size);
    if (!copy->list || !copy->conditions) {
        breakpoint_list_free(copy);
        return false;
    }
    return true;
}

void breakpoint_list_free(struct breakpoint_list *list)
{
    free(list->list);
    free(list->conditions);
    *list = (struct breakpoint_list){0};
}

int replica_set_breakpoints(struct replica *replica, const struct breakpoint_list *breakpoints,
                            struct ebb_error *error)
{
    struct breakpoint_list copy;

    if (breakpoint_list_same(&replica->loaded, breakpoints)) {
        return 0;
    }
    if (!breakpoint_list_copy(breakpoints, &copy)) {
        return out_of_memory(error);
    }
    breakpoint_list_free(&replica->loaded);
    replica->loaded = copy;
    return worker_client_set_breakpoints(replica->worker, copy.list, copy.count, copy.conditions,
                                         copy.conditions_size, error);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ram_digest.h"

#include "log/digest.h"

struct digest_change {
    struct page_store *store;
    uint64_t digest;
};

static int change_digest(void *opaque, uint64_t number, uint32_t page_a, uint32_t page_b)
{
    struct digest_change *change = opaque;

    change->digest += ebb_digest_page(number, page_store_data(change->store, page_b)) -
                      ebb_digest_page(number, page_store_data(change->store, page_a));
    return 0;
}

int ram_digest_update(struct ram_digest *known, struct page_store *store, struct ram_image *image,
                      struct ebb_error *error)
{
    struct digest_change change = {.store = store};

    if (!known->image) {
        known->image = ram_image_new(store, ram_image_page_count(image));
        known->digest = 0;
        if (!known->image) {
            return ebb_fail_memory(error);
        }
    }
    change.digest = known->digest;
    ram_image_diff(known->image, image, change_digest, &change);
    ram_image_release(known->image);
    known->image = ram_image_take(image);
    known->digest = change.digest;
    return 0;
}

void ram_digest_clear(struct ram_digest *known)
{
    ram_image_release(known->image);
    *known = (struct ram_digest){0};
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The digest of RAM (log/digest.h), kept up to date from one image to the next. */
#ifndef EBB_REPLAY_RESOLVER_RAM_DIGEST_H
#define EBB_REPLAY_RESOLVER_RAM_DIGEST_H

#include "checkpoints/ram_image.h"
#include "log/error.h"

struct ram_digest {
    struct ram_image *image; /* NULL: none yet */
    uint64_t digest;
};

/* Makes it that of another image. */
int ram_digest_update(struct ram_digest *known, struct page_store *store, struct ram_image *image,
                      struct ebb_error *error);
void ram_digest_clear(struct ram_digest *known);

#endif

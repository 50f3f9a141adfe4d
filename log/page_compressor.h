/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compresses the page contents of keyframes. Internal to log/; of one thread at a time. */
#ifndef EBB_LOG_PAGE_COMPRESSOR_H
#define EBB_LOG_PAGE_COMPRESSOR_H

#include "buffer.h"
#include "error.h"

struct ebb_page_compressor;

/* NULL if there is no memory. light: time matters more than size. */
struct ebb_page_compressor *ebb_page_compressor_new(bool light);
void ebb_page_compressor_free(struct ebb_page_compressor *compressor); /* NULL is allowed */

/* Replaces what is in payload by the compressed pages: one zstd frame. */
int ebb_page_compressor_run(struct ebb_page_compressor *compressor, const struct ebb_buffer *pages,
                            struct ebb_buffer *payload, struct ebb_error *error);

#endif

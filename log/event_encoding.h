/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The payload of a block of events: events turned into columns and compressed, and back. Internal
 * to log/; docs/recording-format.md describes the bytes.
 */
#ifndef EBB_LOG_EVENT_ENCODING_H
#define EBB_LOG_EVENT_ENCODING_H

#include "buffer.h"
#include "error.h"
#include "event.h"

/* What encoding needs besides the events; may be used again for the next block. */
struct ebb_event_encoder;

/* NULL if there is no memory. light: time matters more than size. */
struct ebb_event_encoder *ebb_event_encoder_new(bool light);
void ebb_event_encoder_free(struct ebb_event_encoder *encoder);

/*
 * Encodes count events (1 to EBB_MAX_BLOCK_EVENTS). Their data is not taken from event->data but
 * lies at data, one event's after the other's. Puts the compressed payload into *payload and the
 * size before compression into *raw_size.
 */
int ebb_event_encode(struct ebb_event_encoder *encoder, const struct ebb_event *events,
                     size_t count, const uint8_t *data, size_t data_size,
                     struct ebb_buffer *payload, uint32_t *raw_size, struct ebb_error *error);

/*
 * Decodes a payload that was decompressed already into events[count]. Their data points into raw.
 * Returns NULL, or what is wrong with the bytes.
 */
const char *ebb_event_decode(const uint8_t *raw, size_t raw_size, struct ebb_event *events,
                             size_t count, uint64_t first_position);

#endif

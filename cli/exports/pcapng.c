/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pcapng.h"

#include "log/buffer.h"

#include <string.h>

enum { BLOCK_INTERFACE = 1, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0a0d0d0a };
enum { OPTION_END = 0, OPTION_COMMENT = 1 }; /* of all blocks */
enum { SECTION_APPLICATION = 4 };
enum { INTERFACE_NAME = 2, INTERFACE_DESCRIPTION = 3, INTERFACE_MAC = 6 };
enum { PACKET_FLAGS = 2 };

#define MAGIC 0x1a2b3c4du /* tells the order of bytes */
#define VERSION 1u        /* 1.0, in two numbers of 16 bits */
#define LENGTH_UNKNOWN UINT64_MAX
#define LINK_ETHERNET 1u
#define BLOCK_SIZE 12u /* type, and the size twice */
#define OPTION_SIZE 4u /* type and size */

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

static size_t option_size(size_t size)
{
    return OPTION_SIZE + padded(size);
}

static void put_32(FILE *file, uint32_t value)
{
    uint8_t bytes[4];

    ebb_put_le32(bytes, value);
    fwrite(bytes, 1, sizeof(bytes), file);
}

static void put_bytes(FILE *file, const void *bytes, size_t size)
{
    static const uint8_t zeroes[4];

    fwrite(bytes, 1, size, file);
    fwrite(zeroes, 1, padded(size) - size, file);
}

static void put_option(FILE *file, uint32_t type, const void *bytes, size_t size)
{
    put_32(file, type | (uint32_t)size << 16);
    put_bytes(file, bytes, size);
}

static uint32_t put_header(FILE *file, uint32_t type, size_t size)
{
    put_32(file, type);
    put_32(file, (uint32_t)(BLOCK_SIZE + size));
    return (uint32_t)(BLOCK_SIZE + size);
}

void pcapng_begin(FILE *file, const char *application, const char *comment)
{
    uint32_t size = put_header(file, BLOCK_SECTION,
                               16 + option_size(strlen(application)) +
                                   option_size(strlen(comment)) + OPTION_SIZE);

    put_32(file, MAGIC);
    put_32(file, VERSION);
    put_32(file, (uint32_t)LENGTH_UNKNOWN);
    put_32(file, (uint32_t)(LENGTH_UNKNOWN >> 32));
    put_option(file, OPTION_COMMENT, comment, strlen(comment));
    put_option(file, SECTION_APPLICATION, application, strlen(application));
    put_option(file, OPTION_END, "", 0);
    put_32(file, size);
}

void pcapng_interface(FILE *file, const char *name, const char *description, const uint8_t *mac)
{
    size_t names = option_size(strlen(name)) + option_size(strlen(description));
    uint32_t size =
        put_header(file, BLOCK_INTERFACE, 8 + names + (mac ? option_size(6) : 0) + OPTION_SIZE);

    put_32(file, LINK_ETHERNET);
    put_32(file, PCAPNG_PACKET_MAX);
    put_option(file, INTERFACE_NAME, name, strlen(name));
    put_option(file, INTERFACE_DESCRIPTION, description, strlen(description));
    if (mac) {
        put_option(file, INTERFACE_MAC, mac, 6);
    }
    put_option(file, OPTION_END, "", 0);
    put_32(file, size);
}

void pcapng_packet(FILE *file, const struct pcapng_packet *packet)
{
    size_t options = option_size(strlen(packet->comment)) + option_size(4) + OPTION_SIZE;
    uint32_t size = put_header(file, BLOCK_PACKET, 20 + padded(packet->size) + options);
    uint8_t flags[4];

    ebb_put_le32(flags, packet->direction);
    put_32(file, packet->interface);
    put_32(file, (uint32_t)(packet->time >> 32));
    put_32(file, (uint32_t)packet->time);
    put_32(file, (uint32_t)packet->size);
    put_32(file, packet->length < UINT32_MAX ? (uint32_t)packet->length : UINT32_MAX);
    put_bytes(file, packet->bytes, packet->size);
    put_option(file, OPTION_COMMENT, packet->comment, strlen(packet->comment));
    put_option(file, PACKET_FLAGS, flags, sizeof(flags));
    put_option(file, OPTION_END, "", 0);
    put_32(file, size);
}

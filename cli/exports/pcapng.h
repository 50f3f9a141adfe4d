/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing pcapng files (IETF draft-ietf-opsawg-pcapng), as Wireshark and tcpdump read them. Times
 * are in microseconds. Errors are the file's, for ferror().
 */
#ifndef EBB_CLI_EXPORTS_PCAPNG_H
#define EBB_CLI_EXPORTS_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_PACKET_MAX 262144u /* bytes that are kept of one; Wireshark takes no more */

/* Begins a file; comment is about all of it. */
void pcapng_begin(FILE *file, const char *application, const char *comment);

/* The next interface, an Ethernet; they are numbered from 0. mac is 6 bytes, or NULL: not known. */
void pcapng_interface(FILE *file, const char *name, const char *description, const uint8_t *mac);

enum pcapng_direction { PCAPNG_RECEIVED = 1, PCAPNG_SENT = 2 };

struct pcapng_packet {
    uint32_t interface;
    enum pcapng_direction direction;
    uint64_t time;
    const uint8_t *bytes;
    size_t size;     /* at most PCAPNG_PACKET_MAX */
    uint64_t length; /* of the whole packet */
    const char *comment;
};
void pcapng_packet(FILE *file, const struct pcapng_packet *packet);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Manifests from strangers: a whole one with random changes, of bytes and of words (rounds.h).
 * Wanted are no crash, no sanitizer's report, and for each that is refused a sentence that says
 * why.
 */
#include "cli/manifest.h"
#include "rounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20000, ROOM = 8192 };

static const char whole[] =
    "{\"format\": \"ebb-recording\", \"version\": 1, \"created\": \"2024-05-01T12:00:00Z\","
    " \"ebb\": \"0.1\", \"qemu\": \"10.0.2\", \"accelerator\": \"kvm\","
    " \"host\": {\"architecture\": \"aarch64\", \"system\": \"Linux 6.1\"},"
    " \"command\": [\"qemu-system-aarch64\", \"-M\", \"virt\"], \"machine\": \"virt\","
    " \"cpu\": {\"type\": \"cortex-a53-arm-cpu\", \"architecture\": \"aarch64\", \"count\": 1,"
    " \"gic_cpu_interface\": false, \"semihosting\": \"kernel\", \"properties\": {\"pmu\": true},"
    " \"counter_frequency\": 62500000}, \"hypercalls\": \"recorded\", \"icount_shift\": 1,"
    " \"ram\": {\"size\": 33554432, \"blocks\": [{\"name\": \"mach-virt.ram\", \"offset\": 0,"
    " \"size\": 33554432}]}, \"memory_map\": [{\"address\": 1073741824, \"size\": 33554432,"
    " \"offset\": 0, \"type\": \"ram\"}], \"consoles\": [{\"type\": \"pl011\","
    " \"address\": 150994944}], \"devices\": [{\"name\": \"pl011\", \"address\": 150994944,"
    " \"size\": 4096}], \"kernel\": \"/boot/Image\", \"symbols\": \"vmlinux\"}";

/* What is put in the place of something else. */
static const char *const words[] = {
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "9223372036854775807",
    "[]",
    "{}",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "0.5",
    "\"\x1b[2J\"",
    "\xff",
    "\"version\": 2",
    "\"consoles\": {}",
};

/* Replaces `length` bytes at a place by others, as far as there is room. */
static void replace(char *text, size_t *size, size_t place, size_t length, const char *with,
                    size_t with_length)
{
    if (*size - length + with_length > ROOM) {
        return;
    }
    memmove(text + place + with_length, text + place + length, *size - place - length);
    memcpy(text + place, with, with_length);
    *size = *size - length + with_length;
}

static void change(char *text, size_t *size, uint64_t *random)
{
    size_t place = rounds_draw(random, (uint32_t)*size), from, length;
    const char *word = words[rounds_draw(random, sizeof(words) / sizeof(words[0]))];
    char piece[64];

    length = 1 + rounds_draw(random, 30);
    length = length < *size - place ? length : *size - place;
    switch (rounds_draw(random, 5)) {
    case 0:
        text[place] = (char)rounds_draw(random, 256);
        break;
    case 1: /* something is missing */
        replace(text, size, place, length, "", 0);
        break;
    case 2: /* something from elsewhere */
        from = rounds_draw(random, (uint32_t)*size);
        length = length < *size - from ? length : *size - from;
        memcpy(piece, text + from, length);
        replace(text, size, place, 0, piece, length);
        break;
    case 3: /* another value: from behind a colon to the next comma */
        while (place > 0 && text[place - 1] != ':') {
            place--;
        }
        length = 0;
        while (place + length < *size && !strchr(",}]", text[place + length])) {
            length++;
        }
        replace(text, size, place, length, word, strlen(word));
        break;
    default:
        replace(text, size, place, 0, word, strlen(word));
        break;
    }
}

/* The text in a block of its own size, so that the sanitizer sees a read beyond its end. */
static void parse(const char *text, size_t size)
{
    char *copy = malloc(size + 1);
    struct ebb_error error = {0};
    struct manifest *manifest;

    rounds_check(copy != NULL, "out of memory");
    memcpy(copy, text, size);
    manifest = manifest_parse(copy, size, "manifest.json", &error);
    free(copy);
    if (!manifest) {
        rounds_check(error.kind == EBB_ERROR_CORRUPT || error.kind == EBB_ERROR_UNSUPPORTED,
                     "a manifest is refused for a strange reason");
        rounds_check(error.message[0], "a manifest is refused without a reason");
        rounds_check(!strpbrk(error.message, "\x1b\r"), "a message would drive the terminal");
        return;
    }
    rounds_check(manifest->console_count <= MANIFEST_MAX_CONSOLES, "too many consoles");
    for (size_t i = 0; i < manifest->console_count; i++) {
        rounds_check(!manifest->consoles[i].type || strlen(manifest->consoles[i].type) < ROOM,
                     "a console's type is no text");
    }
    rounds_check(manifest->device_count <= MANIFEST_MAX_DEVICES, "too many devices");
    for (size_t i = 0; i < manifest->device_count; i++) {
        rounds_check(strlen(manifest->devices[i].name) < ROOM, "a device's name is no text");
    }
    rounds_check(manifest->icount_shift >= -1 && manifest->icount_shift <= 10, "a strange shift");
    manifest_free(manifest);
}

int main(int argc, char **argv)
{
    static char text[ROOM];
    uint64_t seed;

    parse(whole, sizeof(whole) - 1);
    rounds_begin(argc, argv, 1, ROUNDS);
    while (rounds_next(&seed)) {
        size_t size = sizeof(whole) - 1;

        memcpy(text, whole, size);
        for (unsigned changes = 1 + rounds_draw(&seed, 5); changes && size > 1; changes--) {
            change(text, &size, &seed);
        }
        parse(text, size);
    }
    return 0;
}

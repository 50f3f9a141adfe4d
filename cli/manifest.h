/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The manifest of a recording (docs/recording-format.md): what was recorded, where and when. It is
 * data from strangers: sizes are limited, types are checked, unknown members are kept and ignored.
 */
#ifndef EBB_CLI_MANIFEST_H
#define EBB_CLI_MANIFEST_H

#include "log/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_FORMAT "ebb-recording"
#define MANIFEST_VERSION 1
#define MANIFEST_MAX_BYTES (16u << 20)
#define MANIFEST_MAX_CONSOLES 64
#define MANIFEST_MAX_DEVICES 4096

struct manifest_console {
    uint64_t address; /* guest-physical, of the registers; a UART's data register is the first */
    const char *type; /* NULL: not said */
};

struct manifest_device {
    const char *name;       /* QEMU's */
    uint64_t address, size; /* guest-physical, of registers */
};

/* What of ebb record --until has ended the recording. */
struct manifest_until {
    const char *condition; /* NULL: nothing of it has */
    const char *line;      /* of the console; NULL: it was none */
    bool has_event;
    uint64_t event; /* number of the one that met it */
};

/* Strings belong to the manifest; NULL if the member is missing. */
struct manifest {
    json_t *root;
    const char *created; /* time as text */
    const char *ebb;     /* version */
    const char *qemu;    /* version */
    const char *machine; /* QEMU's names */
    const char *cpu;
    const char *architecture; /* "aarch64" or "arm" */
    const char *accelerator;
    const char *host_architecture;
    const char *host_system;
    const char *kernel;  /* path on the recording machine */
    const char *symbols; /* path of an ELF file, relative paths count from the recording */
    uint64_t ram_bytes;
    int icount_shift; /* an instruction takes 2^shift ns of guest time; -1: unknown */
    size_t console_count;
    struct manifest_console consoles[MANIFEST_MAX_CONSOLES];
    size_t device_count;
    struct manifest_device *devices;
    struct manifest_until until;
    uint64_t markers; /* guest-physical address; 0: there are none */
    bool has_counter_page;
    uint64_t counter_page; /* offset in the flat space */
};

/* Reads DIRECTORY/manifest.json. */
struct manifest *manifest_load(const char *directory, struct ebb_error *error);

/* The same from memory; source names it in errors. */
struct manifest *manifest_parse(const char *text, size_t length, const char *source,
                                struct ebb_error *error);
void manifest_free(struct manifest *manifest);

#endif

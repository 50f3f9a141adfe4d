/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct header {
    bool big_endian;
    unsigned machine; /* EM_...; EM_NONE: the file is too short to say */
    bool relocatable; /* its symbols have no addresses yet */
};

static unsigned half(const unsigned char *bytes, bool big_endian)
{
    return big_endian ? (unsigned)bytes[0] << 8 | bytes[1] : (unsigned)bytes[1] << 8 | bytes[0];
}

/* True: an ELF file; false: something else or nothing, errno says what. */
static bool read_header(const char *path, struct header *header)
{
    /* The same in ELF files of 32 and of 64 bits, as far as it is looked at. Non-blocking, since a
     * manifest may name a pipe. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char bytes[sizeof(Elf32_Ehdr)] = {0};
    struct stat status;
    bool is_elf = false;

    if (fd < 0) {
        return false;
    }
    errno = 0;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        read(fd, bytes, sizeof(bytes)) >= SELFMAG) {
        is_elf = memcmp(bytes, ELFMAG, SELFMAG) == 0;
    }
    close(fd);
    header->big_endian = bytes[EI_DATA] == ELFDATA2MSB;
    header->machine = half(bytes + offsetof(Elf32_Ehdr, e_machine), header->big_endian);
    header->relocatable = half(bytes + offsetof(Elf32_Ehdr, e_type), header->big_endian) == ET_REL;
    return is_elf;
}

static int candidate(const struct recording *recording, const char *name, char **path,
                     struct ebb_error *error)
{
    struct header header;

    if (!name || !*name) {
        return 0;
    }
    if (asprintf(path, "%s%s%s", name[0] == '/' ? "" : recording->directory,
                 name[0] == '/' ? "" : "/", name) < 0) {
        *path = NULL;
        return ebb_fail_memory(error);
    }
    if (!read_header(*path, &header) || header.relocatable) {
        free(*path);
        *path = NULL;
    }
    return 0;
}

/* What a manifest may leave open is not held against a file. */
static bool guest_is(const struct recording *recording, const char *architecture)
{
    const char *said = recording->manifest->architecture;

    return said && strcmp(said, architecture) == 0;
}

static int take_chosen(const struct recording *recording, const char *chosen, char **path,
                       struct ebb_error *error)
{
    struct header header;

    if (!read_header(chosen, &header)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "cannot take symbols from %s: %s", chosen,
                        errno ? strerror(errno) : "it is not an ELF file");
    }
    if (header.machine == EM_AARCH64 && guest_is(recording, "arm")) {
        return ebb_fail(
            error, EBB_ERROR_USAGE,
            "cannot take symbols from %s: it is for AArch64, and the guest's CPU is ARMv7", chosen);
    }
    if (header.machine != EM_NONE && header.machine != EM_ARM && header.machine != EM_AARCH64) {
        return ebb_fail(error, EBB_ERROR_USAGE, "cannot take symbols from %s: it is not for ARM",
                        chosen);
    }
    if (header.relocatable) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "cannot take symbols from %s: it is relocatable (a kernel module or an "
                        "object file), so that its symbols have no addresses; name the kernel's "
                        "or program's ELF file, and in gdb: add-symbol-file %s ADDRESS",
                        chosen, chosen);
    }
    *path = strdup(chosen);
    return *path ? 0 : ebb_fail_memory(error);
}

int symbol_file_find(const struct recording *recording, const char *chosen, char **path,
                     struct ebb_error *error)
{
    *path = NULL;
    if (chosen) {
        return take_chosen(recording, chosen, path, error);
    }
    if (candidate(recording, recording->manifest->symbols, path, error) < 0) {
        return -1;
    }
    return *path ? 0 : candidate(recording, recording->manifest->kernel, path, error);
}

int symbol_file_check_for_gdb(const struct recording *recording, const char *path,
                              struct ebb_error *error)
{
    struct header header;

    if (read_header(path, &header) && header.machine == EM_ARM && guest_is(recording, "aarch64")) {
        return ebb_fail(
            error, EBB_ERROR_USAGE,
            "gdb cannot take symbols from %s: it is for ARM of 32 bits, and the guest's "
            "CPU is AArch64",
            path);
    }
    return 0;
}

bool symbol_file_is_big_endian(const char *path)
{
    struct header header;

    return read_header(path, &header) && header.big_endian;
}

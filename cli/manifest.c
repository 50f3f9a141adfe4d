/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manifest.h"

#include "json_list.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int wrong_type(const char *source, const char *member, const char *wanted,
                      struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_CORRUPT, "%s: member \"%s\" is not %s", source, member,
                    wanted);
}

/* The member of object, which is called name in errors; it may be missing. */
static int take_string(json_t *object, const char *member, const char *source, const char *name,
                       const char **string, struct ebb_error *error)
{
    json_t *value = json_object_get(object, member);

    if (!value || json_is_null(value)) {
        return 0;
    }
    if (!json_is_string(value)) {
        return wrong_type(source, name, "a string", error);
    }
    *string = json_string_value(value);
    return 0;
}

/* A member that is an object, or NULL if it is missing. */
static int take_object(const struct manifest *manifest, const char *source, const char *member,
                       json_t **object, struct ebb_error *error)
{
    *object = json_object_get(manifest->root, member);
    if (*object && !json_is_object(*object)) {
        return wrong_type(source, member, "an object", error);
    }
    return 0;
}

static int take_consoles(struct manifest *manifest, const char *source, struct ebb_error *error)
{
    json_t *consoles = json_object_get(manifest->root, "consoles"), *entry;
    size_t index;

    if (!consoles) {
        return 0;
    }
    if (!json_is_array(consoles) || json_array_size(consoles) > MANIFEST_MAX_CONSOLES) {
        return wrong_type(source, "consoles", "an array of at most 64 entries", error);
    }
    json_array_foreach(consoles, index, entry)
    {
        struct manifest_console *console = &manifest->consoles[index];
        if (json_read_number(json_is_object(entry) ? json_object_get(entry, "address") : entry,
                             &console->address) < 0) {
            return wrong_type(source, "consoles", "an array of objects with an address", error);
        }
        console->type = json_string_value(json_object_get(entry, "type"));
    }
    manifest->console_count = json_array_size(consoles);
    return 0;
}

static int take_device(struct manifest_device *device, const json_t *entry)
{
    device->name = json_string_value(json_object_get(entry, "name"));
    return device->name &&
                   json_read_number(json_object_get(entry, "address"), &device->address) == 0 &&
                   json_read_number(json_object_get(entry, "size"), &device->size) == 0
               ? 0
               : -1;
}

static int take_devices(struct manifest *manifest, const char *source, struct ebb_error *error)
{
    json_t *devices = json_object_get(manifest->root, "devices"), *entry;
    size_t index;

    if (!devices) {
        return 0;
    }
    if (!json_is_array(devices) || json_array_size(devices) > MANIFEST_MAX_DEVICES) {
        return wrong_type(source, "devices", "an array of at most 4096 entries", error);
    }
    manifest->devices = calloc(json_array_size(devices) + 1, sizeof(*manifest->devices));
    if (!manifest->devices) {
        return ebb_fail_memory(error);
    }
    json_array_foreach(devices, index, entry)
    {
        if (take_device(&manifest->devices[index], entry) < 0) {
            return wrong_type(source, "devices",
                              "an array of objects with a name, an address and a size", error);
        }
    }
    manifest->device_count = json_array_size(devices);
    return 0;
}

static int take_until(struct manifest *manifest, const char *source, struct ebb_error *error)
{
    json_t *until = json_object_get(manifest->root, "until");
    json_t *event = json_object_get(until, "event");

    if (!until) {
        return 0;
    }
    if (take_string(until, "condition", source, "until.condition", &manifest->until.condition,
                    error) < 0 ||
        take_string(until, "text", source, "until.text", &manifest->until.line, error) < 0) {
        return -1;
    }
    if (!manifest->until.condition) {
        return wrong_type(source, "until", "an object with a condition", error);
    }
    if (event && json_read_number(event, &manifest->until.event) < 0) {
        return wrong_type(source, "until.event", "the number of an event", error);
    }
    manifest->until.has_event = event != NULL;
    return 0;
}

static int take_markers(struct manifest *manifest, const char *source, struct ebb_error *error)
{
    json_t *markers = json_object_get(manifest->root, "markers");

    if (markers && json_read_number(markers, &manifest->markers) < 0) {
        return wrong_type(source, "markers", "an address", error);
    }
    return 0;
}

static int take_counter_page(struct manifest *manifest, const char *source, struct ebb_error *error)
{
    json_t *page = json_object_get(manifest->root, "counter_page");

    if (page && json_read_number(page, &manifest->counter_page) < 0) {
        return wrong_type(source, "counter_page", "an offset in bytes", error);
    }
    manifest->has_counter_page = page != NULL;
    return 0;
}

static int check_version(const struct manifest *manifest, const char *source,
                         struct ebb_error *error)
{
    const char *format = json_string_value(json_object_get(manifest->root, "format"));
    json_t *version = json_object_get(manifest->root, "version");

    if (!format || strcmp(format, MANIFEST_FORMAT) != 0) {
        return ebb_fail(error, EBB_ERROR_CORRUPT,
                        "%s: member \"format\" is not \"%s\", so this is no recording's manifest",
                        source, MANIFEST_FORMAT);
    }
    if (!json_is_integer(version)) {
        return wrong_type(source, "version", "a whole number", error);
    }
    if (json_integer_value(version) != MANIFEST_VERSION) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "%s: the recording has format version %" JSON_INTEGER_FORMAT
                        ", this ebb reads version %d; use the ebb that made it",
                        source, json_integer_value(version), MANIFEST_VERSION);
    }
    return 0;
}

static int take_strings(struct manifest *manifest, json_t *cpu, json_t *host, const char *source,
                        struct ebb_error *error)
{
    const struct {
        json_t *object;
        const char *member;
        const char *name;
        const char **string;
    } strings[] = {
        {manifest->root, "created", "created", &manifest->created},
        {manifest->root, "ebb", "ebb", &manifest->ebb},
        {manifest->root, "qemu", "qemu", &manifest->qemu},
        {manifest->root, "machine", "machine", &manifest->machine},
        {manifest->root, "accelerator", "accelerator", &manifest->accelerator},
        {manifest->root, "kernel", "kernel", &manifest->kernel},
        {manifest->root, "symbols", "symbols", &manifest->symbols},
        {cpu, "type", "cpu.type", &manifest->cpu},
        {cpu, "architecture", "cpu.architecture", &manifest->architecture},
        {host, "architecture", "host.architecture", &manifest->host_architecture},
        {host, "system", "host.system", &manifest->host_system},
    };

    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (take_string(strings[i].object, strings[i].member, source, strings[i].name,
                        strings[i].string, error) < 0) {
            return -1;
        }
    }
    return 0;
}

static int take_members(struct manifest *manifest, const char *source, struct ebb_error *error)
{
    json_t *shift = json_object_get(manifest->root, "icount_shift");
    json_t *cpu, *host, *ram, *size;

    if (take_object(manifest, source, "cpu", &cpu, error) < 0 ||
        take_object(manifest, source, "host", &host, error) < 0 ||
        take_object(manifest, source, "ram", &ram, error) < 0 ||
        take_strings(manifest, cpu, host, source, error) < 0) {
        return -1;
    }
    size = json_object_get(ram, "size");
    if (size && json_read_number(size, &manifest->ram_bytes) < 0) {
        return wrong_type(source, "ram.size", "a size in bytes", error);
    }
    manifest->icount_shift = -1;
    if (shift) {
        if (!json_is_integer(shift) || json_integer_value(shift) < 0 ||
            json_integer_value(shift) > 10) {
            return wrong_type(source, "icount_shift", "a whole number from 0 to 10", error);
        }
        manifest->icount_shift = (int)json_integer_value(shift);
    }
    if (take_until(manifest, source, error) < 0 || take_markers(manifest, source, error) < 0 ||
        take_counter_page(manifest, source, error) < 0) {
        return -1;
    }
    return take_consoles(manifest, source, error) < 0 ? -1 : take_devices(manifest, source, error);
}

struct manifest *manifest_parse(const char *text, size_t length, const char *source,
                                struct ebb_error *error)
{
    struct manifest *manifest = calloc(1, sizeof(*manifest));
    json_error_t json_error;

    if (!manifest) {
        ebb_fail_memory(error);
        return NULL;
    }
    manifest->root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &json_error);
    if (!manifest->root) {
        char *reason = text_printable(json_error.text, strlen(json_error.text));

        ebb_fail(error, EBB_ERROR_CORRUPT, "%s, line %d: %s", source, json_error.line,
                 reason ? reason : "this is not JSON");
        free(reason);
    } else if (!json_is_object(manifest->root)) {
        ebb_fail(error, EBB_ERROR_CORRUPT, "%s: this is not a JSON object", source);
    } else if (check_version(manifest, source, error) == 0 &&
               take_members(manifest, source, error) == 0) {
        return manifest;
    }
    manifest_free(manifest);
    return NULL;
}

/* Reads a whole file of at most MANIFEST_MAX_BYTES; the caller frees the result. */
static char *read_file(int fd, const char *path, size_t *length, struct ebb_error *error)
{
    struct stat status;
    char *text;

    if (fstat(fd, &status) < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > (off_t)MANIFEST_MAX_BYTES) {
        ebb_fail(error, EBB_ERROR_CORRUPT, "%s is not a file of at most 16 MiB", path);
        return NULL;
    }
    text = malloc((size_t)status.st_size + 1);
    if (!text) {
        ebb_fail_memory(error);
        return NULL;
    }
    *length = 0;
    while (*length < (size_t)status.st_size) {
        ssize_t count = read(fd, text + *length, (size_t)status.st_size - *length);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            ebb_fail(error, EBB_ERROR_FAILED, "cannot read %s: %s", path, strerror(errno));
            free(text);
            return NULL;
        }
        if (count == 0) {
            break;
        }
        *length += (size_t)count;
    }
    return text;
}

struct manifest *manifest_load(const char *directory, struct ebb_error *error)
{
    struct manifest *manifest = NULL;
    size_t length;
    char *path, *text;
    int fd;

    if (asprintf(&path, "%s/%s", directory, MANIFEST_NAME) < 0) {
        ebb_fail_memory(error);
        return NULL;
    }
    /* Non-blocking: whoever sends a recording may have put a pipe in the manifest's place. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (errno == ENOENT) {
            ebb_fail(error, EBB_ERROR_USAGE, "%s is not a recording: it has no %s", directory,
                     MANIFEST_NAME);
        } else {
            ebb_fail(error, EBB_ERROR_FAILED, "cannot open %s: %s", path, strerror(errno));
        }
        free(path);
        return NULL;
    }
    text = read_file(fd, path, &length, error);
    close(fd);
    if (text) {
        manifest = manifest_parse(text, length, path, error);
    }
    free(text);
    free(path);
    return manifest;
}

void manifest_free(struct manifest *manifest)
{
    if (manifest) {
        json_decref(manifest->root);
        free(manifest->devices);
        free(manifest);
    }
}

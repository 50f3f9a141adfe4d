/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "manifest.h"

#define MAX_MANIFEST_SIZE (16u << 20)
#define MAX_RANGES 4096u
#define MAX_RAM_SIZE (1ull << 42)
#define MAX_ADDRESS (1ull << 52)

bool worker_memory_range_valid(const struct ebb_memory_range *range, uint64_t ram_size)
{
    return range->size && !((range->address | range->size | range->offset) % EBB_PAGE_SIZE) &&
           (range->type & ~EBB_MEMORY_SECURE) <= EBB_MEMORY_ROMD && range->offset <= ram_size &&
           range->size <= ram_size - range->offset && range->address <= MAX_ADDRESS &&
           range->size <= MAX_ADDRESS - range->address;
}

static bool read_uint(const QDict *dict, const char *key, uint64_t *value)
{
    const QNum *number = qobject_to(QNum, qdict_get(dict, key));

    return number && qnum_get_try_uint(number, value);
}

static bool read_memory_type(const QDict *dict, uint64_t *type)
{
    static const char *const names[] = {"ram", "rom", "romd"};
    const char *name = qdict_get_try_str(dict, "type");
    uint64_t secure = name && g_str_has_prefix(name, "secure-") ? EBB_MEMORY_SECURE : 0;
    uint64_t i;

    for (i = 0; name && i < ARRAY_SIZE(names); i++) {
        if (!strcmp(secure ? name + strlen("secure-") : name, names[i])) {
            *type = i | secure;
            return true;
        }
    }
    return false;
}

static bool read_map(struct worker_manifest *manifest, const QDict *root)
{
    QList *list = qobject_to(QList, qdict_get(root, "memory_map"));
    const QListEntry *entry;

    if (!list || qlist_empty(list) || qlist_size(list) > MAX_RANGES) {
        return false;
    }
    manifest->map = g_new0(struct ebb_memory_range, qlist_size(list));
    QLIST_FOREACH_ENTRY(list, entry)
    {
        struct ebb_memory_range *range = &manifest->map[manifest->map_count++];
        const QDict *item = qobject_to(QDict, qlist_entry_obj(entry));

        if (!item || !read_uint(item, "address", &range->address) ||
            !read_uint(item, "size", &range->size) || !read_uint(item, "offset", &range->offset) ||
            !read_memory_type(item, &range->type) ||
            !worker_memory_range_valid(range, manifest->ram_size)) {
            return false;
        }
        manifest->has_secure_memory |= (range->type & EBB_MEMORY_SECURE) != 0;
    }
    return true;
}

/* True if a member is missing, or of the type. */
static bool has_type(const QDict *dict, const char *key, QType type)
{
    const QObject *value = qdict_get(dict, key);

    return !value || qobject_type(value) == type;
}

static bool read_cpu(struct worker_manifest *manifest, const QDict *root)
{
    const QDict *cpu = qobject_to(QDict, qdict_get(root, "cpu"));
    const char *type = cpu ? qdict_get_try_str(cpu, "type") : NULL, *semihosting;

    if (!type || !has_type(cpu, "gic_cpu_interface", QTYPE_QBOOL) ||
        !has_type(cpu, "gic_priority_bits", QTYPE_QNUM) ||
        !has_type(cpu, "semihosting", QTYPE_QSTRING) || !has_type(cpu, "properties", QTYPE_QDICT)) {
        return false;
    }
    manifest->cpu_type = g_strdup(type);
    manifest->gic_cpu_interface = qdict_get_try_bool(cpu, "gic_cpu_interface", false);
    manifest->gic_priority_bits = qdict_get_try_int(cpu, "gic_priority_bits", 0);
    semihosting = qdict_get_try_str(cpu, "semihosting");
    manifest->semihosting = semihosting != NULL;
    manifest->semihosting_user = g_strcmp0(semihosting, "user") == 0;
    manifest->cpu_properties = qobject_to(QDict, qdict_get(cpu, "properties"));
    if (manifest->cpu_properties) {
        qobject_ref(manifest->cpu_properties);
    }
    return true;
}

/* False if there is one outside of RAM. */
static bool read_counter_page(struct worker_manifest *manifest, const QDict *root)
{
    manifest->has_counter_page = qdict_haskey(root, "counter_page");
    return !manifest->has_counter_page ||
           (read_uint(root, "counter_page", &manifest->counter_page) &&
            manifest->counter_page % EBB_PAGE_SIZE == 0 &&
            manifest->counter_page < manifest->ram_size);
}

/* What a recording of KVM has beyond that; false if it is not there. */
static bool read_kvm(struct worker_manifest *manifest, const QDict *root)
{
    const QDict *cpu = qobject_to(QDict, qdict_get(root, "cpu"));
    const char *architecture = qdict_get_try_str(cpu, "architecture");
    const char *clock = qdict_get_try_str(root, "guest_clock");

    manifest->kvm = g_strcmp0(qdict_get_try_str(root, "accelerator"), "kvm") == 0;
    if (!manifest->kvm) {
        return true;
    }
    manifest->aarch64 = g_strcmp0(architecture, "aarch64") == 0;
    manifest->hypercalls_recorded =
        g_strcmp0(qdict_get_try_str(root, "hypercalls"), "recorded") == 0;
    manifest->has_cpu_timer = !clock || g_str_equal(clock, "registers");
    return (manifest->aarch64 || g_strcmp0(architecture, "arm") == 0) &&
           read_counter_page(manifest, root) &&
           read_uint(cpu, "counter_frequency", &manifest->counter_frequency) &&
           manifest->counter_frequency > 0 && manifest->counter_frequency <= UINT32_MAX;
}

static const char *interpret(struct worker_manifest *manifest, const QDict *root)
{
    const QDict *ram = qobject_to(QDict, qdict_get(root, "ram"));

    if (g_strcmp0(qdict_get_try_str(root, "format"), "ebb-recording") ||
        qdict_get_try_int(root, "version", 0) != 1) {
        return "is not that of a recording of version 1";
    }
    if (!ram || !read_uint(ram, "size", &manifest->ram_size) || !manifest->ram_size ||
        manifest->ram_size % EBB_PAGE_SIZE || manifest->ram_size > MAX_RAM_SIZE) {
        return "has no valid ram.size";
    }
    if (!read_map(manifest, root)) {
        return "has no valid memory_map";
    }
    return read_cpu(manifest, root) && read_kvm(manifest, root) ? NULL : "has no valid cpu";
}

/* All of a file as text, for g_free(); NULL if it is none, or too long for a manifest. */
static char *read_text(int file)
{
    struct stat status;
    char *text;
    ssize_t length = -1;

    if (fstat(file, &status) || !S_ISREG(status.st_mode) || status.st_size > MAX_MANIFEST_SIZE) {
        return NULL;
    }
    text = g_malloc0(status.st_size + 1);
    length = pread(file, text, status.st_size, 0);
    if (length != status.st_size || strlen(text) != length) {
        g_free(text);
        return NULL;
    }
    return text;
}

struct worker_manifest *worker_manifest_read(int file, const char *path, Error **errp)
{
    g_autofree char *text = read_text(file);
    struct worker_manifest *manifest;
    const char *problem;
    QObject *object;

    if (!text) {
        error_setg(errp, "%s: not a manifest", path);
        return NULL;
    }
    object = qobject_from_json(text, errp);
    if (!object) {
        error_prepend(errp, "%s: ", path);
        return NULL;
    }
    manifest = g_new0(struct worker_manifest, 1);
    problem = qobject_to(QDict, object) ? interpret(manifest, qobject_to(QDict, object))
                                        : "is not an object";
    qobject_unref(object);
    if (problem) {
        error_setg(errp, "the manifest %s %s", path, problem);
        return NULL;
    }
    return manifest;
}

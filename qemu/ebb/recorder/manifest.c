/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu-version.h"
#include <sys/utsname.h>
#include "cpu.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "hw/char/pl011.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "qom/qom-qobject.h"
#include "system/tcg.h"
#include "semihosting/semihost.h"
#include "ebb/arm/cpu_properties.h"
#include "ebb/arm/sysreg.h"
#include "accel.h"
#include "manifest.h"
#include "map.h"
#include "markers.h"
#include "ram_space.h"
#include "region_address.h"
#include "until.h"

#define RECORDER_VERSION "0.1.0"

static void put_uint(QDict *dict, const char *key, uint64_t value)
{
    qdict_put(dict, key, qnum_from_uint(value));
}

static QDict *cpu_properties(ARMCPU *cpu)
{
    QDict *dict = qdict_new();
    ObjectPropertyIterator iterator;
    ObjectProperty *property;

    object_property_iter_init(&iterator, OBJECT(cpu));
    while ((property = object_property_iter_next(&iterator))) {
        QObject *value;

        if (!ebb_cpu_property_is_configuration(property)) {
            continue;
        }
        value = object_property_get_qobject(OBJECT(cpu), property->name, NULL);
        /* 0 is what it says without SVE; nobody may set it to that. */
        if (value && g_str_equal(property->name, "sve-max-vq") && !cpu->sve_max_vq) {
            qobject_unref(value);
        } else if (value) {
            qdict_put_obj(dict, property->name, value);
        }
    }
    return dict;
}

static QDict *describe_cpu(ARMCPU *cpu)
{
    QDict *dict = qdict_new();
    bool a64 = arm_feature(&cpu->env, ARM_FEATURE_AARCH64);

    qdict_put_str(dict, "type", object_get_typename(OBJECT(cpu)));
    qdict_put_str(dict, "architecture", a64 ? "aarch64" : "arm");
    qdict_put_int(dict, "count", 1);
    qdict_put_bool(dict, "gic_cpu_interface", ebb_sysregs_gic_priority_bits(cpu) != 0);
    if (ebb_sysregs_gic_priority_bits(cpu)) {
        qdict_put_int(dict, "gic_priority_bits", ebb_sysregs_gic_priority_bits(cpu));
    }
    if (semihosting_enabled(false)) {
        qdict_put_str(dict, "semihosting", semihosting_enabled(true) ? "user" : "kernel");
    }
    if (tcg_enabled()) {
        qdict_put(dict, "properties", cpu_properties(cpu));
    }
    return dict;
}

static QDict *describe_ram(const struct recorder_ram_space *space)
{
    QDict *dict = qdict_new();
    QList *blocks = qlist_new();
    size_t i;

    for (i = 0; i < space->block_count; i++) {
        QDict *block = qdict_new();

        qdict_put_str(block, "name", space->blocks[i].name);
        put_uint(block, "offset", space->blocks[i].offset);
        put_uint(block, "size", space->blocks[i].size);
        qlist_append(blocks, block);
    }
    put_uint(dict, "size", space->size);
    qdict_put(dict, "blocks", blocks);
    return dict;
}

static QList *describe_map(const struct recorder_session *session)
{
    static const char *const types[] = {"ram", "rom", "romd"};
    static const char *const secure_types[] = {"secure-ram", "secure-rom", "secure-romd"};
    size_t count, i;
    const struct ebb_memory_range *ranges = recorder_map_ranges(session, &count);
    QList *list = qlist_new();

    for (i = 0; i < count; i++) {
        const struct ebb_memory_range *range = &ranges[i];
        QDict *dict = qdict_new();

        put_uint(dict, "address", range->address);
        put_uint(dict, "size", range->size);
        put_uint(dict, "offset", range->offset);
        if (range->type & EBB_MEMORY_SECURE) {
            qdict_put_str(dict, "type", secure_types[range->type & ~EBB_MEMORY_SECURE]);
        } else {
            qdict_put_str(dict, "type", types[range->type]);
        }
        qlist_append(list, dict);
    }
    return list;
}

static int add_console(Object *object, void *opaque)
{
    SysBusDevice *device = (SysBusDevice *)object_dynamic_cast(object, TYPE_SYS_BUS_DEVICE);
    hwaddr address;
    QDict *dict;

    if (!device || !object_dynamic_cast(object, TYPE_PL011) || !sysbus_has_mmio(device, 0) ||
        !recorder_region_address(sysbus_mmio_get_region(device, 0), &address)) {
        return 0;
    }
    dict = qdict_new();
    qdict_put_str(dict, "type", "pl011");
    put_uint(dict, "address", address);
    qlist_append((QList *)opaque, dict);
    return 0;
}

static QList *describe_consoles(void)
{
    QList *list = qlist_new();

    object_child_foreach_recursive(qdev_get_machine(), add_console, list);
    return list;
}

/* A transport, such as virtio-mmio, is known by the device behind it. */
static const char *device_name(DeviceState *device)
{
    BusState *bus = QLIST_FIRST(&device->child_bus);
    BusChild *child = bus ? QTAILQ_FIRST(&bus->children) : NULL;

    return object_get_typename(child && bus->num_children == 1 ? OBJECT(child->child)
                                                               : OBJECT(device));
}

static int add_device(Object *object, void *opaque)
{
    SysBusDevice *device = (SysBusDevice *)object_dynamic_cast(object, TYPE_SYS_BUS_DEVICE);
    hwaddr address;

    for (int i = 0; device && sysbus_has_mmio(device, i); i++) {
        MemoryRegion *region = sysbus_mmio_get_region(device, i);

        if (!memory_region_is_ram(region) && recorder_region_address(region, &address)) {
            QDict *dict = qdict_new();

            qdict_put_str(dict, "name", device_name(DEVICE(device)));
            put_uint(dict, "address", address);
            put_uint(dict, "size", memory_region_size(region));
            qlist_append((QList *)opaque, dict);
        }
    }
    return 0;
}

/* Whose registers are where; for people, a replay needs none of it. */
static QList *describe_devices(void)
{
    QList *list = qlist_new();

    object_child_foreach_recursive(qdev_get_machine(), add_device, list);
    return list;
}

static QList *describe_command(void)
{
    QList *list = qlist_new();
    g_autofree char *words = NULL;
    gsize length = 0, done = 0;

    if (g_file_get_contents("/proc/self/cmdline", &words, &length, NULL)) {
        while (done < length) {
            qlist_append_str(list, words + done);
            done += strlen(words + done) + 1;
        }
    }
    return list;
}

static QDict *describe_host(void)
{
    QDict *dict = qdict_new();
    struct utsname names;

    if (uname(&names) == 0) {
        g_autofree char *system = g_strdup_printf("%s %s", names.sysname, names.release);

        qdict_put_str(dict, "architecture", names.machine);
        qdict_put_str(dict, "system", system);
    }
    return dict;
}

static QDict *describe(struct recorder_session *session)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *created = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    QDict *dict = qdict_new();

    qdict_put_str(dict, "format", "ebb-recording");
    qdict_put_int(dict, "version", 1);
    qdict_put_str(dict, "created", created);
    qdict_put_str(dict, "ebb", RECORDER_VERSION);
    qdict_put_str(dict, "qemu", QEMU_FULL_VERSION);
    qdict_put_str(dict, "accelerator", session->accel->name);
    qdict_put(dict, "host", describe_host());
    qdict_put(dict, "command", describe_command());
    qdict_put_str(dict, "machine", MACHINE_GET_CLASS(qdev_get_machine())->name);
    qdict_put(dict, "cpu", describe_cpu(session->cpu));
    session->accel->describe(session, dict);
    qdict_put(dict, "ram", describe_ram(session->space));
    qdict_put(dict, "memory_map", describe_map(session));
    qdict_put(dict, "consoles", describe_consoles());
    qdict_put(dict, "devices", describe_devices());
    if (recorder_markers_address(session)) {
        put_uint(dict, "markers", recorder_markers_address(session));
    }
    if (session->settings.kernel) {
        qdict_put_str(dict, "kernel", session->settings.kernel);
    }
    if (session->settings.symbols) {
        qdict_put_str(dict, "symbols", session->settings.symbols);
    }
    return dict;
}

static bool write_file(const struct recorder_session *session, Error **errp)
{
    g_autofree char *path = g_build_filename(session->settings.directory, "manifest.json", NULL);
    GString *text = qobject_to_json_pretty(QOBJECT(session->manifest), true);
    GError *failure = NULL;

    g_string_append_c(text, '\n');
    /* Writes another file and renames it. */
    if (!g_file_set_contents(path, text->str, text->len, &failure)) {
        error_setg(errp, "cannot write the manifest: %s", failure->message);
        g_error_free(failure);
    }
    g_string_free(text, true);
    return !failure;
}

bool recorder_manifest_write(struct recorder_session *session, Error **errp)
{
    qobject_unref(session->manifest);
    session->manifest = describe(session);
    return write_file(session, errp);
}

void recorder_manifest_finish(struct recorder_session *session)
{
    QDict *until = recorder_until_describe(session);
    Error *error = NULL;

    if (until) {
        qdict_put(session->manifest, "until", until);
        if (!write_file(session, &error)) {
            warn_report_err(error);
        }
    }
}

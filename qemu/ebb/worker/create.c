/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qobject/qdict.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "hw/qdev-core.h"
#include "qom/qom-qobject.h"
#include "exec/cpu-common.h"
#include "exec/translation-block.h"
#include "semihosting/semihost.h"
#include "ebb/arm/cpu_properties.h"
#include "ebb/arm/regime.h"
#include "ebb/arm/sysreg.h"
#include "ebb/hooks.h"
#include "calls.h"
#include "changes.h"
#include "coverage.h"
#include "create.h"
#include "events.h"
#include "hooks.h"
#include "interrupts.h"
#include "kvm.h"
#include "map.h"
#include "pages.h"
#include "ram.h"
#include "replay.h"
#include "rows.h"
#include "run.h"
#include "translations.h"
#include "watch_ranges.h"

static G_NORETURN void refuse_property(const char *name, const char *why)
{
    error_report("the manifest is damaged: the CPU's property \"%s\" %s", name, why);
    exit(EBB_ERROR_CORRUPT);
}

static void set_cpu_property(Object *cpu, const char *name, QObject *value)
{
    const ObjectProperty *property = object_property_find(cpu, name);
    Error *error = NULL;

    /* A property that only another build has must not keep a recording from being replayed; the
     * keyframe's identification registers show whether the CPU is the same. */
    if (!property) {
        return;
    }
    if (!ebb_cpu_property_is_configuration(property)) {
        refuse_property(name, "is none that a recording has");
    }
    if (qobject_type(value) != (g_str_equal(property->type, "bool") ? QTYPE_QBOOL : QTYPE_QNUM)) {
        refuse_property(name, "has a value of another type");
    }
    if (!object_property_set_qobject(cpu, name, value, &error)) {
        refuse_property(name, error_get_pretty(error));
    }
}

static ARMCPU *create_cpu(struct worker *worker)
{
    const struct worker_manifest *manifest = worker->manifest;
    ObjectClass *class = object_class_by_name(manifest->cpu_type);
    const QDictEntry *entry;
    Error *error = NULL;
    Object *cpu;

    if (!class || object_class_is_abstract(class) ||
        !object_class_dynamic_cast(class, TYPE_ARM_CPU)) {
        error_report("the manifest's CPU type \"%s\" is not one of this build's ARM CPUs",
                     manifest->cpu_type);
        exit(EBB_ERROR_UNSUPPORTED);
    }
    cpu = object_new(manifest->cpu_type);
    for (entry = manifest->cpu_properties ? qdict_first(manifest->cpu_properties) : NULL; entry;
         entry = qdict_next(manifest->cpu_properties, entry)) {
        set_cpu_property(cpu, qdict_entry_key(entry), qdict_entry_value(entry));
    }
    if (manifest->has_secure_memory) {
        /* A CPU without EL3 has no such property, and makes no secure accesses. */
        object_property_set_link(cpu, "secure-memory", OBJECT(&worker->secure_memory), NULL);
    }
    if (!qdev_realize(DEVICE(cpu), NULL, &error)) {
        error_report("the manifest is damaged: the CPU's properties make no CPU of the type %s: %s",
                     manifest->cpu_type, error_get_pretty(error));
        exit(EBB_ERROR_CORRUPT);
    }
    return ARM_CPU(cpu);
}

static G_NORETURN void give_up(const struct ebb_error *error)
{
    error_report("%s", error->message);
    exit(error->kind);
}

/* A CPU like the one that ran under KVM, which the first keyframe describes. */
static ARMCPU *create_kvm_cpu(struct worker *worker)
{
    struct ebb_error error;
    ARMCPU *cpu;

    if (worker_kvm_open(worker, &error)) {
        give_up(&error);
    }
    cpu = kvm_guest_cpu_new(&worker->kvm.description, &error);
    if (!cpu) {
        give_up(&error);
    }
    return cpu;
}

void worker_create(const struct worker_manifest *manifest, const struct worker_options *options)
{
    struct worker *worker = worker_current();
    struct ebb_error error;

    worker->mode = &worker_replay_mode;
    worker->manifest = manifest;
    worker->report = g_string_new(NULL);
    worker->breakpoints = g_array_new(FALSE, FALSE, sizeof(struct worker_breakpoint));
    worker->conditions = g_byte_array_new();
    worker->translations = worker_translations_new();
    worker->rows = worker_rows_new();
    worker->changes = worker_changes_new();
    worker->watch_ranges = worker_watch_ranges_new();
    worker->coverage = worker_coverage_new();
    worker->calls = worker_calls_new();
    worker->pages = worker_pages_new();
    if (worker_events_open(worker, options, &error)) {
        give_up(&error);
    }
    worker_ram_create(worker);
    worker_map_init(worker);
    worker_run_init(worker);
    ebb_hooks = &worker_hooks;
    worker->cpu = manifest->kvm ? create_kvm_cpu(worker) : create_cpu(worker);
    /* One address, one translation: a breakpoint is found by the address it was translated for. */
    CPU(worker->cpu)->tcg_cflags &= ~CF_PCREL;
    /* The instructions must be recognized; what they do comes from the log. */
    if (manifest->semihosting) {
        qemu_semihosting_config_options(manifest->semihosting_user ? "enable=on,userspace=on"
                                                                   : "enable=on");
    }
    if (manifest->gic_cpu_interface) {
        ebb_sysregs_define_gic(worker->cpu, manifest->gic_priority_bits);
    }
    if (manifest->kvm) {
        worker_kvm_init(worker);
    } else {
        worker_replay_intercept(worker);
    }
    ebb_regime_intercept(worker->cpu);
    worker_interrupts_init(worker);
    /* No timer of the CPU may fire: its interrupts come from the log. */
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, false);
}

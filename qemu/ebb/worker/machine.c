/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine `ebb`: what a worker is, as QEMU's command line sees it. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/boards.h"
#include "qemu/error-report.h"
#include "system/cpu-timers.h"
#include "system/tcg.h"
#include "create.h"
#include "enclose.h"

#define TYPE_EBB_MACHINE MACHINE_TYPE_NAME("ebb")
OBJECT_DECLARE_SIMPLE_TYPE(EbbMachineState, EBB_MACHINE)

struct EbbMachineState {
    MachineState parent;
    char *recording;
    uint32_t engine_fd;
    bool resolve;
};

/* Opens the recording's files, raises walls, and then looks into them. */
static void replay(const EbbMachineState *ebb)
{
    g_autofree char *path = g_build_filename(ebb->recording, "manifest.json", NULL);
    struct worker *worker = worker_current();
    struct ebb_log_files files;
    struct worker_options options = {ebb->recording, &files, ebb->resolve};
    struct worker_manifest *manifest;
    Error *error = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0) {
        error_report("cannot open %s: %s", path, strerror(errno));
        exit(EBB_ERROR_CORRUPT);
    }
    ebb_log_files_open(&files, ebb->recording);
    worker->socket = ebb->engine_fd;
    worker->resolves = ebb->resolve;
    worker_enclose_setup(worker);
    manifest = worker_manifest_read(file, path, &error);
    if (!manifest) {
        error_report_err(error);
        exit(EBB_ERROR_CORRUPT);
    }
    worker_create(manifest, &options);
    ebb_log_files_close(&files);
    close(file);
}

static void ebb_machine_init(MachineState *machine)
{
    EbbMachineState *ebb = EBB_MACHINE(machine);

    if (!ebb->recording) {
        error_report("-M ebb needs recording=DIRECTORY and engine-fd=N; it is started by ebb");
        exit(EBB_ERROR_USAGE);
    }
    if (!tcg_enabled() || !icount_enabled()) {
        error_report("-M ebb needs TCG with -icount shift=0");
        exit(EBB_ERROR_USAGE);
    }
    replay(ebb);
}

static char *get_recording(Object *object, Error **errp)
{
    return g_strdup(EBB_MACHINE(object)->recording);
}

static void set_recording(Object *object, const char *value, Error **errp)
{
    EbbMachineState *ebb = EBB_MACHINE(object);

    g_free(ebb->recording);
    ebb->recording = g_strdup(value);
}

static bool get_resolve(Object *object, Error **errp)
{
    return EBB_MACHINE(object)->resolve;
}

static void set_resolve(Object *object, bool value, Error **errp)
{
    EBB_MACHINE(object)->resolve = value;
}

static void ebb_machine_instance_init(Object *object)
{
    object_property_add_uint32_ptr(object, "engine-fd", &EBB_MACHINE(object)->engine_fd,
                                   OBJ_PROP_FLAG_READWRITE);
}

static void ebb_machine_class_init(ObjectClass *class, void *data)
{
    MachineClass *machine = MACHINE_CLASS(class);

    machine->desc = "Ebb replay worker: CPU and RAM of a recording";
    machine->init = ebb_machine_init;
    machine->max_cpus = 1;
    machine->minimum_page_bits = 12; /* those of the dirty bitmap in protocol/messages.h */
    machine->no_cdrom = machine->no_floppy = machine->no_parallel = 1;
    machine->default_ram_size = 0;
    object_class_property_add_str(class, "recording", get_recording, set_recording);
    object_class_property_set_description(class, "recording", "directory of the recording");
    object_class_property_add_bool(class, "resolve", get_resolve, set_resolve);
    object_class_property_set_description(class, "resolve",
                                          "take no notice of the recording's index");
}

static const TypeInfo ebb_machine_type = {
    .name = TYPE_EBB_MACHINE,
    .parent = TYPE_MACHINE,
    .instance_size = sizeof(EbbMachineState),
    .instance_init = ebb_machine_instance_init,
    .class_init = ebb_machine_class_init,
};

static void ebb_machine_register(void)
{
    type_register_static(&ebb_machine_type);
}

type_init(ebb_machine_register)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a debugger looks at and changes: registers, memory, the target description. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "exec/cpu-common.h"
#include "exec/gdbstub.h"
#include "debug.h"

#define MAX_REGISTER_SIZE 2048u /* the largest of SVE, with room */

void worker_debug_read_registers(struct worker *worker, GByteArray *out)
{
    CPUState *cpu = CPU(worker->cpu);
    int number;

    for (number = 0; number < cpu->gdb_num_g_regs; number++) {
        gdb_read_register(cpu, out, number);
    }
}

void worker_debug_read_register(struct worker *worker, uint32_t number, GByteArray *out)
{
    if (number < CPU(worker->cpu)->gdb_num_regs) {
        gdb_read_register(CPU(worker->cpu), out, number);
    }
}

int worker_debug_write_register(struct worker *worker, uint32_t number, const uint8_t *value,
                                size_t size, struct ebb_error *error)
{
    g_autoptr(GByteArray) old = g_byte_array_new();
    uint8_t buffer[MAX_REGISTER_SIZE] = {0};

    worker_debug_read_register(worker, number, old);
    if (old->len == 0 || old->len != size || size > sizeof(buffer)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "register %u cannot be written with %zu bytes",
                        number, size);
    }
    memcpy(buffer, value, size);
    gdb_write_register(CPU(worker->cpu), buffer, number);
    worker->diversion = true;
    return 0;
}

/* Applies one debugger access page by page; returns the bytes done. */
static size_t access_memory(struct worker *worker, const struct worker_memory *memory,
                            uint8_t *data, bool write)
{
    size_t done = 0;

    while (done < memory->length) {
        uint64_t address = memory->address + done;
        size_t part = MIN(memory->length - done, EBB_PAGE_SIZE - address % EBB_PAGE_SIZE);
        bool failed;

        if (memory->flags & WORKER_MEMORY_PHYSICAL) {
            failed = address_space_rw(&address_space_memory, address, MEMTXATTRS_UNSPECIFIED,
                                      data + done, part, write) != MEMTX_OK;
        } else {
            failed = cpu_memory_rw_debug(CPU(worker->cpu), address, data + done, part, write) != 0;
        }
        if (failed) {
            break;
        }
        done += part;
    }
    return done;
}

size_t worker_debug_read_memory(struct worker *worker, const struct worker_memory *memory,
                                uint8_t *out)
{
    return access_memory(worker, memory, out, false);
}

size_t worker_debug_write_memory(struct worker *worker, const struct worker_memory *memory,
                                 const uint8_t *data)
{
    worker->diversion = true;
    return access_memory(worker, memory, (uint8_t *)data, true);
}

static char *main_document(CPUState *cpu)
{
    GString *text = g_string_new("<?xml version=\"1.0\"?>"
                                 "<!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>");
    const GDBFeature *feature;
    unsigned i;

    g_string_append_printf(text, "<architecture>%s</architecture>", cpu->cc->gdb_arch_name(cpu));
    for (i = 0; (feature = gdb_get_feature(cpu, i)); i++) {
        g_string_append_printf(text, "<xi:include href=\"%s\"/>", feature->xmlname);
    }
    g_string_append(text, "</target>");
    return g_string_free(text, false);
}

char *worker_debug_target_xml(struct worker *worker, const char *name)
{
    CPUState *cpu = CPU(worker->cpu);
    const GDBFeature *feature;
    unsigned i;

    if (!strcmp(name, "target.xml")) {
        return main_document(cpu);
    }
    for (i = 0; (feature = gdb_get_feature(cpu, i)); i++) {
        if (!strcmp(name, feature->xmlname)) {
            return g_strdup(feature->xml);
        }
    }
    return NULL;
}

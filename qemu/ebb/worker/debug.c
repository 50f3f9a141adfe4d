/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a debugger looks at and changes: registers, memory, the target description. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "exec/cpu-common.h"
#include "exec/gdbstub.h"
#include "debug.h"
#include "physical.h"

#define MAX_REGISTER_SIZE 2048u /* the largest of SVE, with room */

/* On a CPU that gdb sees with AArch64's registers. */
static bool is_in_aarch32(struct worker *worker)
{
    CPUARMState *env = &worker->cpu->env;

    return arm_feature(env, ARM_FEATURE_AARCH64) && !is_a64(env);
}

void worker_debug_sync_registers(struct worker *worker)
{
    if (is_in_aarch32(worker)) {
        aarch64_sync_32_to_64(&worker->cpu->env);
    }
}

static void read_register(struct worker *worker, uint32_t number, GByteArray *out)
{
    CPUARMState *env = &worker->cpu->env;

    if (number == WORKER_AARCH64_CPSR && is_in_aarch32(worker)) {
        uint32_t cpsr = tswap32(cpsr_read(env));

        g_byte_array_append(out, (const uint8_t *)&cpsr, sizeof(cpsr));
    } else {
        gdb_read_register(CPU(worker->cpu), out, number);
    }
}

static const char system_registers[] = "system-registers.xml";

/*
 * How many registers a 'g' packet has: all before the system registers, of which there are some
 * 200 that hardly anybody looks at. QEMU's own has the core registers, and gdb asks for what is not
 * in it one by one, such as the floating-point registers before each function that it calls.
 */
static int packet_count(CPUState *cpu)
{
    static const char attribute[] = "regnum=\"";
    const GDBFeature *feature;
    unsigned i;

    for (i = 0; (feature = gdb_get_feature(cpu, i)); i++) {
        const char *first =
            strcmp(feature->xmlname, system_registers) ? NULL : strstr(feature->xml, attribute);

        if (first) {
            return atoi(first + strlen(attribute));
        }
    }
    return cpu->gdb_num_g_regs;
}

void worker_debug_read_registers(struct worker *worker, GByteArray *out)
{
    int count = packet_count(CPU(worker->cpu)), number;

    worker_debug_sync_registers(worker);
    for (number = 0; number < count; number++) {
        read_register(worker, number, out);
    }
}

void worker_debug_read_register(struct worker *worker, uint32_t number, GByteArray *out)
{
    worker_debug_sync_registers(worker);
    if (number < CPU(worker->cpu)->gdb_num_regs) {
        read_register(worker, number, out);
    }
}

static void write_register(struct worker *worker, uint32_t number, uint8_t *value)
{
    CPUARMState *env = &worker->cpu->env;

    if (!is_in_aarch32(worker)) {
        gdb_write_register(CPU(worker->cpu), value, number);
        return;
    }
    if (number == WORKER_AARCH64_CPSR) {
        cpsr_write(env, ldl_p(value), 0xffffffff, CPSRWriteByGDBStub);
        return;
    }
    gdb_write_register(CPU(worker->cpu), value, number);
    aarch64_sync_64_to_32(env);
    env->regs[15] = env->pc;
}

unsigned worker_debug_pc_register(struct worker *worker)
{
    return arm_feature(&worker->cpu->env, ARM_FEATURE_AARCH64) ? 32 : 15;
}

/* Whoever sends the CPU elsewhere, as to call a function, wants it to run: from a WFI, or after the
 * guest has switched itself off. */
static void wake_up(struct worker *worker)
{
    CPUState *cpu = CPU(worker->cpu);

    cpu->halted = 0;
    cpu->exception_index = -1;
    worker->cpu->power_state = PSCI_ON;
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
    write_register(worker, number, buffer);
    if (number == worker_debug_pc_register(worker)) {
        wake_up(worker);
    }
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
            failed = !worker_physical_access(worker, address, data + done, part, write);
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

/*
 * gdb saves all registers before it calls a function, those one by one that are not in a 'g'
 * packet. Calls leave system registers alone, so they need no saving (gdb manual, Target
 * Description Format, Registers: save-restore).
 */
static char *without_saving(const char *xml)
{
    g_auto(GStrv) parts = g_strsplit(xml, "<reg ", -1);

    return g_strjoinv("<reg save-restore=\"no\" ", parts);
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
            return strcmp(name, system_registers) ? g_strdup(feature->xml)
                                                  : without_saving(feature->xml);
        }
    }
    return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a debugger looks at and changes: registers, memory, the target description. Byte arrays are
 * g_byte_array_unref()ed by the caller. */
#ifndef EBB_WORKER_DEBUG_H
#define EBB_WORKER_DEBUG_H

#include "worker.h"

#define WORKER_AARCH64_CPSR 33u /* gdb's number: org.gnu.gdb.aarch64.core */

/* While a CPU that gdb sees with AArch64's registers executes AArch32 code, QEMU keeps those apart
 * from AArch64's until the next exception: brings these up to date. */
void worker_debug_sync_registers(struct worker *worker);
void worker_debug_read_registers(struct worker *worker, GByteArray *out);
void worker_debug_read_register(struct worker *worker, uint32_t number, GByteArray *out);
/* gdb's number of the PC. */
unsigned worker_debug_pc_register(struct worker *worker);
int worker_debug_write_register(struct worker *worker, uint32_t number, const uint8_t *value,
                                size_t size, struct ebb_error *error);
size_t worker_debug_read_memory(struct worker *worker, const struct worker_memory *memory,
                                uint8_t *out);
size_t worker_debug_write_memory(struct worker *worker, const struct worker_memory *memory,
                                 const uint8_t *data);
char *worker_debug_target_xml(struct worker *worker, const char *name);

#endif

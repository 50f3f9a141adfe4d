/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QEMU's firmware configuration device, which writes what it is asked for into memory inside the
 * very store that asks. Linked with the guests that use it (build.sh).
 */
#ifndef FW_CFG_H
#define FW_CFG_H

#include <stdint.h>

/* Items. */
#define FW_CFG_SIGNATURE 0 /* four bytes that read "QEMU" */
#define FW_CFG_NONE 0x3fff /* there is none: reads as zeroes */

/* Returns when it is done. to: memory, or a register of another device. */
void fw_cfg_read(unsigned item, uintptr_t to, uint32_t length);
/* The same the other way. */
void fw_cfg_write(unsigned item, const void *from, uint32_t length);

/* The item that is a file of that name, or FW_CFG_NONE. */
unsigned fw_cfg_find(const char *name);

#endif

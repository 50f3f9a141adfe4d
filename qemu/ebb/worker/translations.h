/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The translation blocks by the guest-virtual address that they were translated for. QEMU knows
 * them by host address and by physical page; a breakpoint is at a virtual address in every address
 * space. All on the vCPU's thread.
 */
#ifndef EBB_WORKER_TRANSLATIONS_H
#define EBB_WORKER_TRANSLATIONS_H

#include "hw/core/cpu.h"

struct worker_translations;

struct worker_translations *worker_translations_new(void);
/* A block has come into use. For QEMU's hooks (ebb/hooks.h). */
void worker_translations_add(TranslationBlock *tb);
/* Drops the blocks that have an instruction at the address, whichever pages were mapped there. The
 * cost is in proportion to the blocks that start on its page or the one before, and to those of
 * them that QEMU has dropped since the last time. */
void worker_translations_drop(struct worker_translations *translations, vaddr address);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "breakpoints.h"
#include "changes.h"
#include "hooks.h"
#include "loop.h"
#include "pages.h"
#include "ram.h"
#include "replay.h"
#include "translations.h"

const struct ebb_hooks worker_hooks = {
    .mmio_read = worker_replay_mmio_read,
    .mmio_write = worker_replay_mmio_write,
    .ram_written = worker_ram_written,
    .semihosting = worker_replay_semihosting,
    .vcpu_loop = worker_loop_serve,
    .translated = worker_pages_translated,
    .block_translated = worker_translations_add,
    .breakpoint_at = worker_breakpoints_have,
    .breakpoint_reached = worker_breakpoints_reached,
    .store_at = worker_changes_looked_for,
    .store_over = worker_changes_made,
    .faulted = worker_changes_made,
    .watched = worker_breakpoints_watched,
    .watched_physical = worker_breakpoints_watched_physical,
    .accessed = worker_breakpoints_accessed,
};

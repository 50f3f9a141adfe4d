/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Slides: how far code lies in the guest's memory from where its ELF file has it. Linux on arm64
 * moves itself when it boots, by an amount taken at random (CONFIG_RANDOMIZE_BASE, the device
 * tree's kaslr-seed), firmware to the end of RAM; 32-bit kernels stay where they are.
 *
 * The slide is read off VBAR, which holds the address of the symbol "vectors" (Arm ARM, VBAR_EL1;
 * Linux, arch/arm64/kernel/entry.S), and believed only if a second fact agrees: the text of
 * linux_banner in memory; in a file without that symbol the code at "vectors", which is as in the
 * file or, if the file has symbols only, branches to addresses that have some.
 */
#ifndef EBB_CLI_SLIDE_H
#define EBB_CLI_SLIDE_H

#include "symbols.h"

#include "replay/timeline/timeline.h"

enum slide_kind {
    SLIDE_NONE,        /* as in the file, or nothing says otherwise */
    SLIDE_MOVED,       /* by offset */
    SLIDE_OTHER_BUILD, /* a kernel of another build is there, moved by offset */
    SLIDE_NO_FIT,      /* a kernel runs, and the file is none of its build */
    SLIDE_NO_KERNEL,   /* the file is a kernel's, and none was seen to run */
};

struct slide {
    enum slide_kind kind;
    uint64_t offset; /* to be added to the file's addresses, modulo 2^64 */
};

/*
 * Looks for the slide late in the recording, for early in a boot it is not known yet, and leaves
 * the timeline where it was. There is one slide for a recording: where a guest boots several times,
 * it is that of the last time. A file without "vectors" and linux_banner costs nothing, others a
 * few seeks close to the end.
 */
int slide_find(struct slide *slide, struct timeline *timeline, struct symbols *symbols,
               struct ebb_error *error);

/* One line on standard error, unless everything is as the user expects it; file names the symbols,
 * and with advise it is the user who has to move them. */
void slide_tell(const struct slide *slide, const char *file, bool advise);

#endif

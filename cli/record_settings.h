/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of ebb record. */
#ifndef EBB_CLI_RECORD_SETTINGS_H
#define EBB_CLI_RECORD_SETTINGS_H

#include "options.h"
#include "qemu_arguments.h"
#include "quantity.h"

#define RECORD_REPEATED_OPTION "until"
extern const struct option_spec record_options[];

#define RESCAN_AT_MAX 16 /* what the architecture can stop at */

/* Strings belong to the command line; NULL: not given. */
struct record_settings {
    enum accelerator accelerator; /* ANY: the best that there is */
    bool has_icount;
    unsigned icount; /* shift */
    bool has_clock_step;
    unsigned clock_step_us;        /* 0: each look at the clock leaves the guest */
    const char *guest_clock;       /* auto, page or registers */
    const char *rescan_on_execute; /* on or off */
    size_t rescan_at_count;
    unsigned long long rescan_at[RESCAN_AT_MAX]; /* guest-virtual addresses */
    bool has_interval;
    struct quantity interval; /* between keyframes; value 0: only the first and the last */
    bool has_last;
    struct quantity last;     /* what a flight recorder keeps */
    const char *const *until; /* conditions; they belong to the arguments */
    size_t until_count;
    bool has_repeat;
    unsigned long long repeat;  /* runs at most */
    unsigned long long markers; /* address; 0: that of the machine */
    bool wait;
    const char *output;
    const char *symbols;
    const char *stats; /* "": standard output */
    const char *qemu;
    const char *control; /* path of the socket to listen on */
    const char *attach;  /* path of a socket: start recording there */
    const char *detach;  /* stop there */
    const char *rescan;  /* look through that guest's memory */
};

int record_settings_parse(const struct arguments *arguments, struct record_settings *settings,
                          struct ebb_error *error);

#endif

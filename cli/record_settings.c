/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record_settings.h"

#include "until.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_ICOUNT 1
#define MAXIMUM_ICOUNT 10
/* Microseconds: what the recorder keeps to when it makes the steps shorter itself, and a second. */
#define MINIMUM_CLOCK_STEP 100
#define MAXIMUM_CLOCK_STEP 1000000
#define ADDRESS_DIGITS 40 /* of a number that options_number() takes, and to spare */

enum {
    RECORD_OUTPUT,
    RECORD_ACCEL,
    RECORD_KEYFRAME_INTERVAL,
    RECORD_LAST,
    RECORD_UNTIL,
    RECORD_REPEAT,
    RECORD_MARKERS,
    RECORD_SYMBOLS,
    RECORD_ICOUNT,
    RECORD_CLOCK_STEP,
    RECORD_GUEST_CLOCK,
    RECORD_RESCAN_AT,
    RECORD_RESCAN_ON_EXECUTE,
    RECORD_CONTROL,
    RECORD_WAIT,
    RECORD_ATTACH,
    RECORD_DETACH,
    RECORD_RESCAN,
    RECORD_STATS,
    RECORD_QEMU,
};

const struct option_spec record_options[] = {
    [RECORD_OUTPUT] = {"output", 'o', "DIR",
                       "Records into this directory, which must not exist or be empty; default: "
                       "the next free ebb-recording-N in the current directory."},
    [RECORD_ACCEL] = {"accel", 0, "kvm|tcg",
                      "Runs the guest on the CPU of this host (kvm), or on QEMU's emulated one "
                      "(tcg). Default: kvm where ebb doctor says that this host can record it and "
                      "QEMU's arguments ask for nothing that only tcg has."},
    [RECORD_KEYFRAME_INTERVAL] = {"keyframe-interval", 0, "TIME|INSTRUCTIONS",
                                  "Writes a keyframe so often (500ms, 10s, or, with tcg, 100M "
                                  "instructions; times are rounded up to whole milliseconds); 0: "
                                  "only at the beginning and the end. Default: "
                                  "every second with kvm, 100 million instructions with tcg. "
                                  "Keyframes let a replay begin in the middle."},
    [RECORD_LAST] = {"last", 0, "AMOUNT",
                     "Keeps the newest part of the recording only, like a flight recorder: so much "
                     "time (60s, 10min; rounded up to whole milliseconds), disk space (500MB, "
                     "2GiB), or, with tcg, instructions (500M). Older keyframes and events are "
                     "dropped as new ones come; what is "
                     "left is somewhat more than asked for."},
    [RECORD_UNTIL] = {"until", 0, "CONDITION",
                      "Ends the recording, and QEMU, when this happens; may be given several "
                      "times. console:/REGEX/: a line of the guest's console that the POSIX "
                      "extended regular expression matches. panic: Linux says so on the console, "
                      "or the guest by a pvpanic device. exit: the guest powers off. "
                      "timeout:SECONDS of the host's time (default: 60). With pass: before it, it "
                      "is no failure."},
    [RECORD_REPEAT] = {"repeat", 0, "N",
                       "Runs the guest again, N times at most, until a condition of --until makes "
                       "it fail. The recording of that run is kept, those of the others are "
                       "deleted."},
    [RECORD_MARKERS] = {"markers", 0, "ADDRESS",
                        "The guest stores its markers at this guest-physical address. Default: "
                        "that of the machine, 0xa0001f0 on virt."},
    [RECORD_SYMBOLS] = {"symbols", 0, "ELF",
                        "Notes this file in the recording as the one with the guest's symbols, "
                        "which ebb replay then gives to gdb. A kernel that is an ELF file needs no "
                        "mention."},
    [RECORD_ICOUNT] = {"icount", 0, "SHIFT",
                       "An instruction takes 2^SHIFT ns of guest time with tcg; default: 1. The "
                       "same as -icount shift=SHIFT among QEMU's arguments."},
    [RECORD_CLOCK_STEP] =
        {"clock-step", 0, "TIME",
         "With kvm, the guest's clock moves on whenever something happens, and "
         "at least so often when the guest looks at it: 100us to 1s; default: "
         "4ms. 0: each look tells the exact time, and takes as long as a device access."},
    [RECORD_GUEST_CLOCK] = {"guest-clock", 0, "auto|page|registers",
                            "With kvm, what the guest has for a clock. page: a memory-mapped "
                            "timer, which costs little and wants a driver. registers: the timer of "
                            "its CPU; each access leaves the guest, and those in the guest's image "
                            "are found when the recording begins. Default: auto, registers for a "
                            "guest that has no driver for the other and sets the CPU's timer."},
    [RECORD_RESCAN_AT] = {"rescan-at", 0, "ADDRESS[,ADDRESS]...",
                          "With kvm, looks through the guest's memory, as --rescan does, when the "
                          "guest first executes the instruction at this virtual address: the entry "
                          "of code that it has unpacked or loaded. After a reset of the guest it "
                          "does so once more."},
    [RECORD_RESCAN_ON_EXECUTE] =
        {"rescan-on-execute", 0, "on|off",
         "With kvm, looks at each page of the guest's memory, and at what is around it, before the "
         "guest first executes an instruction there. It does nothing on hosts that do not tell of "
         "that (those whose CPU keeps its instruction cache coherent by itself, and those that do "
         "not let us trace KVM's exits). Default: off: each page costs an exit."},
    [RECORD_CONTROL] =
        {"control", 0, "SOCKET",
         "Creates a Unix socket of this name for --attach, --detach and --rescan (it is one "
         "of QEMU's QMP)."},
    [RECORD_WAIT] = {"wait", 0, NULL,
                     "Runs the guest without recording it until --attach; needs --control."},
    [RECORD_ATTACH] = {"attach", 0, "SOCKET",
                       "Starts recording the guest behind that --control socket, now. Takes -o, "
                       "--keyframe-interval, --last and --symbols, and no QEMU arguments."},
    [RECORD_DETACH] = {"detach", 0, "SOCKET",
                       "Stops recording the guest behind that --control socket; the guest goes "
                       "on, and can be recorded again."},
    [RECORD_RESCAN] = {"rescan", 0, "SOCKET",
                       "With kvm, looks through the memory of the guest behind that --control "
                       "socket for accesses to the CPU's counter and timers, and for reads of "
                       "random numbers, in code that was not there when it was started, and "
                       "replaces them, so that they are recorded from now on."},
    [RECORD_STATS] = {"stats", 0, "[FILE]",
                      "At the end writes a JSON document about the recording to standard output, "
                      "or to FILE where the guest's console is there."},
    [RECORD_QEMU] = {"qemu", 0, "PATH",
                     "The QEMU to record with; default: $EBB_QEMU, else the one of this build."},
    {0},
};

static int parse_accelerator(const char *text, struct record_settings *settings,
                             struct ebb_error *error)
{
    if (!text) {
        settings->accelerator = ACCELERATOR_ANY;
    } else if (strcmp(text, "kvm") == 0) {
        settings->accelerator = ACCELERATOR_KVM;
    } else if (strcmp(text, "tcg") == 0) {
        settings->accelerator = ACCELERATOR_TCG;
    } else {
        return ebb_fail(error, EBB_ERROR_USAGE, "--accel: \"%s\" is neither kvm nor tcg", text);
    }
    return 0;
}

static int parse_amounts(const struct arguments *arguments, struct record_settings *settings,
                         struct ebb_error *error)
{
    const char *interval = arguments->values[RECORD_KEYFRAME_INTERVAL];
    const char *last = arguments->values[RECORD_LAST];

    if (interval) {
        settings->has_interval = true;
        if (quantity_parse(interval, "--keyframe-interval",
                           QUANTITY_MICROSECONDS | QUANTITY_INSTRUCTIONS, &settings->interval,
                           error) < 0) {
            return -1;
        }
    }
    if (last) {
        settings->has_last = true;
        if (quantity_parse(last, "--last",
                           QUANTITY_MICROSECONDS | QUANTITY_BYTES | QUANTITY_INSTRUCTIONS,
                           &settings->last, error) < 0) {
            return -1;
        }
        if (settings->last.value == 0) {
            return ebb_fail(error, EBB_ERROR_USAGE,
                            "--last: nothing of the recording would be left");
        }
        if (settings->has_interval && settings->interval.value == 0) {
            return ebb_fail(error, EBB_ERROR_USAGE,
                            "--last needs keyframes to drop what is older; leave out "
                            "--keyframe-interval 0");
        }
    }
    return 0;
}

static int parse_clock_step(const char *text, struct record_settings *settings,
                            struct ebb_error *error)
{
    struct quantity step;

    if (!text) {
        return 0;
    }
    if (quantity_parse(text, "--clock-step", QUANTITY_MICROSECONDS, &step, error) < 0) {
        return -1;
    }
    if (step.value > MAXIMUM_CLOCK_STEP || (step.value > 0 && step.value < MINIMUM_CLOCK_STEP)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--clock-step: \"%s\" is neither 0 nor a time from 100us to 1s", text);
    }
    if (settings->accelerator == ACCELERATOR_TCG) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--clock-step is for --accel kvm; under TCG the clock is exact, and costs "
                        "nothing");
    }
    settings->has_clock_step = true;
    settings->clock_step_us = (unsigned)step.value;
    return 0;
}

static int parse_guest_clock(const char *text, struct record_settings *settings,
                             struct ebb_error *error)
{
    if (text && strcmp(text, "auto") != 0 && strcmp(text, "page") != 0 &&
        strcmp(text, "registers") != 0) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--guest-clock: \"%s\" is none of auto, page and registers", text);
    }
    if (text && settings->accelerator == ACCELERATOR_TCG) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--guest-clock is for --accel kvm; under TCG all the guest's clocks are "
                        "recorded");
    }
    settings->guest_clock = text;
    return 0;
}

/* One address, length characters long. */
static int add_rescan_address(const char *text, size_t length, struct record_settings *settings,
                              struct ebb_error *error)
{
    char word[ADDRESS_DIGITS + 1];
    unsigned long long number;

    if (settings->rescan_at_count == RESCAN_AT_MAX) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--rescan-at: these are more than %d addresses, and no CPU can stop at so "
                        "many",
                        RESCAN_AT_MAX);
    }
    snprintf(word, sizeof(word), "%.*s", (int)(length < sizeof(word) ? length : sizeof(word)),
             text);
    if (options_number(word, "--rescan-at", ULLONG_MAX, &number, error) < 0) {
        return -1;
    }
    settings->rescan_at[settings->rescan_at_count++] = number;
    return 0;
}

static int parse_rescan_at(const char *text, struct record_settings *settings,
                           struct ebb_error *error)
{
    if (text && settings->accelerator == ACCELERATOR_TCG) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--rescan-at is for --accel kvm; under TCG all that the guest reads of its "
                        "clocks is recorded");
    }
    while (text) {
        const char *comma = strchrnul(text, ',');

        if (add_rescan_address(text, (size_t)(comma - text), settings, error) < 0) {
            return -1;
        }
        text = *comma ? comma + 1 : NULL;
    }
    return 0;
}

static int parse_rescan_on_execute(const char *text, struct record_settings *settings,
                                   struct ebb_error *error)
{
    if (text && strcmp(text, "on") != 0 && strcmp(text, "off") != 0) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--rescan-on-execute: \"%s\" is neither on nor off",
                        text);
    }
    if (text && settings->accelerator == ACCELERATOR_TCG) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--rescan-on-execute is for --accel kvm; under TCG all that the guest "
                        "reads of its clocks is recorded");
    }
    settings->rescan_on_execute = text;
    return 0;
}

static int parse_until(const struct arguments *arguments, struct record_settings *settings,
                       struct ebb_error *error)
{
    const char *repeat = arguments->values[RECORD_REPEAT];

    settings->until = arguments->repeated;
    settings->until_count = (size_t)arguments->repeated_count;
    settings->has_repeat = repeat != NULL;
    settings->repeat = 1;
    for (size_t i = 0; i < settings->until_count; i++) {
        if (until_check(settings->until[i], error) < 0) {
            return -1;
        }
    }
    if (repeat &&
        options_number(repeat, "--repeat", ULLONG_MAX - 1, &settings->repeat, error) < 0) {
        return -1;
    }
    if (repeat && !settings->repeat) {
        return ebb_fail(error, EBB_ERROR_USAGE, "--repeat 0 would not run the guest at all");
    }
    if (repeat && !settings->until_count) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--repeat needs --until, to know when the guest has failed");
    }
    if (repeat && settings->control) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--repeat starts and deletes recordings by itself; leave out --control");
    }
    return 0;
}

static int parse_markers(const char *text, struct record_settings *settings,
                         struct ebb_error *error)
{
    if (!text) {
        return 0;
    }
    if (options_number(text, "--markers", UINT64_MAX, &settings->markers, error) < 0) {
        return -1;
    }
    if (settings->markers == 0 || settings->markers % 8 != 0) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--markers: %s is no address of a register; write a multiple of 8", text);
    }
    return 0;
}

/* Which of the options is given that speak to a guest; NULL: none. */
static const char *remote_option(const struct record_settings *settings)
{
    if (settings->attach) {
        return "--attach";
    }
    if (settings->detach) {
        return "--detach";
    }
    return settings->rescan ? "--rescan" : NULL;
}

static int check_control(const struct arguments *arguments, const struct record_settings *settings,
                         struct ebb_error *error)
{
    const char *option = remote_option(settings);

    if (!!settings->attach + !!settings->detach + !!settings->rescan > 1) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--attach, --detach and --rescan are commands; "
                        "give one");
    }
    if (option && (arguments->rest_count > 0 || settings->control || settings->wait ||
                   settings->accelerator != ACCELERATOR_ANY || settings->has_icount ||
                   settings->has_clock_step || settings->guest_clock || settings->rescan_at_count ||
                   settings->rescan_on_execute || settings->qemu || settings->stats ||
                   settings->until_count || settings->markers)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s speaks to a guest that runs already; QEMU's arguments and the options "
                        "to start one belong to the ebb record that did",
                        option);
    }
    if ((settings->detach || settings->rescan) &&
        (settings->output || settings->symbols || settings->has_interval || settings->has_last)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%s takes no other options", option);
    }
    if (settings->wait && !settings->control) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--wait needs --control SOCKET, to start the recording by --attach");
    }
    if (settings->wait && settings->output) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--wait records nothing itself; give -o together with --attach");
    }
    return 0;
}

int record_settings_parse(const struct arguments *arguments, struct record_settings *settings,
                          struct ebb_error *error)
{
    const char *shift = arguments->values[RECORD_ICOUNT];
    unsigned long long number = DEFAULT_ICOUNT;

    *settings = (struct record_settings){
        .has_icount = shift != NULL,
        .wait = arguments->values[RECORD_WAIT] != NULL,
        .output = arguments->values[RECORD_OUTPUT],
        .symbols = arguments->values[RECORD_SYMBOLS],
        .stats = arguments->values[RECORD_STATS],
        .qemu = arguments->values[RECORD_QEMU],
        .control = arguments->values[RECORD_CONTROL],
        .attach = arguments->values[RECORD_ATTACH],
        .detach = arguments->values[RECORD_DETACH],
        .rescan = arguments->values[RECORD_RESCAN],
    };
    if (parse_accelerator(arguments->values[RECORD_ACCEL], settings, error) < 0 ||
        (shift && options_number(shift, "--icount", MAXIMUM_ICOUNT, &number, error) < 0) ||
        parse_amounts(arguments, settings, error) < 0 ||
        parse_until(arguments, settings, error) < 0 ||
        parse_markers(arguments->values[RECORD_MARKERS], settings, error) < 0 ||
        parse_clock_step(arguments->values[RECORD_CLOCK_STEP], settings, error) < 0 ||
        parse_guest_clock(arguments->values[RECORD_GUEST_CLOCK], settings, error) < 0 ||
        parse_rescan_at(arguments->values[RECORD_RESCAN_AT], settings, error) < 0 ||
        parse_rescan_on_execute(arguments->values[RECORD_RESCAN_ON_EXECUTE], settings, error) < 0) {
        return -1;
    }
    settings->icount = (unsigned)number;
    return check_control(arguments, settings, error);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clock_reading.h"

/* How many events back the last reading is looked for at first; each time that much farther. */
enum { FIRST_LOOK = 1000, LOOK_FACTOR = 10 };

/*
 * CNTPCT, CNTVCT and what reads the same (Arm ARM, D24.10), as the log has them: ids in the form of
 * KVM_GET_ONE_REG (KVM API, section 4.68).
 */
static bool is_counter(uint64_t id)
{
    static const uint64_t counters[] = {
        0x603000000013df01, /* CNTPCT_EL0 */
        0x603000000013df02, /* CNTVCT_EL0 */
        0x603000000013df05, /* CNTPCTSS_EL0 */
        0x603000000013df06, /* CNTVCTSS_EL0 */
        0x40300000000f0700, /* CNTPCT */
        0x40300000000f0708, /* CNTVCT */
    };

    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        if ((id & ~(UINT64_C(1) << 29)) == counters[i]) {
            return true;
        }
    }
    return false;
}

/* CNTPCT and CNTVCT are the first two registers of 8 bytes (Arm ARM, I5); by halves, the upper is
 * read first. */
static bool read_mapped(struct rsp_clock_reading *search, const struct ebb_event *event,
                        uint64_t *value)
{
    uint64_t offset = event->address - search->address;
    unsigned which = offset / 8 & 1;

    if (offset >= 16) {
        return false;
    }
    *value = event->value;
    if (event->size == 8) {
        return true;
    }
    if (offset & 4) {
        search->upper[which] = event->value;
        search->has_upper[which] = true;
        return false;
    }
    *value |= search->upper[which] << 32;
    return search->has_upper[which];
}

/* With this event the guest has read all of a count. */
static bool is_reading(struct rsp_clock_reading *search, const struct ebb_event *event,
                       uint64_t *value)
{
    if (event->flags & EBB_EVENT_FAILED) {
        return false;
    }
    if (search->clock == RSP_CLOCK_MAPPED) {
        return read_mapped(search, event, value);
    }
    *value = event->value;
    return is_counter(event->address);
}

static uint32_t kind_of(enum rsp_clock clock)
{
    return clock == RSP_CLOCK_MAPPED ? EBB_EVENT_MMIO_READ : EBB_EVENT_SYSREG_READ;
}

/* Among the events from one number to another: the last reading or, with wanted, the first that is
 * at least that. */
static int look(struct rsp_clock_reading *search, uint64_t from, uint64_t end,
                const uint64_t *wanted, struct ebb_error *error)
{
    struct ebb_event event;
    uint64_t value;

    search->has_upper[0] = search->has_upper[1] = false;
    while (!search->interrupted && !(wanted && search->found)) {
        int status = ebb_cursor_seek_kind(search->cursor, kind_of(search->clock), from, end, error);

        if (status > 0) {
            status = ebb_cursor_next(search->cursor, &event, error);
        }
        if (status <= 0) {
            return status;
        }
        from = ebb_cursor_event_number(search->cursor);
        if (is_reading(search, &event, &value) && (!wanted || value >= *wanted)) {
            search->found = true;
            search->value = value;
            search->position = event.position;
        }
        search->interrupted = search->stopped(search->opaque);
    }
    return 0;
}

/* The last reading before the present, from there back: there may be many before it. */
static int look_back(struct rsp_clock_reading *search, uint64_t begin, uint64_t until,
                     struct ebb_error *error)
{
    uint64_t distance = FIRST_LOOK, from, end;

    if (ebb_cursor_seek_position(search->cursor, until, error) < 0) {
        return -1;
    }
    end = ebb_cursor_event_number(search->cursor);
    do {
        from = end - begin > distance ? end - distance : begin;
        distance *= LOOK_FACTOR;
        if (look(search, from, end, NULL, error) < 0) {
            return -1;
        }
    } while (!search->found && !search->interrupted && from > begin);
    return 0;
}

static int find(struct rsp_clock_reading *search, const struct ebb_log *log, const uint64_t *wanted,
                uint64_t until, struct ebb_error *error)
{
    struct ebb_log_summary summary;
    int status;

    search->cursor = ebb_cursor_new(log, error);
    if (!search->cursor) {
        return -1;
    }
    ebb_log_summary(log, &summary);
    status = wanted ? look(search, summary.first_event, summary.event_count, wanted, error)
                    : look_back(search, summary.first_event, until, error);
    ebb_cursor_free(search->cursor);
    return status;
}

int rsp_clock_first(struct rsp_clock_reading *search, const struct ebb_log *log, uint64_t wanted,
                    struct ebb_error *error)
{
    return find(search, log, &wanted, 0, error);
}

int rsp_clock_last(struct rsp_clock_reading *search, const struct ebb_log *log, uint64_t until,
                   struct ebb_error *error)
{
    return find(search, log, NULL, until, error);
}

/* Looks at one event more; 0: none is left, or none before the position. */
static int follow_one(struct rsp_clock_reading *search, uint64_t until, uint64_t end,
                      struct ebb_error *error)
{
    int status =
        ebb_cursor_seek_kind(search->cursor, kind_of(search->clock), search->next, end, error);
    struct ebb_event event;
    uint64_t value;
    bool ahead;

    if (status > 0) {
        status = ebb_cursor_next(search->cursor, &event, error);
    }
    if (status <= 0) {
        search->next = status == 0 ? end : search->next;
        return status;
    }
    ahead = event.position >= until;
    search->ahead = ahead ? event.position : 0;
    search->next = ebb_cursor_event_number(search->cursor) - ahead;
    if (!ahead && is_reading(search, &event, &value)) {
        search->found = true;
        search->value = value;
        search->position = event.position;
    }
    return !ahead;
}

int rsp_clock_follow(struct rsp_clock_reading *search, const struct ebb_log *log, uint64_t until,
                     struct ebb_error *error)
{
    struct ebb_log_summary summary;
    int status = 1;

    ebb_log_summary(log, &summary);
    if (!search->cursor) {
        search->cursor = ebb_cursor_new(log, error);
        search->next = summary.first_event;
    }
    if (!search->cursor) {
        return -1;
    }
    while (status > 0 && search->next < summary.event_count &&
           (!search->ahead || search->ahead < until)) {
        status = follow_one(search, until, summary.event_count, error);
        search->interrupted = search->stopped(search->opaque);
        if (search->interrupted) {
            break;
        }
    }
    return status < 0 ? -1 : 0;
}

void rsp_clock_end(struct rsp_clock_reading *search)
{
    ebb_cursor_free(search->cursor);
    search->cursor = NULL;
}

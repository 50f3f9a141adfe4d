/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of the guest's clock, over a toy history with a log of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rsp/clock_reading.h"
#include "rsp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CNTVCT_EL0 UINT64_C(0x603000000013df02)
#define CNTFRQ_EL0 UINT64_C(0x603000000013df00)
#define FRAME UINT64_C(0x9110000)
#define READS 5000u

struct setting {
    struct rsp_client client;
    struct rsp_recording recording;
    struct ebb_event events[READS];
    unsigned count;
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct setting));
    return 0;
}

static int teardown(void **state)
{
    struct setting *setting = *state;

    client_finish(&setting->client);
    free(setting);
    return 0;
}

static void start(struct setting *setting, enum rsp_clock clock)
{
    setting->recording.clock = clock;
    setting->recording.clock_address = FRAME;
    client_start_recording(&setting->client, &setting->recording);
    client_handshake(&setting->client);
    fake_timeline_set_events(setting->client.timeline, setting->events, setting->count);
}

static void add(struct setting *setting, uint32_t kind, uint64_t position, uint64_t address,
                unsigned size, uint64_t value)
{
    setting->events[setting->count++] = (struct ebb_event){
        .kind = kind, .position = position, .address = address, .size = size, .value = value};
}

static void expect(struct setting *setting, const char *command, const char *answer)
{
    char text[400];

    assert_string_equal(client_monitor(&setting->client, command, text, sizeof(text)), "OK");
    if (answer) {
        assert_string_equal(text, answer);
    }
}

static void tells_readings_of_the_cpus_counter(void **state)
{
    struct setting *setting = *state;

    add(setting, EBB_EVENT_SYSREG_READ, 10, CNTVCT_EL0, 8, 1000);
    add(setting, EBB_EVENT_MMIO_READ, 15, FRAME, 8, 5000);
    add(setting, EBB_EVENT_SYSREG_READ, 20, CNTVCT_EL0, 8, 2000);
    add(setting, EBB_EVENT_SYSREG_READ, 30, CNTFRQ_EL0, 8, 62500000);
    add(setting, EBB_EVENT_SYSREG_READ, 40, CNTVCT_EL0, 8, 3); /* the exception level */
    setting->events[setting->count - 1].flags = EBB_EVENT_FAILED;
    start(setting, RSP_CLOCK_OF_CPU);
    expect(setting, "counter", "no reading of the counter\n");
    expect(setting, "counter 1", "counter 1000 at 10\n");
    expect(setting, "counter 1001", "counter 2000 at 20\n");
    expect(setting, "counter 2001", "no reading of the counter\n");
    expect(setting, "seek 20", NULL); /* whose instruction is about to read it */
    expect(setting, "counter", "counter 1000 at 10\n");
    expect(setting, "seek end", NULL);
    expect(setting, "counter", "counter 2000 at 20\n");
}

/* By halves, as Linux does, the upper one twice, or as a whole; the other registers are none. */
static void tells_readings_of_the_mapped_counter(void **state)
{
    struct setting *setting = *state;

    add(setting, EBB_EVENT_MMIO_READ, 5, FRAME + 8, 4, 7); /* upper half not known */
    add(setting, EBB_EVENT_MMIO_READ, 10, FRAME + 12, 4, 1);
    add(setting, EBB_EVENT_MMIO_READ, 11, FRAME + 8, 4, 5);
    add(setting, EBB_EVENT_MMIO_READ, 12, FRAME + 12, 4, 1);
    add(setting, EBB_EVENT_SYSREG_READ, 15, CNTVCT_EL0, 8, UINT64_C(1) << 40);
    add(setting, EBB_EVENT_MMIO_READ, 20, FRAME, 8, UINT64_C(0x200000003));
    add(setting, EBB_EVENT_MMIO_READ, 30, FRAME + 0x10, 4, 62500000);
    add(setting, EBB_EVENT_MMIO_READ, 31, FRAME - 8, 8, UINT64_C(1) << 41);
    start(setting, RSP_CLOCK_MAPPED);
    expect(setting, "counter 0", "counter 4294967301 at 11\n");
    expect(setting, "counter 4294967302", "counter 8589934595 at 20\n");
    expect(setting, "counter 8589934596", "no reading of the counter\n");
    expect(setting, "seek 12", NULL);
    expect(setting, "counter", "counter 4294967301 at 11\n");
    expect(setting, "seek 11", NULL);
    expect(setting, "counter", "no reading of the counter\n");
    expect(setting, "seek end", NULL);
    expect(setting, "counter", "counter 8589934595 at 20\n");
}

static void says_that_reads_of_memory_are_not_in_the_log(void **state)
{
    struct setting *setting = *state;
    char text[400];

    add(setting, EBB_EVENT_SYSREG_READ, 10, CNTVCT_EL0, 8, 1000);
    start(setting, RSP_CLOCK_IN_MEMORY);
    client_monitor(&setting->client, "counter 1", text, sizeof(text));
    assert_non_null(strstr(text, "no reading of the counter: "));
    assert_non_null(strstr(text, "a page of memory"));
}

/* The present is late in a long log. */
static void looks_for_the_last_reading_from_the_present_back(void **state)
{
    struct setting *setting = *state;
    char wanted[64];

    for (unsigned i = 0; i < READS; i++) {
        uint32_t kind = i < READS - 1500 ? EBB_EVENT_SYSREG_READ : EBB_EVENT_SYSREG_WRITE;

        add(setting, kind, i / 5, CNTVCT_EL0, 8, i);
    }
    start(setting, RSP_CLOCK_OF_CPU);
    expect(setting, "seek 700", NULL); /* the first write's */
    expect(setting, "counter", "counter 3499 at 699\n");
    assert_in_range(fake_timeline_events_read(setting->client.timeline), 1, 1000);
    /* Where the last ones are none, farther back. */
    expect(setting, "seek end", NULL);
    snprintf(wanted, sizeof(wanted), "counter %u at %u\n", READS - 1501, (READS - 1501) / 5);
    expect(setting, "counter", wanted);
}

static bool goes_on(void *opaque)
{
    (void)opaque;
    return false;
}

/* The log is read once: what is found on the way is what is found by looking back from there. */
static void follow(struct setting *setting, enum rsp_clock clock, uint64_t end, unsigned step)
{
    const struct ebb_log *log = timeline_log(setting->client.timeline);
    struct rsp_clock_reading along = {.clock = clock, .address = FRAME, .stopped = goes_on};
    unsigned before = fake_timeline_events_read(setting->client.timeline), read = 0;
    struct ebb_error error;

    for (uint64_t position = 0; position <= end; position += step) {
        struct rsp_clock_reading back = {.clock = clock, .address = FRAME, .stopped = goes_on};

        assert_int_equal(rsp_clock_follow(&along, log, position, &error), 0);
        read += fake_timeline_events_read(setting->client.timeline) - before;
        assert_int_equal(rsp_clock_last(&back, log, position, &error), 0);
        before = fake_timeline_events_read(setting->client.timeline);
        assert_int_equal(along.found, back.found);
        if (along.found) {
            assert_int_equal(along.position, back.position);
            assert_int_equal(along.value, back.value);
        }
    }
    assert_true(along.found);
    /* Once each, and once more where it stopped in front of one. */
    assert_in_range(read, 1, 2 * setting->count);
    rsp_clock_end(&along);
}

static void follows_the_cpus_counter(void **state)
{
    struct setting *setting = *state;

    for (unsigned i = 0; i < 300; i++) {
        add(setting, i % 7 ? EBB_EVENT_SYSREG_READ : EBB_EVENT_SYSREG_WRITE, 5 + i / 3 * 4,
            i % 3 ? CNTVCT_EL0 : CNTFRQ_EL0, 8, i);
    }
    start(setting, RSP_CLOCK_OF_CPU);
    follow(setting, RSP_CLOCK_OF_CPU, 450, 1);
    follow(setting, RSP_CLOCK_OF_CPU, 450, 25);
}

static void follows_the_mapped_counter(void **state)
{
    struct setting *setting = *state;

    add(setting, EBB_EVENT_MMIO_READ, 0, FRAME + 8, 4, 7); /* upper half not known */
    for (unsigned i = 1; i < 100; i++) {
        add(setting, EBB_EVENT_MMIO_READ, 3 * i, FRAME + 12, 4, i / 4);
        add(setting, EBB_EVENT_MMIO_READ, 3 * i + 1, FRAME + (i % 3 ? 8 : 0x10), 4, i);
    }
    start(setting, RSP_CLOCK_MAPPED);
    follow(setting, RSP_CLOCK_MAPPED, 320, 1);
    follow(setting, RSP_CLOCK_MAPPED, 320, 7);
}

static void refuses_what_is_no_number(void **state)
{
    static const char *const refused[] = {"counter x", "counter -1", "counter 0x10", "counter +1",
                                          "counter 18446744073709551616"};
    struct setting *setting = *state;
    char text[400];

    start(setting, RSP_CLOCK_OF_CPU);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_string_equal(client_monitor(&setting->client, refused[i], text, sizeof(text)),
                            "E16");
        assert_non_null(strstr(text, "is no number"));
    }
}

#define WITH_SETTING(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SETTING(tells_readings_of_the_cpus_counter),
        WITH_SETTING(tells_readings_of_the_mapped_counter),
        WITH_SETTING(says_that_reads_of_memory_are_not_in_the_log),
        WITH_SETTING(looks_for_the_last_reading_from_the_present_back),
        WITH_SETTING(follows_the_cpus_counter),
        WITH_SETTING(follows_the_mapped_counter),
        WITH_SETTING(refuses_what_is_no_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

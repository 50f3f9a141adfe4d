/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What LLDB is answered that gdb is not, over a toy history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rsp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sends a packet that moves, and checks the PC and the reason of its stop. */
static void expect_stop(struct rsp_client *client, const char *packet, unsigned pc,
                        const char *reason)
{
    char wanted[128];

    client_ask(client, packet);
    while (client->reply[0] == 'O') {
        assert_true(client_receive(client));
    }
    snprintf(wanted, sizeof(wanted), "T05thread:1;20:%02x%02x000000000000;%s", pc & 0xff, pc >> 8,
             reason);
    assert_string_equal(client->reply, wanted);
}

static void shake_hands(struct rsp_client *client)
{
    client_expect(client, "QThreadSuffixSupported", "");
    client_expect(client, "qHostInfo", "watchpoint_exceptions_received:after;");
}

static void tells_gdb_nothing_of_the_host(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "qHostInfo", "");
    client_expect(client, "Z2,2010,8", "OK");
    expect_stop(client, "c", 0x1010, "watch:2010;");
}

static void stops_with_the_access_behind_it(void **state)
{
    struct rsp_client *client = *state;

    shake_hands(client);
    client_expect(client, "Z2,2010,8", "OK");
    expect_stop(client, "c", 0x1014, "watch:2010;");
    expect_stop(client, "c", 0x1014, "watch:2010;");
    client_expect(client, "m2010,1", "01");
    expect_stop(client, "bc", 0x1010, "watch:2010;");
    client_expect(client, "m2010,1", "00");
    expect_stop(client, "s", 0x1014, "watch:2010;");
    client_expect(client, "m2010,1", "01");
    expect_stop(client, "bs", 0x1010, "watch:2010;");
    expect_stop(client, "bc", 0x1010, "watch:2010;");
    expect_stop(client, "bc", 0x1000, "replaylog:begin;");
}

/* At position 555, which is number 5 in the loop. */
static void stops_behind_a_devices_write(void **state)
{
    struct rsp_client *client = *state;

    shake_hands(client);
    client_expect(client, "Z2,2030,8", "OK");
    expect_stop(client, "c", 0x1014, "watch:2030;");
    client_expect(client, "m2030,1", "88");
}

/* What comes too late for the move is no reason to stay where the access is still to come. */
static void goes_over_the_access_in_spite_of_a_late_interrupt(void **state)
{
    struct rsp_client *client = *state;

    shake_hands(client);
    client_expect(client, "Z2,2010,8", "OK");
    fake_timeline_interrupt_late(client->timeline);
    expect_stop(client, "c", 0x1014, "watch:2010;");
    fake_timeline_interrupt_late(client->timeline);
    expect_stop(client, "bc", 0x1010, "watch:2010;");
}

/* The access is where replay and log disagree. */
static void tells_why_the_access_cannot_be_gone_over(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));

    (void)state;
    client_start(client);
    client_handshake(client);
    shake_hands(client);
    client_expect(client, "Z2,2010,8", "OK");
    fake_timeline_diverge_at(client->timeline, 4);
    expect_stop(client, "c", 0x1010, "replaylog:end;");
    client_finish(client);
    assert_true(client->result.diverged);
    free(client);
}

/* The watchpoint is behind: the next step is like any other, and the interrupt a part of it. */
static void a_step_behind_the_access_goes_over_interrupts(void **state)
{
    struct rsp_client *client = *state;

    shake_hands(client);
    fake_timeline_interrupt_at(client->timeline, 6);
    client_expect(client, "Z2,2010,8", "OK");
    expect_stop(client, "c", 0x1014, "watch:2010;");
    client_expect(client, "z2,2010,8", "OK");
    client_expect(client, "qfThreadInfo", "m1");
    expect_stop(client, "vCont;r1000,1018:1", 0x1018, "");
}

static void a_move_becomes_a_seek(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    client_expect(client, "Z0,1014,4", "OK");
    assert_string_equal(client_monitor(client, "next-is-seek 123", text, sizeof(text)), "OK");
    expect_stop(client, "c", 0x100c, "");
    expect_stop(client, "c", 0x1014, "swbreak:;");
    assert_int_equal(client_monitor(client, "next-is-seek 1001", text, sizeof(text))[0], 'E');
    assert_int_equal(client_monitor(client, "next-is-seek there", text, sizeof(text))[0], 'E');
    expect_stop(client, "bc", 0x1014, "swbreak:;");
    client_monitor(client, "next-is-seek -5", text, sizeof(text));
    expect_stop(client, "bc", 0x1000, "");
}

/* A seek goes where it says, and is the next move. */
static void a_seek_stays_what_it_is(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    client_monitor(client, "next-is-seek 123", text, sizeof(text));
    client_monitor(client, "seek 57", text, sizeof(text));
    assert_non_null(strstr(text, "position 57 of"));
    expect_stop(client, "s", 0x1020, "");
}

#define WITH_CLIENT(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CLIENT(tells_gdb_nothing_of_the_host),
        WITH_CLIENT(stops_with_the_access_behind_it),
        WITH_CLIENT(stops_behind_a_devices_write),
        WITH_CLIENT(a_move_becomes_a_seek),
        WITH_CLIENT(a_seek_stays_what_it_is),
        WITH_CLIENT(goes_over_the_access_in_spite_of_a_late_interrupt),
        cmocka_unit_test(tells_why_the_access_cannot_be_gone_over),
        WITH_CLIENT(a_step_behind_the_access_goes_over_interrupts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

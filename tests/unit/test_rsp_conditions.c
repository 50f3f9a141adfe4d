/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions of breakpoints, as a client sends them, over a toy history: at position P x0 is P /
 * 10, and the instruction at 0x1014 is that of the positions 5, 15, 25, ... */
#include "unit.h"

#include "rsp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* x0 == 3, x0 == 5, false, a register that is not there, the byte at address 0. */
#define IS_3 "X7,26000022031327"
#define IS_5 "X7,26000022051327"
#define NEVER "X3,220027"
#define UNKNOWN "X4,26004027"
#define UNREADABLE "X4,22001727"

static void expect_stop(struct rsp_client *client, const char *packet, uint64_t position,
                        const char *end)
{
    char text[64], wanted[130];
    const char *reply = client_ask(client, packet);
    int length = sprintf(text, "CPU#0 [position %llu]", (unsigned long long)position);

    assert_int_equal(reply[0], 'T');
    assert_string_equal(reply + strlen(reply) - strlen(end), end);
    for (int i = 0; i < length; i++) {
        sprintf(wanted + 2 * i, "%02x", (unsigned)text[i]);
    }
    client_expect(client, "qThreadExtraInfo,1", wanted);
}

static void go_to(struct rsp_client *client, const char *place)
{
    char text[200], command[40];

    snprintf(command, sizeof(command), "seek %s", place);
    client_monitor(client, command, text, sizeof(text));
}

/* A breakpoint that stops at 15 has no condition that is looked at here. */
static void expect_unconditional(struct rsp_client *client)
{
    go_to(client, "10");
    expect_stop(client, "c", 15, "swbreak:;");
}

static void expect_never(struct rsp_client *client)
{
    go_to(client, "begin");
    expect_stop(client, "c", FAKE_END, "replaylog:end;");
    expect_stop(client, "bc", 0, "replaylog:begin;");
}

static void are_announced(void **state)
{
    const char *features = client_ask(*state, "qSupported:xmlRegisters=i386");

    assert_non_null(strstr(features, ";ConditionalBreakpoints+"));
    assert_null(strstr(features, "BreakpointCommands"));
}

static void choose_executions(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1014,4;" IS_3, "OK");
    expect_stop(client, "c", 35, "swbreak:;");
    expect_stop(client, "c", FAKE_END, "replaylog:end;");
    expect_stop(client, "bc", 35, "swbreak:;");
    expect_stop(client, "bc", 0, "replaylog:begin;");
    /* One of several is enough. */
    client_expect(client, "Z0,1014,4;" NEVER IS_3 IS_5, "OK");
    expect_stop(client, "c", 35, "swbreak:;");
    expect_stop(client, "c", 55, "swbreak:;");
    expect_stop(client, "c", FAKE_END, "replaylog:end;");
    client_expect(client, "z0,1014,4", "OK");
    expect_stop(client, "bc", 0, "replaylog:begin;");
    /* A hardware breakpoint's. */
    client_expect(client, "Z1,1014,4;" IS_5, "OK");
    expect_stop(client, "c", 55, "hwbreak:;");
    expect_stop(client, "c", FAKE_END, "replaylog:end;");
}

static void are_replaced(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1014,4;" NEVER, "OK");
    client_expect(client, "Z0,1014,4;" IS_5, "OK");
    expect_stop(client, "c", 55, "swbreak:;");
    client_expect(client, "Z0,1014,4;" IS_3, "OK");
    expect_stop(client, "bc", 35, "swbreak:;");
    client_expect(client, "Z0,1014,4", "OK");
    expect_stop(client, "bc", 25, "swbreak:;");
    client_expect(client, "Z0,1014,4;" NEVER, "OK");
    expect_never(client);
    assert_int_equal(fake_timeline_breakpoints(client->timeline), 1);
    /* Those of one that was removed are gone. */
    client_expect(client, "z0,1014,4", "OK");
    client_expect(client, "Z0,1014,4", "OK");
    expect_unconditional(client);
}

/* The timeline has one kind of breakpoint on execution, the client two. */
static void of_two_kinds_are_united(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1014,4;" IS_3, "OK");
    client_expect(client, "Z1,1014,4;" IS_5, "OK");
    expect_stop(client, "c", 35, "swbreak:;");
    expect_stop(client, "c", 55, "swbreak:;");
    expect_stop(client, "c", FAKE_END, "replaylog:end;");
    client_expect(client, "z0,1014,4", "OK");
    expect_stop(client, "bc", 55, "hwbreak:;");
    expect_stop(client, "bc", 0, "replaylog:begin;");
    client_expect(client, "Z0,1014,4", "OK");
    expect_unconditional(client);
    client_expect(client, "z0,1014,4", "OK");
    expect_stop(client, "c", 55, "hwbreak:;");
}

static void hold_where_they_cannot_be_evaluated(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1014,4;" UNKNOWN, "OK");
    expect_unconditional(client);
    client_expect(client, "Z0,1014,4;" UNREADABLE, "OK");
    expect_unconditional(client);
    client_expect(client, "Z0,1014,4;X0,", "OK");
    expect_unconditional(client);
    client_expect(client, "Z0,1014,4;X2,2200", "OK");
    expect_unconditional(client);
}

/* As the client believes: 0x2010 has the number of the round, as eight bytes. */
static void read_memory_in_the_order_of_registers(void **state)
{
    struct rsp_client *client = *state;
    char text[200];

    client_expect(client, "Z0,1018,4;X8,2320101a22031327", "OK"); /* behind the write */
    expect_stop(client, "c", 36, "swbreak:;");
    expect_stop(client, "c", FAKE_END, "replaylog:end;");
    client_monitor(client, "byte-order big", text, sizeof(text));
    expect_never(client);
    client_monitor(client, "byte-order little", text, sizeof(text));
    expect_stop(client, "c", 36, "swbreak:;");
    client_monitor(client, "byte-order big", text, sizeof(text));
    client_expect(client, "Z0,1018,4;X9,2320101a2203223809", "OK"); /* no end */
    client_expect(client, "Z0,1018,4;Xb,2320101a22032238091327", "OK");
    go_to(client, "begin");
    expect_stop(client, "c", 36, "swbreak:;");
    expect_stop(client, "c", FAKE_END, "replaylog:end;");
}

static void are_left_to_a_client_that_sees_physical_memory(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1014,4;" NEVER, "OK");
    client_expect(client, "Qqemu.PhyMemMode:1", "OK");
    expect_unconditional(client);
    client_expect(client, "Z0,1014,4;" IS_5, "OK");
    expect_unconditional(client);
    client_expect(client, "Qqemu.PhyMemMode:0", "OK");
    expect_stop(client, "c", 55, "swbreak:;");
}

/* A packet with count conditions of so many bytes, none of them true. */
static char *with_false_ones(unsigned count, unsigned length)
{
    char *packet = malloc(32 + count * (16 + 2 * (size_t)length)), *to = packet;

    to += sprintf(to, "Z0,1014,4;");
    while (count--) {
        to += sprintf(to, "X%x,220027", length);
        memset(to, '0', 2 * (length - 3));
        to += 2 * (length - 3);
    }
    *to = '\0';
    return packet;
}

/* What is more than there may be of them is left to the client. */
static void are_limited(void **state)
{
    struct rsp_client *client = *state;
    static const struct {
        unsigned count, length;
        bool fits;
    } cases[] = {{1, 4096, true}, {1, 4097, false}, {64, 3, true}, {65, 3, false}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *packet = with_false_ones(cases[i].count, cases[i].length);

        client_expect(client, packet, "OK");
        if (cases[i].fits) {
            expect_never(client);
        } else {
            expect_unconditional(client);
        }
        free(packet);
    }
}

static void are_refused_if_malformed(void **state)
{
    static const char *const malformed[] = {
        "Z0,1014,4;",
        "Z0,1014,4;X",
        "Z0,1014,4;X,",
        "Z0,1014,4;X3",
        "Z0,1014,4;X3,",
        "Z0,1014,4;X3,2200",
        "Z0,1014,4;X3,22002",
        "Z0,1014,4;X3,22002g",
        "Z0,1014,4;X3,2200270",
        "Z0,1014,4;X3,22002700",
        "Z0,1014,4;Xg,220027",
        "Z0,1014,4;Xffffffffffffffff,220027",
        "Z0,1014,4;Xfffffffffffffffff,220027",
        "Z0,1014,4;" NEVER ";" NEVER,
        "Z0,1014,4;" NEVER ";cmds:0,X3,220027",
        "Z0,1014,4;cmds:0,X3,220027",
        "Z0,1014,4;Y3,220027",
        ("Z2,2010,8;" NEVER),
    };
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1014,4;" IS_3, "OK");
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        if (i == 0) {
            client_expect(client, malformed[i], "OK"); /* a list of none */
            client_expect(client, "Z0,1014,4;" IS_3, "OK");
            continue;
        }
        if (client_ask(client, malformed[i])[0] != 'E') {
            fail_msg("%s is accepted", malformed[i]);
        }
    }
    expect_stop(client, "c", 35, "swbreak:;"); /* nothing has changed */
    expect_stop(client, "c", FAKE_END, "replaylog:end;");
}

/* A client that steps off breakpoints is held only by one that counts. */
static void hold_nobody_where_they_are_false(void **state)
{
    struct rsp_client *client = *state;

    client_ask(client, "qSupported:swbreak+;vContSupported+");
    client_expect(client, "Z0,1014,4;" IS_3, "OK");
    expect_stop(client, "vCont;r1000,1014:1", 5, "");
    expect_stop(client, "vCont;c", 35, "swbreak:;");
    expect_stop(client, "vCont;c", 35, "swbreak:;");
    expect_stop(client, "vCont;s:1", 36, "");
    expect_stop(client, "vCont;c", FAKE_END, "replaylog:end;");
}

static void do_not_end_steps_by_ranges(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1014,4;" IS_3, "OK");
    expect_stop(client, "vCont;r1000,1020:1", 8, "");
    go_to(client, "30");
    expect_stop(client, "vCont;r1000,1020:1", 35, "swbreak:;");
    go_to(client, "33");
    expect_stop(client, "vCont;r1000,1014:1", 35, "swbreak:;");
    go_to(client, "43");
    expect_stop(client, "vCont;r1000,1014:1", 45, "");
}

/* Off a breakpoint, over a handler: gdb has removed all for the step. */
static void are_kept_for_steps_off(void **state)
{
    struct rsp_client *client = *state;

    fake_timeline_interrupt_at(client->timeline, 32);
    client_expect(client, "Z0,1408,4;" NEVER, "OK");
    client_expect(client, "z0,1408,4", "OK");
    client_expect(client, "Z0,1408,4;" IS_3, "OK");
    client_expect(client, "z0,1408,4", "OK");
    go_to(client, "30");
    expect_stop(client, "vCont;r1000,1004:1;c", 31, "");
    client_expect(client, "Z0,1408,4;" IS_3, "OK");
    client_expect(client, "z0,1408,4", "OK");
    expect_stop(client, "vCont;s:1", 34, "swbreak:;");
    client_expect(client, "qfThreadInfo", "m1");
    go_to(client, "30");
    expect_stop(client, "vCont;r1000,1004:1;c", 31, "");
    client_expect(client, "Z0,1408,4;" IS_3, "OK");
    client_expect(client, "z0,1408,4", "OK");
    client_expect(client, "Z0,1408,4;" NEVER, "OK");
    client_expect(client, "z0,1408,4", "OK");
    expect_stop(client, "vCont;s:1", 42, "");
    assert_int_equal(fake_timeline_breakpoints(client->timeline), 0);
}

#define WITH_CLIENT(test) cmocka_unit_test_setup_teardown(test, client_setup, client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CLIENT(are_announced),
        WITH_CLIENT(choose_executions),
        WITH_CLIENT(are_replaced),
        WITH_CLIENT(of_two_kinds_are_united),
        WITH_CLIENT(hold_where_they_cannot_be_evaluated),
        WITH_CLIENT(read_memory_in_the_order_of_registers),
        WITH_CLIENT(are_left_to_a_client_that_sees_physical_memory),
        WITH_CLIENT(are_limited),
        WITH_CLIENT(are_refused_if_malformed),
        WITH_CLIENT(hold_nobody_where_they_are_false),
        WITH_CLIENT(do_not_end_steps_by_ranges),
        WITH_CLIENT(are_kept_for_steps_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

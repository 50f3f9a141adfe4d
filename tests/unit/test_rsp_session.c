/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server as a client sees it, over a toy history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rsp_client.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The stop reply with that end, the PC in front of it. */
static const char *stop(char *text, unsigned signal, uint64_t pc, const char *rest)
{
    uint8_t bytes[8];
    int length = sprintf(text, "T%02xthread:1;20:", signal);

    memcpy(bytes, &pc, sizeof(bytes));
    for (unsigned i = 0; i < 8; i++) {
        length += sprintf(text + length, "%02x", bytes[i]);
    }
    sprintf(text + length, ";%s", rest);
    return text;
}

static void expect_stop(struct rsp_client *client, const char *packet, uint64_t pc,
                        const char *rest)
{
    char text[200];

    client_expect(client, packet, stop(text, 5, pc, rest));
}

static void expect_error(struct rsp_client *client, const char *packet)
{
    assert_int_equal(client_ask(client, packet)[0], 'E');
}

/* Asks where the timeline is, with the text that gdb shows beside the thread. */
static void expect_position(struct rsp_client *client, uint64_t position)
{
    char text[64], wanted[130];
    int length = sprintf(text, "CPU#0 [position %llu]", (unsigned long long)position);

    for (int i = 0; i < length; i++) {
        sprintf(wanted + 2 * i, "%02x", (unsigned)text[i]);
    }
    client_expect(client, "qThreadExtraInfo,1", wanted);
}

/* Takes the O packet that precedes a stop reply, and compares its text's beginning. */
static void expect_story(struct rsp_client *client, const char *begin)
{
    assert_int_equal(client->reply[0], 'O');
    for (size_t i = 0; begin[i]; i++) {
        unsigned byte;

        assert_int_equal(sscanf(client->reply + 1 + 2 * i, "%2x", &byte), 1);
        assert_int_equal((char)byte, begin[i]);
    }
    assert_true(client_receive(client));
}

static void announces_features(void **state)
{
    struct rsp_client *client = *state;
    const char *features = client_ask(client, "qSupported:xmlRegisters=i386;error-message+");

    assert_non_null(strstr(features, "PacketSize="));
    assert_non_null(strstr(features, ";ReverseStep+;ReverseContinue+;"));
    assert_non_null(strstr(features, ";qXfer:features:read+;"));
    assert_non_null(strstr(features, ";vContSupported+;"));
    assert_non_null(strstr(features, ";error-message+"));
    assert_null(strstr(features, "multiprocess+"));
    assert_null(strstr(features, "QNonStop"));
    assert_null(strstr(client_ask(client, "qSupported"), "error-message+"));
}

static void answers_what_it_does_not_know_with_nothing(void **state)
{
    static const char *const unknown[] = {
        "",
        "vMustReplyEmpty",
        "qOffsets",
        "qTStatus",
        "vFile:setfs:0",
        "qXfer:auxv:read::0,1",
        "qCRC:0",
        "qSupportedThings",
        "Z9,1,1",
        "bq",
        "qCx",
        "vConts",
        "\x80\xff",
    };

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        client_expect(*state, unknown[i], "");
    }
}

static void refuses_malformed_packets(void **state)
{
    static const char *const malformed[] = {
        "m1000",
        "mxyz,4",
        "m1000,4,5",
        "p",
        "P1",
        "P1=zz",
        "G00",
        "M1000,2:00",
        "M1000,1:0",
        "M1000,1:zz",
        "X2000,2:a",
        "Z0,1000",
        "Z0,1000,9",
        "Z2,1000,0",
        "Z2,ffffffffffffffff,2",
        "Z0,1000,4;X1,0",
        "Hg5",
        "T9",
        "qRcmd,0",
        "qRcmd,zz",
        "vCont",
        "vCont;x",
        "vCont;c:2",
        "vCont;r1",
        "vCont;c;",
        "vCont;s:p1.1",
        "qThreadExtraInfo,2",
        "QNonStop:1",
        "c1000",
        "gg",
        "qXfer:features:read:target.xml:0",
        "qXfer:features:read:target.xml:ffff,1",
        "qXfer:features:read:nothing.xml:0,10",
        "qSearch:memory:1000",
        "qSearch:memory:1000;10;",
        "P99=0000000000000000",
        "p99",
        "P0=00",
    };

    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        expect_error(*state, malformed[i]);
    }
}

static void says_why_where_it_may(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "m9000,4", "E0e");
    assert_memory_equal(client_ask(client, "Z2,1000,0"), "E.", 2);
    client_ask(client, "qSupported:error-message+");
    assert_memory_equal(client_ask(client, "QNonStop:1"), "E.", 2);
}

static void knows_its_thread(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "qC", "QC1");
    client_expect(client, "qfThreadInfo", "m1");
    client_expect(client, "qsThreadInfo", "l");
    client_expect(client, "Hg0", "OK");
    client_expect(client, "Hc-1", "OK");
    client_expect(client, "Hg1", "OK");
    client_expect(client, "T1", "OK");
    client_expect(client, "qAttached", "1");
    client_expect(client, "qAttached:1", "1");
    client_expect(client, "QNonStop:0", "OK");
    client_expect(client, "qSymbol::", "OK");
    expect_stop(client, "?", FAKE_CODE, "");
    expect_position(client, 0);
}

static void serves_the_target_description(void **state)
{
    struct rsp_client *client = *state;
    const char *whole;
    char copy[4096];
    size_t length;

    whole = client_ask(client, "qXfer:features:read:target.xml:0,1000");
    assert_int_equal(whole[0], 'l');
    assert_non_null(strstr(whole, "aarch64"));
    strcpy(copy, whole + 1);
    length = strlen(copy);
    client_ask(client, "qXfer:features:read:target.xml:0,5");
    assert_string_equal(client->reply, "m<?xml");
    client_ask(client, "qXfer:features:read:target.xml:5,1000");
    assert_string_equal(client->reply + 1, copy + 5);
    sprintf(copy, "qXfer:features:read:target.xml:%zx,10", length);
    client_expect(client, copy, "l");
    assert_int_equal(client_ask(client, "qXfer:features:read:core.xml:0,ffffffffffffffff")[0], 'l');
}

static void reads_registers(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "p0", "0000000000000000");
    client_expect(client, "p20", "0010000000000000");
    client_expect(client, "p21", "00000000");
    client_ask(client, "g");
    assert_int_equal(client->reply_length, 2 * FAKE_REGISTERS_SIZE);
    assert_memory_equal(client->reply + 16 * FAKE_PC, "0010000000000000", 16);
}

static void reads_memory(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "m1000,4", "1f2003d5");
    client_expect(client, "m1ffe,4", "03d50000");
    client_expect(client, "m2ffe,10", "0000"); /* up to the end of what is mapped */
    client_expect(client, "m3000,1", "E0e");
    client_expect(client, "mffffffffffffffff,4", "E0e");
    client_ask(client, "x1000,4");
    assert_int_equal(client->reply_length, 5);
    assert_memory_equal(client->reply, "b\x1f\x20\x03\xd5", 5);
    client_expect(client, "x1000,0", "b");
    client_expect(client, "x3000,4", "E0e");
    client_ask(client, "m1000,ffffffff");
    assert_int_equal(client->reply_length, 2 * 0x2000);
}

static void searches_memory(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "qSearch:memory:1000;100;\x03\xd5", "1,1002");
    client_expect(client, "qSearch:memory:1001;100;\x1f", "1,1004");
    client_expect(client, "qSearch:memory:1000;100;nowhere", "0");
    client_expect(client, "qSearch:memory:1000;3;\x03\xd5", "0");
    client_expect(client, "qSearch:memory:1000;ffffffffffffffff;nowhere", "E0e");
}

static void writes_start_a_diversion(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "P5=2a00000000000000", "OK");
    client_expect(client, "M2100,2:abcd", "OK");
    client_send_bytes(client, "X2102,4:#$}*", 12);
    assert_true(client_receive(client));
    assert_string_equal(client->reply, "OK");
    client_expect(client, "X2102,0:", "OK");
    client_expect(client, "p5", "2a00000000000000");
    client_expect(client, "m2100,6", "abcd23247d2a");
    assert_int_equal(fake_timeline_diversions(client->timeline), 1);
    expect_error(client, "M9000,1:00");

    /* The PC is the history's: the next move undoes the writes, and says so. */
    client_ask(client, "s");
    expect_story(client, "ebb: what was written");
    client_expect(client, "p5", "0000000000000000");
    client_expect(client, "m2100,6", "000000000000");
    expect_position(client, 1);
}

static void writes_all_registers(void **state)
{
    struct rsp_client *client = *state;
    char packet[2 * FAKE_REGISTERS_SIZE + 2] = "G";

    strcpy(packet + 1, client_ask(client, "g"));
    client_expect(client, packet, "OK");
    assert_int_equal(fake_timeline_diversions(client->timeline), 0); /* nothing differs */
    memcpy(packet + 1 + 16 * 3, "ff", 2);
    client_expect(client, packet, "OK");
    client_expect(client, "p3", "ff00000000000000");
    assert_int_equal(fake_timeline_diversions(client->timeline), 1);
}

/* One that steps off breakpoints, as gdb does, is held by one where it runs on without a step;
 * where it does not know that it is at one, and at the end, it is not. */
static void holds_who_steps_off_breakpoints(void **state)
{
    struct rsp_client *client = *state;
    char text[200];

    client_expect(client, "Z0,1014,4", "OK");
    client_expect(client, "Z0,1018,4", "OK");
    expect_stop(client, "c", 0x1014, "swbreak:;");
    expect_stop(client, "c", 0x1018, "swbreak:;");
    client_ask(client, "qSupported:swbreak+;vContSupported+");
    expect_stop(client, "vCont;c", 0x1018, "swbreak:;");
    expect_position(client, 6);
    expect_stop(client, "vCont;s:1", 0x101c, "");
    expect_stop(client, "vCont;c", 0x1014, "swbreak:;");
    expect_position(client, 15);
    client_monitor(client, "seek 5", text, sizeof(text)); /* at 0x1014 */
    expect_stop(client, "vCont;c", 0x1018, "swbreak:;");
    expect_position(client, 6);
    client_monitor(client, "seek end", text, sizeof(text));
    expect_stop(client, "vCont;c", FAKE_CODE, "replaylog:end;");
    client_expect(client, "Z0,1000,4", "OK");
    expect_stop(client, "vCont;c", FAKE_CODE, "replaylog:end;");
}

static void runs_code_in_a_diversion(void **state)
{
    struct rsp_client *client = *state;
    char text[200];

    client_expect(client, "vCont;s", stop(text, 5, FAKE_CODE + 4, ""));
    client_expect(client, "P20=0011000000000000", "OK");
    client_expect(client, "Z0,1110,4", "OK");
    expect_stop(client, "vCont;c", 0x1110, "swbreak:;");
    expect_stop(client, "vCont;s:1", 0x1114, "");
    expect_stop(client, "vCont;r1114,1120:1", 0x1120, "");
    client_ask(client, "c");
    expect_story(client, "ebb: the CPU waits");
    assert_string_equal(client->reply, stop(text, 2, FAKE_HALT, ""));
    expect_position(client, 1);

    /* As after a call: the PC is back, so the history goes on, without a word. */
    client_expect(client, "P20=0410000000000000", "OK");
    expect_stop(client, "s", FAKE_CODE + 8, "");
    expect_position(client, 2);
}

static void reverse_moves_drop_a_diversion(void **state)
{
    struct rsp_client *client = *state;

    expect_stop(client, "s", FAKE_CODE + 4, "");
    client_expect(client, "P20=0011000000000000", "OK");
    client_ask(client, "bs");
    expect_story(client, "ebb: what was written");
    expect_position(client, 0);
    assert_false(timeline_in_diversion(client->timeline));
}

static void steps_both_ways(void **state)
{
    struct rsp_client *client = *state;

    expect_stop(client, "s", FAKE_CODE + 4, "");
    expect_stop(client, "S05", FAKE_CODE + 8, "");
    expect_stop(client, "vCont;s:1;c", FAKE_CODE + 12, "");
    expect_stop(client, "vCont;S05:1;c:-1", FAKE_CODE + 16, "");
    expect_stop(client, "bs", FAKE_CODE + 12, "");
    expect_position(client, 3);
    client_expect(client, "vCont?", "vCont;c;C;s;S;r");
}

static void tells_the_ends_of_history(void **state)
{
    struct rsp_client *client = *state;

    expect_stop(client, "bs", FAKE_CODE, "replaylog:begin;");
    expect_stop(client, "bc", FAKE_CODE, "replaylog:begin;");
    expect_stop(client, "c", FAKE_CODE, "replaylog:end;");
    expect_position(client, FAKE_END);
    expect_stop(client, "s", FAKE_CODE, "replaylog:end;");
    expect_stop(client, "vCont;c", FAKE_CODE, "replaylog:end;");
    expect_stop(client, "bc", FAKE_CODE, "replaylog:begin;");
    expect_position(client, 0);
}

static void stops_at_breakpoints(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1014,4", "OK");
    client_expect(client, "Z0,1014,4", "OK"); /* a packet may be repeated */
    client_expect(client, "Z1,1018,4", "OK");
    expect_stop(client, "c", 0x1014, "swbreak:;");
    expect_stop(client, "c", 0x1018, "hwbreak:;");
    expect_stop(client, "C05", 0x1014, "swbreak:;");
    expect_position(client, 15);
    expect_stop(client, "bc", 0x1018, "hwbreak:;");
    expect_position(client, 6);
    client_expect(client, "z0,1014,4", "OK");
    client_expect(client, "z0,1014,4", "OK");
    expect_stop(client, "bc", FAKE_CODE, "replaylog:begin;");
    client_ask(client, "qSupported"); /* a client that did not ask is not told the reason */
    expect_stop(client, "c", 0x1018, "");
}

/* The timeline has one kind of breakpoint on execution, the client two. */
static void keeps_breakpoints_of_two_kinds_apart(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1014,4", "OK");
    client_expect(client, "Z1,1014,4", "OK");
    assert_int_equal(fake_timeline_breakpoints(client->timeline), 1);
    client_expect(client, "z0,1014,4", "OK");
    expect_stop(client, "c", 0x1014, "hwbreak:;");
    client_expect(client, "z1,1014,4", "OK");
    assert_int_equal(fake_timeline_breakpoints(client->timeline), 0);
}

static void stops_at_watchpoints(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z2,2010,8", "OK");
    expect_stop(client, "c", 0x1010, "watch:2010;"); /* before the access */
    client_expect(client, "m2010,1", "00");
    expect_position(client, 4);
    client_expect(client, "z2,2010,8", "OK");
    expect_stop(client, "s", 0x1014, "");
    client_expect(client, "Z2,2010,8", "OK");
    expect_stop(client, "bs", 0x1014, "watch:2010;"); /* behind it */
    client_expect(client, "z2,2010,8", "OK");
    client_expect(client, "Z3,2020,4", "OK");
    expect_stop(client, "c", 0x1018, "rwatch:2020;");
    client_expect(client, "z3,2020,4", "OK");
    expect_stop(client, "s", 0x101c, "");
    client_expect(client, "Z4,2020,4", "OK");
    expect_stop(client, "bc", 0x101c, "awatch:2020;");
}

/* The access starts before the watched bytes; gdb knows them by an address inside. */
static void reports_an_address_inside_of_the_watched_range(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z2,2014,2", "OK");
    client_expect(client, "Z2,2800,4", "OK");
    expect_stop(client, "c", 0x1010, "watch:2014;");
    client_expect(client, "z2,2014,2", "OK");
    client_expect(client, "Z2,200c,10", "OK");
    expect_stop(client, "c", 0x1010, "watch:2010;");
}

static void watch_pair(struct rsp_client *client, char insert_or_remove)
{
    char packet[32];

    for (unsigned address = 0x2040; address <= 0x2044; address += 4) {
        snprintf(packet, sizeof(packet), "%c2,%x,4", insert_or_remove, address);
        client_expect(client, packet, "OK");
    }
}

/* gdb looks at the value of the watchpoint that is reported, and at no other. */
static void reports_the_watchpoint_that_changes(void **state)
{
    struct rsp_client *client = *state;

    watch_pair(client, 'Z');
    expect_stop(client, "c", 0x1020, "watch:2040;"); /* both are 0 and stay so */
    expect_position(client, 8);
    watch_pair(client, 'z');
    expect_stop(client, "s", 0x1024, "");
    watch_pair(client, 'Z');
    expect_stop(client, "c", 0x1020, "watch:2044;");
    expect_position(client, 18);
    watch_pair(client, 'z');
    expect_stop(client, "s", 0x1024, "");
    watch_pair(client, 'Z');
    expect_stop(client, "bs", 0x1024, "watch:2044;");
    expect_position(client, 19);
    client_expect(client, "Z2,2048,8", "OK"); /* of which nothing is ever written */
    client_expect(client, "z2,2044,4", "OK");
    expect_stop(client, "bc", 0x1024, "watch:2040;");
    expect_position(client, 19);
}

/* It would go on by itself at what is as it was before; others want to know. */
static void tells_gdb_of_changes_only(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z2,2044,4", "OK");
    expect_stop(client, "c", 0x1020, "watch:2044;"); /* 0, and stays so */
    expect_position(client, 8);
    client_expect(client, "z2,2044,4", "OK");
    client_ask(client, "qSupported:vContSupported+");
    client_expect(client, "Z2,2044,4", "OK");
    client_expect(client, "Z2,2040,4", "OK");
    expect_stop(client, "c", 0x1020, "watch:2044;");
    expect_position(client, 18);
    expect_stop(client, "bc", FAKE_CODE, "replaylog:begin;");
    client_expect(client, "Z3,2044,4", "OK");
    client_expect(client, "Z4,2044,4", "OK");
    expect_stop(client, "c", 0x1020, "awatch:2044;"); /* an access, whatever it does */
    expect_position(client, 8);
    client_expect(client, "z4,2044,4", "OK");
    client_ask(client, "QThreadSuffixSupported"); /* LLDB */
    client_expect(client, "z2,2044,4", "OK");
    client_expect(client, "Z2,2044,4", "OK");
    expect_stop(client, "bc", FAKE_CODE, "replaylog:begin;");
    client_ask(client, "c"); /* behind what leaves it as it is */
    expect_position(client, 9);
}

static void names_the_device_that_wrote(void **state)
{
    struct rsp_client *client = *state;
    char text[200];

    client_expect(client, "Z2,2030,8", "OK");
    client_ask(client, "c");
    expect_story(client, "ebb: a device wrote to 0x2030 at position 555\n");
    assert_string_equal(client->reply, stop(text, 5, 0x1014, "watch:2030;"));
}

static void steps_through_a_range(void **state)
{
    struct rsp_client *client = *state;

    expect_stop(client, "vCont;r1000,1010:1", 0x1010, "");
    expect_stop(client, "vCont;r1000,1010:1", 0x1014, ""); /* one step at least */
    client_expect(client, "Z0,1018,4", "OK");
    expect_stop(client, "vCont;r1000,1100:1;c", 0x1018, "swbreak:;");
    client_expect(client, "z0,1018,4", "OK");
    client_expect(client, "Z2,2010,8", "OK");
    expect_stop(client, "vCont;r1000,1100", 0x1010, "watch:2010;");
    expect_position(client, 14);
}

static void tells_of_a_divergence(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));
    char text[200];

    (void)state;
    client_start(client);
    client_handshake(client);
    fake_timeline_diverge_at(client->timeline, 42);
    client_ask(client, "c");
    expect_story(client, "expected a write, got a read");
    expect_story(client, "\n");
    assert_string_equal(client->reply, stop(text, 5, FAKE_CODE + 8, "replaylog:end;"));
    client_finish(client);
    assert_true(client->result.diverged);
    free(client);
}

static void survives_a_move_that_fails(void **state)
{
    struct rsp_client *client = *state;
    char text[200];

    fake_timeline_fail_next(client->timeline);
    client_ask(client, "c");
    expect_story(client, "ebb: the worker died\n");
    assert_string_equal(client->reply, stop(text, 2, FAKE_CODE, ""));
    expect_stop(client, "s", FAKE_CODE + 4, "");
}

/* The moves last until they are interrupted. */
static void interrupts_moves(void **state)
{
    static const char *const moves[] = {"c", "bc", "vCont;c", "s", "vCont;r1000,2000"};
    struct rsp_client *client = *state;
    char text[200];

    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        fake_timeline_block(client->timeline, true);
        client_send(client, moves[i]);
        fake_timeline_wait_blocked(client->timeline);
        client_write(client, "\x03", 1);
        assert_true(client_receive(client));
        assert_string_equal(client->reply, stop(text, 2, FAKE_CODE, ""));
    }
    fake_timeline_block(client->timeline, false);
    client_expect(client, "?", stop(text, 2, FAKE_CODE, ""));
    expect_stop(client, "s", FAKE_CODE + 4, "");
}

/* The interrupt may come in one piece with the packet. */
static void hears_an_interrupt_that_follows_at_once(void **state)
{
    struct rsp_client *client = *state;
    char text[200];

    fake_timeline_block(client->timeline, true);
    client_write(client, "$c#63\x03", 6);
    assert_true(client_receive(client));
    assert_string_equal(client->reply, stop(text, 2, FAKE_CODE, ""));
    fake_timeline_block(client->timeline, false);
}

/* A 0x03 inside of a packet is data; the packet waits for the move's end. */
static void keeps_packets_that_arrive_during_a_move(void **state)
{
    struct rsp_client *client = *state;
    char text[200];

    fake_timeline_block(client->timeline, true);
    client_send(client, "c");
    fake_timeline_wait_blocked(client->timeline);
    client_send_bytes(client, "X2000,1:\x03", 9);
    client_send(client, "m2000,1");
    client_write(client, "\x03", 1);
    assert_true(client_receive(client));
    assert_string_equal(client->reply, stop(text, 2, FAKE_CODE, ""));
    assert_true(client_receive(client));
    assert_string_equal(client->reply, "OK");
    assert_true(client_receive(client));
    assert_string_equal(client->reply, "03");
    fake_timeline_block(client->timeline, false);
}

/*
 * gdb sends no 0x03 while it waits for a monitor command. When its user gives up, it goes on with
 * another packet, and must not take the command's answer for that packet's.
 */
static void forgets_a_seek_that_the_client_gave_up(void **state)
{
    struct rsp_client *client = *state;

    fake_timeline_block(client->timeline, true);
    client_send(client, "qRcmd,7365656b20353030"); /* seek 500 */
    fake_timeline_wait_blocked(client->timeline);
    client_expect(client, "qC", "QC1");
    fake_timeline_block(client->timeline, false);
    expect_position(client, 0);
}

/* gdb may be about to go on when it is told to stop: for it an interrupt between two moves is one
 * of the second. */
static void keeps_an_interrupt_for_the_next_move(void **state)
{
    struct rsp_client *client = *state;
    char text[200];

    client_write(client, "\x03\x03", 2);
    client_expect(client, "qC", "QC1");
    client_expect(client, "vCont;c", stop(text, 2, FAKE_CODE, ""));
    expect_position(client, 0);
    expect_stop(client, "s", FAKE_CODE + 4, "");
    client_write(client, "\x03", 1);
    client_expect(client, "bs", stop(text, 2, FAKE_CODE + 4, ""));
    expect_stop(client, "c", FAKE_CODE, "replaylog:end;");
}

/* ... unless gdb has stopped, and says so by looking at the threads. */
static void forgets_an_interrupt_after_a_stop(void **state)
{
    struct rsp_client *client = *state;

    client_write(client, "\x03", 1);
    client_expect(client, "qfThreadInfo", "m1");
    expect_stop(client, "s", FAKE_CODE + 4, "");
    /* What has reached the timeline only belongs to the move before. */
    timeline_interrupt(client->timeline);
    expect_stop(client, "c", FAKE_CODE, "replaylog:end;");
}

/* What has stopped a move does not stop the next one, however often it was said. */
static void uses_interrupts_once(void **state)
{
    struct rsp_client *client = *state;
    char text[200];

    fake_timeline_block(client->timeline, true);
    client_send(client, "c");
    fake_timeline_wait_blocked(client->timeline);
    client_write(client, "\x03\x03\x03", 3);
    assert_true(client_receive(client));
    assert_string_equal(client->reply, stop(text, 2, FAKE_CODE, ""));
    fake_timeline_block(client->timeline, false);
    expect_stop(client, "s", FAKE_CODE + 4, "");
}

static void tells_all_core_registers_with_a_stop(void **state)
{
    struct rsp_client *client = *state;

    expect_stop(client, "s", FAKE_CODE + 4, "");
    assert_int_equal(client->core_registers, FAKE_REGISTERS);
}

/* The handler's instructions are those from position 22 to 31. */
static void setup_interrupt(struct rsp_client *client, uint64_t position)
{
    char text[4096], seek[32];

    fake_timeline_interrupt_at(client->timeline, 22);
    sprintf(seek, "seek %u", (unsigned)position);
    client_monitor(client, seek, text, sizeof(text));
    client_expect(client, "qfThreadInfo", "m1");
}

static void steps_of_lines_go_over_interrupts(void **state)
{
    struct rsp_client *client = *state;

    setup_interrupt(client, 20);
    expect_stop(client, "vCont;r1000,100c:1;c", FAKE_CODE + 12, "");
    expect_position(client, 33);
    /* Back, the first step is one of many: it is not known to be a stepi. */
    expect_stop(client, "bs", FAKE_CODE + 8, "");
    expect_position(client, 32);
    expect_stop(client, "bs", FAKE_CODE + 4, "");
    expect_position(client, 21);
    client_expect(client, "qfThreadInfo", "m1");
    /* Off a breakpoint, with a handler that has one: gdb has removed both for the step. */
    client_expect(client, "Z0,1004,4", "OK");
    client_expect(client, "Z0,1408,4", "OK");
    client_expect(client, "z0,1004,4", "OK");
    client_expect(client, "z0,1408,4", "OK");
    expect_stop(client, "vCont;s:1", FAKE_HANDLER + 8, "swbreak:;");
    expect_position(client, 24);
    assert_int_equal(fake_timeline_breakpoints(client->timeline), 0);
    client_expect(client, "qfThreadInfo", "m1");
    setup_interrupt(client, 21);
    expect_stop(client, "vCont;s:1", FAKE_CODE + 8, "");
    expect_position(client, 32);
}

static void a_stepi_enters_handlers(void **state)
{
    struct rsp_client *client = *state;

    setup_interrupt(client, 21);
    expect_stop(client, "vCont;s:1;c", FAKE_HANDLER, "");
    client_expect(client, "qfThreadInfo", "m1");
    for (unsigned i = 1; i <= FAKE_LOOP; i++) {
        expect_stop(client, "vCont;s:1;c", i < FAKE_LOOP ? FAKE_HANDLER + 4 * i : FAKE_CODE + 8,
                    "");
        client_expect(client, "qfThreadInfo", "m1");
    }
    /* Who steps by instructions goes back by instructions. */
    for (unsigned i = FAKE_LOOP; i > 0; i--) {
        expect_stop(client, "bs", FAKE_HANDLER + 4 * (i - 1), "");
        client_expect(client, "qfThreadInfo", "m1");
    }
    expect_stop(client, "bs", FAKE_CODE + 4, "");
    expect_position(client, 21);
}

/* Only with its second packet does it show that a step is one of several. */
static void many_stepis_go_over_interrupts(void **state)
{
    struct rsp_client *client = *state;

    setup_interrupt(client, 21);
    expect_stop(client, "vCont;s:1;c", FAKE_HANDLER, "");
    expect_stop(client, "vCont;s:1;c", FAKE_CODE + 12, "");
    expect_position(client, 33);
    expect_stop(client, "vCont;s:1;c", FAKE_CODE + 16, "");
    client_expect(client, "qfThreadInfo", "m1");
    expect_stop(client, "vCont;s:1;c", FAKE_CODE + 20, "");
    client_expect(client, "qfThreadInfo", "m1");
    setup_interrupt(client, 32);
    expect_stop(client, "bs", FAKE_HANDLER + 4 * (FAKE_LOOP - 1), "");
    expect_stop(client, "bs", FAKE_CODE, "");
    expect_position(client, 20);
}

/* Only the step at a watchpoint's stop looks what that saw; a search has left the place. */
static void a_step_behind_a_search_goes_over_interrupts(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    setup_interrupt(client, 12);
    client_expect(client, "Z2,2010,8", "OK");
    expect_stop(client, "c", FAKE_CODE + 16, "watch:2010;");
    client_expect(client, "z2,2010,8", "OK");
    client_expect(client, "qfThreadInfo", "m1");
    client_monitor(client, "search next execute 0x1004", text, sizeof(text));
    expect_position(client, 21);
    expect_stop(client, "vCont;r1000,100c:1;c", FAKE_CODE + 12, "");
    expect_position(client, 33);
}

static void interrupts_can_be_stepped_into(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    setup_interrupt(client, 20);
    client_monitor(client, "step-over-interrupts off", text, sizeof(text));
    assert_string_equal(text, "step-over-interrupts is off\n");
    expect_stop(client, "vCont;r1000,100c:1;c", FAKE_HANDLER, "");
    client_monitor(client, "seek 32", text, sizeof(text));
    expect_stop(client, "bs", FAKE_HANDLER + 4 * (FAKE_LOOP - 1), "");
    expect_stop(client, "bs", FAKE_HANDLER + 4 * (FAKE_LOOP - 2), "");
    assert_string_equal(client_monitor(client, "step-over-interrupts maybe", text, sizeof(text)),
                        "E16");
}

/* gdb 13 never gets over an end of history in answer to its own step off a breakpoint. */
static void a_step_off_a_breakpoint_meets_no_end(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    client_monitor(client, "seek end", text, sizeof(text));
    client_ask(client, "vCont;s:1");
    expect_story(client, "ebb: this is the end");
    assert_string_equal(client->reply, stop(text, 5, FAKE_CODE, ""));
    expect_stop(client, "vCont;c", FAKE_CODE, "replaylog:end;");
    expect_stop(client, "vCont;s:1;c", FAKE_CODE, "replaylog:end;");
}

static void the_extended_protocol_keeps_the_connection(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "!", "OK");
    client_expect(client, "Z0,1014,4", "OK");
    expect_stop(client, "vCont;c", 0x1014, "swbreak:;");
    client_expect(client, "D;1", "OK");
    assert_int_equal(fake_timeline_breakpoints(client->timeline), 0);
    client_expect(client, "qfThreadInfo", "l");
    client_expect(client, "?", "W00");
    expect_stop(client, "vAttach;1", 0x1014, "");
    client_expect(client, "qfThreadInfo", "m1");
    client_expect(client, "vKill;1", "OK");
    expect_stop(client, "vRun;;", FAKE_CODE, "");
    expect_position(client, 0);
    expect_stop(client, "s", FAKE_CODE + 4, "");
}

/* What the debugger wrote is never dropped without a word, whatever else went on in between. */
static void says_that_writes_are_undone(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "P20=0011000000000000", "OK");
    client_expect(client, "Z0,1110,4", "OK");
    expect_stop(client, "vCont;c", 0x1110, "swbreak:;");
    client_expect(client, "P20=0010000000000000", "OK"); /* a function was called */
    client_expect(client, "P5=2a00000000000000", "OK");
    client_ask(client, "s");
    expect_story(client, "ebb: what was written");

    client_expect(client, "P20=0011000000000000", "OK");
    expect_stop(client, "vCont;c", 0x1110, "swbreak:;");
    client_expect(client, "P20=0410000000000000", "OK");
    client_expect(client, "M2100,2:abcd", "OK");
    client_ask(client, "bs");
    expect_story(client, "ebb: what was written");
}

static void a_client_that_leaves_ends_its_move(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));

    (void)state;
    client_start(client);
    client_handshake(client);
    client_expect(client, "Z0,1014,4", "OK");
    client_expect(client, "P5=2a00000000000000", "OK");
    fake_timeline_block(client->timeline, true);
    client_send(client, "c");
    fake_timeline_wait_blocked(client->timeline);
    assert_int_equal(client_finish(client), RSP_END_DISCONNECTED);
    free(client);
}

static void a_stop_request_ends_a_move(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));

    (void)state;
    client_start(client);
    client_handshake(client);
    fake_timeline_block(client->timeline, true);
    client_send(client, "bc");
    fake_timeline_wait_blocked(client->timeline);
    assert_int_equal(write(client->stop_pipe, "x", 1), 1);
    while (client_read_byte(client) >= 0) {
    }
    assert_int_equal(client_finish(client), RSP_END_STOPPED);
    free(client);
}

static void ends_as_the_client_says(void **state)
{
    static const struct {
        const char *packet;
        const char *reply; /* NULL: none */
        enum rsp_end end;
    } ends[] = {
        {"D", "OK", RSP_END_DETACHED},
        {"D;1", "OK", RSP_END_DETACHED},
        {"k", NULL, RSP_END_KILLED},
        {"vKill;1", "OK", RSP_END_KILLED},
    };
    struct rsp_client *client = malloc(sizeof(*client));

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        client_start(client);
        client_handshake(client);
        client_send(client, ends[i].packet);
        assert_int_equal(client_receive(client), ends[i].reply != NULL);
        if (ends[i].reply) {
            assert_string_equal(client->reply, ends[i].reply);
        }
        assert_int_equal(client_read_byte(client), -1);
        assert_int_equal(client_finish(client), ends[i].end);
    }
    free(client);
}

static void acknowledges_and_retransmits(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));

    (void)state;
    client_start(client);
    client_write(client, "$qC#b5", 6); /* wrong sum */
    assert_int_equal(client_read_byte(client), '-');
    client_write(client, "$qC#b4", 6);
    assert_int_equal(client_read_byte(client), '+');
    for (unsigned i = 0; i < 3; i++) {
        assert_true(client_receive(client));
        assert_string_equal(client->reply, "QC1");
        client_write(client, i < 2 ? "-" : "+", 1);
    }
    client_expect(client, "T1", "OK");

    /* A client that goes on without an acknowledgement has got the reply. */
    client_write(client, "$qC#b4$T1#85", 12);
    assert_int_equal(client_read_byte(client), '+');
    assert_true(client_receive(client));
    assert_int_equal(client_read_byte(client), '+');
    assert_true(client_receive(client));
    assert_string_equal(client->reply, "OK");
    client_write(client, "+", 1);
    client_expect(client, "QStartNoAckMode", "OK");
    client->acks = false;
    client_write(client, "$qC#b5", 6); /* nothing to say it with; the packet is dropped */
    client_expect(client, "T1", "OK");
    assert_int_equal(client_finish(client), RSP_END_DISCONNECTED);
    free(client);
}

static void answers_long_packets(void **state)
{
    struct rsp_client *client = *state;
    char *packet = malloc(0x8002);

    memset(packet, 'm', 0x8001);
    packet[0x8001] = 0;
    client_expect(client, packet, "E16");
    client_expect(client, "qC", "QC1");
    free(packet);
}

/* As gdb wants them once it has read a big-endian file; memory is bytes either way. */
static void sends_registers_in_the_order_asked_for(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    client_monitor(client, "seek 123", text, sizeof(text)); /* x0 is 12, the PC 0x100c */
    client_expect(client, "p0", "0c00000000000000");
    assert_string_equal(client_monitor(client, "byte-order", text, sizeof(text)), "OK");
    assert_non_null(strstr(text, "little-endian"));
    client_monitor(client, "byte-order big", text, sizeof(text));
    assert_non_null(strstr(text, "big-endian"));
    assert_non_null(strstr(text, "maintenance flush register-cache"));
    client_expect(client, "p0", "000000000000000c");
    client_expect(client, "?", "T05thread:1;20:000000000000100c;");
    assert_memory_equal(client_ask(client, "g"), "000000000000000c", 16);
    assert_memory_equal(client->reply + 2 * 8 * FAKE_PC, "000000000000100c", 16);
    client_expect(client, "m2010,8", "0b00000000000000");
    client_expect(client, "P1=0000000000001234", "OK");
    client_expect(client, "p1", "0000000000001234");
    strcpy(text, "G");
    strcat(text, client_ask(client, "g"));
    memcpy(text + 1, "00000000000000ff", 16);
    client_expect(client, text, "OK");
    client_monitor(client, "byte-order little", text, sizeof(text));
    client_expect(client, "p0", "ff00000000000000");
    client_expect(client, "p1", "3412000000000000");
    assert_int_equal(client_monitor(client, "byte-order middle", text, sizeof(text))[0], 'E');
}

static void monitor_tells_and_seeks(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    assert_string_equal(client_monitor(client, "help", text, sizeof(text)), "OK");
    assert_non_null(strstr(text, "monitor seek"));
    assert_string_equal(client_monitor(client, "position", text, sizeof(text)), "OK");
    assert_string_equal(text, "position 0 of 0 to 1000\n");
    assert_string_equal(client_monitor(client, "seek 123", text, sizeof(text)), "OK");
    assert_non_null(strstr(text, "position 123 of"));
    assert_non_null(strstr(text, "maintenance flush register-cache"));
    expect_position(client, 123);
    client_monitor(client, " seek  +7 ", text, sizeof(text));
    expect_position(client, 130);
    client_monitor(client, "seek -31", text, sizeof(text));
    expect_position(client, 99);
    client_monitor(client, "seek -18446744073709551615", text, sizeof(text));
    expect_position(client, 0);
    client_monitor(client, "seek +18446744073709551615", text, sizeof(text));
    expect_position(client, FAKE_END);
    client_monitor(client, "seek begin", text, sizeof(text));
    expect_position(client, 0);
    client_monitor(client, "seek end", text, sizeof(text));
    expect_position(client, FAKE_END);
}

static void monitor_shows_events_and_more(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    assert_string_equal(client_monitor(client, "events 45 2", text, sizeof(text)), "OK");
    assert_null(strstr(text, " 40  mmio-read"));
    assert_non_null(strstr(text, " 50  mmio-read      0x9000000 4 0x42\n"));
    assert_non_null(strstr(text, " 60  mmio-read"));
    assert_null(strstr(text, " 70  mmio-read"));
    assert_string_equal(client_monitor(client, "events #5 2", text, sizeof(text)), "OK");
    assert_non_null(strstr(text, "\n           5                    50  mmio-read"));
    assert_string_equal(client_monitor(client, "events #", text, sizeof(text)), "E16");
    assert_string_equal(client_monitor(client, "events end", text, sizeof(text)), "OK");
    assert_null(strstr(text, "mmio-read"));
    assert_string_equal(client_monitor(client, "checkpoints", text, sizeof(text)), "OK");
    assert_non_null(strstr(text, "500          4096  checkpoint"));
    assert_string_equal(client_monitor(client, "stats", text, sizeof(text)), "OK");
    assert_string_equal(client_monitor(client, "info", text, sizeof(text)), "OK");
    assert_non_null(strstr(text, "in good order"));
    assert_string_equal(client_monitor(client, "digest", text, sizeof(text)), "OK");
    assert_string_equal(text, "registers 0000000000000000 ram ffffffffffffffff\n");
}

static void expect_info(struct rsp_client *client, const char *wanted)
{
    char text[4096];

    assert_string_equal(client_monitor(client, "info", text, sizeof(text)), "OK");
    assert_string_equal(text, wanted);
}

static void expect_search(struct rsp_client *client, const char *arguments, const char *answer,
                          uint64_t position)
{
    char command[200], text[400];

    snprintf(command, sizeof(command), "search %s", arguments);
    assert_string_equal(client_monitor(client, command, text, sizeof(text)), "OK");
    assert_string_equal(text, answer);
    expect_position(client, position);
}

static void monitor_searches(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Z0,1008,4", "OK"); /* the client's own are no concern of searches */
    expect_search(client, "next write 0x2010,8", "found 4 write 0x2010 by cpu\n", 4);
    expect_search(client, "next write 0x2010,8", "found 14 write 0x2010 by cpu\n", 14);
    expect_search(client, "on write 0x2010,8", "found 14 write 0x2010 by cpu\n", 14);
    expect_search(client, "last write 0x2010,8", "found 4 write 0x2010 by cpu\n", 4);
    expect_search(client, "next read 0x2020", "found 6 read 0x2020 by cpu\n", 6);
    expect_search(client, "last write 0x2010,8", "found 4 write 0x2010 by cpu\n", 4);
    expect_search(client, "next execute 0x1000 0x1004", "found 10 execute 0x1000 by cpu\n", 10);
    expect_search(client, "on execute 0x1000 0x1004", "found 11 execute 0x1004 by cpu\n", 11);
    expect_search(client, "last execute 0x1000", "found 10 execute 0x1000 by cpu\n", 10);
    expect_search(client, "last execute 0x1000", "found 0 execute 0x1000 by cpu\n", 0);
    expect_search(client, "last execute 0x1000", "nothing found\n", 0);
    expect_stop(client, "c", 0x1008, "swbreak:;");
}

/* What comes on the way to where the run is to begin is an interrupt of the search. */
static void an_interrupted_search_does_not_run(void **state)
{
    struct rsp_client *client = *state;
    char text[400];

    fake_timeline_block(client->timeline, true);
    client_send_monitor(client, "search next write 0x2010,8");
    fake_timeline_wait_blocked(client->timeline);
    fake_timeline_block(client->timeline, true); /* once more: behind the interrupt */
    client_write(client, "\x03", 1);
    fake_timeline_wait_blocked(client->timeline);
    fake_timeline_block(client->timeline, false);
    client_receive_monitor(client, text, sizeof(text));
    assert_string_equal(text, "searched until 1\n");
    expect_position(client, 1);
    expect_search(client, "on write 0x2010,8", "found 4 write 0x2010 by cpu\n", 4);
}

/* Nor is what the search begins at, and is to leave out, what it has come to. */
static void an_interrupted_search_finds_nothing_where_it_is(void **state)
{
    static const char *const searches[] = {"next", "last"};
    struct rsp_client *client = *state;
    char text[400], command[100];

    client_monitor(client, "seek 10", text, sizeof(text));
    for (unsigned i = 0; i < 2; i++) {
        snprintf(command, sizeof(command), "search %s execute 0x1000", searches[i]);
        fake_timeline_block(client->timeline, true);
        client_send_monitor(client, command);
        fake_timeline_wait_blocked(client->timeline);
        client_write(client, "\x03", 1);
        client_receive_monitor(client, text, sizeof(text));
        fake_timeline_block(client->timeline, false);
        assert_string_equal(text, "searched until 10\n");
        expect_position(client, 10);
    }
}

static void monitor_counts(void **state)
{
    struct rsp_client *client = *state;
    char text[100];

    expect_search(client, "1000 execute 0x1000", "counted 100 until 1000\n", 1000);
    client_monitor(client, "seek 10", text, sizeof(text));
    expect_search(client, "30 execute 0x1000", "counted 2 until 30\n", 30);
    expect_search(client, "30 execute 0x1000", "counted 0 until 30\n", 30);
    expect_search(client, "31 execute 0x1000", "counted 1 until 31\n", 31);
    client_monitor(client, "seek 0", text, sizeof(text));
    expect_search(client, "1000:3 execute 0x1000", "counted 3 until 20\n", 20);
    client_monitor(client, "seek 4", text, sizeof(text));
    expect_search(client, "44:9 write 0x2010", "counted 4 until 44\n", 44);
    expect_search(client, "45:1 write 0x2010", "counted 1 until 44\n", 44);
    expect_search(client, "46 write 0x2010", "counted 1 until 46\n", 46);
}

static void monitor_searches_what_devices_wrote(void **state)
{
    struct rsp_client *client = *state;
    char text[100];

    expect_search(client, "next write 0x2030,8", "found 554 write 0x2030 by device\n", 554);
    expect_search(client, "last write 0x2030,8", "nothing found\n", 0);
    expect_search(client, "1000:2 write 0x2037", "counted 1 until 1000\n", 1000);
    client_monitor(client, "seek 554", text, sizeof(text));
    expect_search(client, "on write 0x2030,8", "found 554 write 0x2030 by device\n", 554);
    expect_search(client, "next write 0x2030,8", "nothing found\n", 1000);
    client_monitor(client, "seek 0", text, sizeof(text));
    expect_search(client, "554 write 0x2030", "counted 0 until 554\n", 554);
}

static void monitor_search_refuses(void **state)
{
    static const char *const refused[] = {"search last write",
                                          "search first write 16",
                                          "search 5:0 write 16",
                                          "search 5: write 16",
                                          "search -5 write 16",
                                          "search : write 16",
                                          "search last touch 16",
                                          "search last write 16,0",
                                          "search last write 16,1048577",
                                          "search last write x",
                                          "search last execute 4,4",
                                          "search last write 0xffffffffffffffff,2",
                                          "search last write 1 2 x",
                                          "search last write -1",
                                          "search last write 16,-1",
                                          "search last execute -1",
                                          "search last write 0x10000000000000000",
                                          "search 5:-1 write 16",
                                          "search 18446744073709551616 write 16"};
    char text[400];

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_string_equal(client_monitor(*state, refused[i], text, sizeof(text)), "E16");
        assert_true(strlen(text) > 0);
    }
    expect_position(*state, 0);
}

static void monitor_describes_the_recording(void **state)
{
    static const char counts[] = "events        30, in 700 bytes of log\n"
                                 "keyframes     2, in 9000 bytes\n";
    struct ebb_log_summary summary = {.event_count = 30,
                                      .end_position = FAKE_END,
                                      .keyframe_count = 2,
                                      .log_bytes = 700,
                                      .keyframe_bytes = 9000};
    struct rsp_client *client = *state;
    char wanted[1024];

    fake_timeline_describe_log(client->timeline, &summary, NULL);
    snprintf(wanted, sizeof(wanted), "instructions  1000\n%sended         cut off\n", counts);
    expect_info(client, wanted);

    /* A flight recording that has lost its beginning. */
    summary.complete = true;
    summary.begin_position = 400;
    summary.event_count += summary.first_event = 123;
    summary.keyframe_count += summary.first_keyframe = 7;
    fake_timeline_describe_log(client->timeline, &summary, NULL);
    snprintf(wanted, sizeof(wanted),
             "instructions  600\n"
             "begin         at 400; what was before was dropped (--last)\n"
             "%sended         in good order\n",
             counts);
    expect_info(client, wanted);

    /* One under KVM that could not be resolved to its end. */
    fake_timeline_describe_log(client->timeline, &summary, "an anchor\nis nowhere");
    snprintf(wanted, sizeof(wanted),
             "instructions  600\n"
             "begin         at 400; what was before was dropped (--last)\n"
             "%sended         where replay and recording disagree; what is before can be replayed\n"
             "an anchor\nis nowhere\n",
             counts);
    expect_info(client, wanted);
}

/* In the place of what knows the recording's devices. */
static int tell_who_wrote(void *opaque, const struct ebb_log *log, uint64_t step,
                          bool (*stopped)(void *opaque), void *stopped_opaque,
                          char words[RSP_WHO_WROTE_SIZE], struct ebb_error *error)
{
    const struct rsp_client *client = opaque;

    while (step == FAKE_END && !stopped(stopped_opaque)) {
    }
    if (step == FAKE_END || stopped(stopped_opaque)) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
    }
    if (log != timeline_log(client->timeline)) {
        return ebb_fail(error, EBB_ERROR_FAILED, "this is another log");
    }
    snprintf(words, RSP_WHO_WROTE_SIZE, "by device %u", (unsigned)step);
    return 0;
}

static void monitor_tells_the_device_that_wrote(void **state)
{
    struct rsp_client client;
    struct rsp_recording recording = {.opaque = &client, .who_wrote = tell_who_wrote};
    char text[400];

    (void)state;
    client_start_recording(&client, &recording);
    client_handshake(&client);
    assert_string_equal(client_monitor(&client, "who-wrote 554", text, sizeof(text)), "OK");
    assert_string_equal(text, "by device 554\n");
    client_monitor(&client, "seek 20", text, sizeof(text));
    client_monitor(&client, "who-wrote", text, sizeof(text));
    assert_string_equal(text, "by device 20\n");
    client_monitor(&client, "who-wrote -7", text, sizeof(text));
    assert_string_equal(text, "by device 13\n");
    assert_string_equal(client_monitor(&client, "who-wrote 1001", text, sizeof(text)), "E16");
    assert_string_equal(client_monitor(&client, "who-wrote 1 2", text, sizeof(text)), "E16");
    expect_position(&client, 20);
    client_send_monitor(&client, "who-wrote end");
    client_write(&client, "\x03", 1);
    assert_string_equal(client_receive_monitor(&client, text, sizeof(text)), "E16");
    assert_string_equal(text, "stopped\n");
    client_finish(&client);
}

static void monitor_knows_no_devices_without_a_recording(void **state)
{
    char text[400];

    assert_string_equal(client_monitor(*state, "who-wrote 554", text, sizeof(text)), "E16");
    assert_non_null(strstr(text, "knows nothing of the recording"));
}

static void monitor_refuses(void **state)
{
    static const char *const refused[] = {
        "seek",       "seek x",      "seek 1001",          "seek 1 2",
        "seek +",     "seek -x",     "events 0 0",         "events 0 x",
        "seek 5x",    "help me",     "events 1 2 3 4 5 6", "events #-1",
        "events #+1", "events 0 -1", "events 0 +1",        "seek 18446744073709551616",
    };
    char text[4096];

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_string_equal(client_monitor(*state, refused[i], text, sizeof(text)), "E16");
        assert_int_not_equal(text[0], 0);
    }
    expect_position(*state, 0);
}

/* IDEs send what servers for boards know: an error would end their session. */
static void monitor_takes_what_ides_send(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    expect_stop(client, "s", FAKE_CODE + 4, "");
    assert_string_equal(client_monitor(client, "halt", text, sizeof(text)), "OK");
    assert_string_equal(text, "");
    expect_position(client, 1);
    assert_string_equal(client_monitor(client, "reset halt", text, sizeof(text)), "OK");
    expect_position(client, 0);
    assert_string_equal(client_monitor(client, "arm semihosting enable", text, sizeof(text)), "OK");
    assert_non_null(strstr(text, "unknown command: 'arm'"));
    assert_string_equal(client_monitor(client, "info mem", text, sizeof(text)), "OK");
    assert_non_null(strstr(text, "unknown command: 'info mem'"));
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void make_path(char *path, size_t size)
{
    char directory[] = "/tmp/ebb-test-rsp-XXXXXX";

    assert_non_null(mkdtemp(directory));
    snprintf(path, size, "%s/gdb", directory);
}

static void remove_path(const char *path)
{
    char directory[64];

    unlink(path);
    strcpy(directory, path);
    *strrchr(directory, '/') = 0;
    assert_int_equal(rmdir(directory), 0);
}

static void a_listener_lets_clients_come_back(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));
    struct ebb_error error;
    struct stat status;
    char path[64], name[64];
    int listener;

    (void)state;
    make_path(path, sizeof(path));
    listener = rsp_listen_unix(path, &error);
    assert_true(listener >= 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(rsp_listener_name(listener, name, sizeof(name), &error), 0);
    assert_string_equal(name, path);
    client_start_listener(client, listener, false);

    client->fd = connect_unix(path);
    client_handshake(client);
    client_expect(client, "Z0,1014,4", "OK");
    expect_stop(client, "c", 0x1014, "swbreak:;");
    client_expect(client, "D", "OK");
    close(client->fd);

    client->fd =
        connect_unix(path); /* the place is kept, breakpoints are not; this one just goes */
    client->acks = true;
    client_handshake(client);
    expect_stop(client, "?", 0x1014, "");
    expect_stop(client, "s", 0x1018, "");
    close(client->fd);

    client->fd = connect_unix(path);
    client->acks = true;
    client_handshake(client);
    expect_stop(client, "?", 0x1018, "");
    client_expect(client, "vKill;1", "OK");
    assert_int_equal(client_finish(client), RSP_END_KILLED);
    assert_int_equal(client->result.sessions, 3);

    listener = rsp_listen_unix(path, &error); /* the socket file left behind is no obstacle */
    assert_true(listener >= 0);
    assert_int_equal(rsp_listen_unix(path, &error), -1); /* but one in use is */
    close(listener);
    remove_path(path);
    free(client);
}

/* A timeline that is there, or turns out not to be, when the server has asked several times. */
struct slow_opening {
    struct rsp_client *client;
    unsigned asked, until;
    bool fails;
};

static int wait_for_opening(void *opaque, unsigned milliseconds, struct timeline **timeline,
                            char *progress, size_t size)
{
    struct slow_opening *slow = opaque;

    (void)milliseconds;
    snprintf(progress, size, "opening, part %u", ++slow->asked);
    if (slow->asked < slow->until) {
        return 0;
    }
    *timeline = slow->client->timeline;
    return slow->fails ? -1 : 1;
}

static const char *early_document(void *opaque, const char *name)
{
    (void)opaque;
    return strcmp(name, "target.xml") ? NULL : "<target/>";
}

static void answers_before_the_timeline_is_open(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));
    struct slow_opening slow = {.client = client, .until = 3};
    struct rsp_opening opening = {&slow, wait_for_opening, early_document};

    (void)state;
    client_start_opening(client, &opening);
    client_handshake(client);
    client_expect(client, "vMustReplyEmpty", "");
    client_expect(client, "Hg0", "OK");
    client_expect(client, "qXfer:features:read:target.xml:0,ff", "l<target/>");
    client_expect(client, "qUnheardOf", "");
    assert_int_equal(slow.asked, 0);
    /* gdb shows what comes before the answer to this one. */
    client_ask(client, "qTStatus");
    expect_story(client, "ebb: opening, part 1\n");
    expect_story(client, "ebb: opening, part 2\n");
    assert_string_equal(client->reply, "");
    expect_stop(client, "?", FAKE_CODE, "");
    expect_stop(client, "s", FAKE_CODE + 4, "");
    assert_int_equal(slow.asked, 3);
    client_finish(client);
    free(client);
}

static void ends_if_the_timeline_cannot_be_opened(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));
    struct slow_opening slow = {.client = client, .until = 2, .fails = true};
    struct rsp_opening opening = {&slow, wait_for_opening, NULL};

    (void)state;
    client_start_opening(client, &opening);
    client_handshake(client);
    client_send(client, "?");
    assert_int_equal(client_read_byte(client), -1);
    assert_int_equal(client_finish(client), RSP_END_NOT_OPENED);
    free(client);
}

static void tells_a_second_client_that_the_place_is_taken(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));
    struct ebb_error error;
    char path[64];
    int listener, first;

    (void)state;
    make_path(path, sizeof(path));
    listener = rsp_listen_unix(path, &error);
    assert_true(listener >= 0);
    client_start_listener(client, listener, false);
    first = client->fd = connect_unix(path);
    client_handshake(client);
    expect_stop(client, "s", FAKE_CODE + 4, "");

    client->fd = connect_unix(path);
    client_send(client, "qSupported:swbreak+");
    assert_int_equal(client_read_byte(client), '+');
    assert_true(client_receive(client));
    assert_memory_equal(client->reply, "E.another debugger", 18);
    assert_int_equal(client_read_byte(client), -1);
    close(client->fd);

    client->fd = first;
    expect_stop(client, "s", FAKE_CODE + 8, "");
    client_expect(client, "vKill;1", "OK");
    assert_int_equal(client_finish(client), RSP_END_KILLED);
    assert_int_equal(client->result.sessions, 1);
    remove_path(path);
    free(client);
}

static void a_listener_may_serve_once(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));
    struct sockaddr_in address;
    socklen_t length = sizeof(address);
    struct ebb_error error;
    char name[64];
    int listener = rsp_listen_tcp(":0", false, &error);

    (void)state;
    assert_true(listener >= 0);
    assert_int_equal(rsp_listener_name(listener, name, sizeof(name), &error), 0);
    assert_memory_equal(name, "127.0.0.1:", 10);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    client_start_listener(client, listener, true);
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    client_handshake(client);
    client_expect(client, "D", "OK");
    assert_int_equal(client_finish(client), RSP_END_DETACHED);
    free(client);
}

static void a_listener_can_be_stopped(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));
    struct ebb_error error;
    int listener = rsp_listen_tcp("127.0.0.1:0", false, &error);

    (void)state;
    assert_true(listener >= 0);
    client_start_listener(client, listener, false);
    assert_int_equal(write(client->stop_pipe, "x", 1), 1);
    assert_int_equal(client_finish(client), RSP_END_STOPPED);
    free(client);
}

static void listens_on_loopback_only(void **state)
{
    static const char *const refused[] = {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "",
                                          ":",         "x",      "1:2:x",       "127.0.0.1:99999"};
    struct ebb_error error;
    char path[200];
    int fd;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(rsp_listen_tcp(refused[i], false, &error), -1);
    }
    fd = rsp_listen_tcp("0.0.0.0:0", true, &error);
    assert_true(fd >= 0);
    close(fd);
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = 0;
    assert_int_equal(rsp_listen_unix(path, &error), -1);
    assert_int_equal(rsp_listen_unix("", &error), -1);
    assert_int_equal(rsp_listen_unix("/dev/null", &error), -1); /* no socket: left alone */
    assert_int_equal(access("/dev/null", F_OK), 0);
}

/* A pair of pipes; the reader of the replies goes away first. */
static void serves_pipes_and_outlives_a_broken_one(void **state)
{
    struct timeline *timeline = fake_timeline_new();
    const struct rsp_options options = {.stop_fd = -1};
    struct rsp_result result = {0};
    struct ebb_error error;
    int in[2], out[2];

    (void)state;
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(write(in[1], "+$qC#b4+", 8), 8);
    close(in[1]);
    close(out[0]);
    assert_int_equal(rsp_serve_fds(timeline, in[0], out[1], &options, &result, &error), 0);
    assert_int_equal(result.end, RSP_END_DISCONNECTED);
    close(in[0]);
    close(out[1]);
    fake_timeline_free(timeline);
}

#define WITH_CLIENT(test) cmocka_unit_test_setup_teardown(test, client_setup, client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CLIENT(announces_features),
        WITH_CLIENT(answers_what_it_does_not_know_with_nothing),
        WITH_CLIENT(refuses_malformed_packets),
        WITH_CLIENT(says_why_where_it_may),
        WITH_CLIENT(knows_its_thread),
        WITH_CLIENT(serves_the_target_description),
        WITH_CLIENT(reads_registers),
        WITH_CLIENT(reads_memory),
        WITH_CLIENT(searches_memory),
        WITH_CLIENT(writes_start_a_diversion),
        WITH_CLIENT(writes_all_registers),
        WITH_CLIENT(holds_who_steps_off_breakpoints),
        WITH_CLIENT(runs_code_in_a_diversion),
        WITH_CLIENT(reverse_moves_drop_a_diversion),
        WITH_CLIENT(steps_both_ways),
        WITH_CLIENT(tells_the_ends_of_history),
        WITH_CLIENT(stops_at_breakpoints),
        WITH_CLIENT(keeps_breakpoints_of_two_kinds_apart),
        WITH_CLIENT(stops_at_watchpoints),
        WITH_CLIENT(reports_an_address_inside_of_the_watched_range),
        WITH_CLIENT(reports_the_watchpoint_that_changes),
        WITH_CLIENT(tells_gdb_of_changes_only),
        WITH_CLIENT(names_the_device_that_wrote),
        WITH_CLIENT(steps_through_a_range),
        cmocka_unit_test(tells_of_a_divergence),
        WITH_CLIENT(survives_a_move_that_fails),
        WITH_CLIENT(interrupts_moves),
        WITH_CLIENT(hears_an_interrupt_that_follows_at_once),
        WITH_CLIENT(keeps_packets_that_arrive_during_a_move),
        WITH_CLIENT(forgets_a_seek_that_the_client_gave_up),
        WITH_CLIENT(keeps_an_interrupt_for_the_next_move),
        WITH_CLIENT(forgets_an_interrupt_after_a_stop),
        WITH_CLIENT(uses_interrupts_once),
        WITH_CLIENT(tells_all_core_registers_with_a_stop),
        WITH_CLIENT(steps_of_lines_go_over_interrupts),
        WITH_CLIENT(a_stepi_enters_handlers),
        WITH_CLIENT(many_stepis_go_over_interrupts),
        WITH_CLIENT(a_step_behind_a_search_goes_over_interrupts),
        WITH_CLIENT(interrupts_can_be_stepped_into),
        WITH_CLIENT(a_step_off_a_breakpoint_meets_no_end),
        WITH_CLIENT(the_extended_protocol_keeps_the_connection),
        WITH_CLIENT(says_that_writes_are_undone),
        cmocka_unit_test(a_client_that_leaves_ends_its_move),
        cmocka_unit_test(a_stop_request_ends_a_move),
        cmocka_unit_test(ends_as_the_client_says),
        cmocka_unit_test(acknowledges_and_retransmits),
        WITH_CLIENT(answers_long_packets),
        WITH_CLIENT(sends_registers_in_the_order_asked_for),
        WITH_CLIENT(monitor_tells_and_seeks),
        WITH_CLIENT(monitor_shows_events_and_more),
        WITH_CLIENT(monitor_searches),
        WITH_CLIENT(an_interrupted_search_does_not_run),
        WITH_CLIENT(an_interrupted_search_finds_nothing_where_it_is),
        WITH_CLIENT(monitor_counts),
        WITH_CLIENT(monitor_searches_what_devices_wrote),
        WITH_CLIENT(monitor_search_refuses),
        WITH_CLIENT(monitor_describes_the_recording),
        cmocka_unit_test(monitor_tells_the_device_that_wrote),
        WITH_CLIENT(monitor_knows_no_devices_without_a_recording),
        WITH_CLIENT(monitor_refuses),
        WITH_CLIENT(monitor_takes_what_ides_send),
        cmocka_unit_test(a_listener_lets_clients_come_back),
        cmocka_unit_test(answers_before_the_timeline_is_open),
        cmocka_unit_test(ends_if_the_timeline_cannot_be_opened),
        cmocka_unit_test(tells_a_second_client_that_the_place_is_taken),
        cmocka_unit_test(a_listener_may_serve_once),
        cmocka_unit_test(a_listener_can_be_stopped),
        cmocka_unit_test(listens_on_loopback_only),
        cmocka_unit_test(serves_pipes_and_outlives_a_broken_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

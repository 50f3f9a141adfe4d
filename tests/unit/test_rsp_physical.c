/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Physical memory as a client sees it, over a toy history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rsp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of the O packet that precedes a stop reply, which is received as well. */
static void take_story(struct rsp_client *client, char *text)
{
    size_t length = 0;
    unsigned byte;

    assert_int_equal(client->reply[0], 'O');
    while (sscanf(client->reply + 1 + 2 * length, "%2x", &byte) == 1) {
        text[length++] = (char)byte;
    }
    text[length] = 0;
    assert_true(client_receive(client));
}

static void expect_story_and_stop(struct rsp_client *client, const char *packet, const char *story,
                                  const char *stop)
{
    char text[sizeof(client->reply) / 2];

    client_ask(client, packet);
    take_story(client, text);
    assert_string_equal(text, story);
    assert_string_equal(client->reply, stop);
}

static void expect_monitor(struct rsp_client *client, const char *command, const char *wanted)
{
    char text[4096];

    assert_string_equal(client_monitor(client, command, text, sizeof(text)), "OK");
    assert_string_equal(text, wanted);
}

static void expect_refusal(struct rsp_client *client, const char *command, const char *why)
{
    char text[4096];

    assert_int_equal(client_monitor(client, command, text, sizeof(text))[0], 'E');
    assert_non_null(strstr(text, why));
}

static void memory_packets_take_physical_addresses(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "qqemu.Supported", "sstepbits;sstep;PhyMemMode");
    client_expect(client, "qqemu.PhyMemMode", "0");
    assert_int_equal(client_ask(client, "m40002010,2")[0], 'E');
    client_expect(client, "Qqemu.PhyMemMode:1", "OK");
    client_expect(client, "qqemu.PhyMemMode", "1");
    client_expect(client, "m40002010,2", "0000");
    assert_int_equal(client_ask(client, "m2010,2")[0], 'E');
    client_expect(client, "M40002800,2:abcd", "OK");
    client_expect(client, "m40002800,2", "abcd");
    assert_int_equal(client_ask(client, "Qqemu.PhyMemMode:2")[0], 'E');
    client_expect(client, "qqemu.PhyMemMode", "1");
    client_expect(client, "Qqemu.PhyMemMode:0", "OK");
    client_expect(client, "m2800,2", "abcd");
    assert_int_equal(client_ask(client, "Qqemu.PhyMemMode")[0], 'E');
    assert_int_equal(client_ask(client, "Qqemu.PhyMemMode:100000000")[0], 'E');
    client_expect(client, "qqemu.PhyMemMode", "0");
}

static void a_step_is_a_step(void **state)
{
    struct rsp_client *client = *state;

    client_expect(client, "Qqemu.sstepbits", "ENABLE=1");
    client_expect(client, "qqemu.sstepbits", "ENABLE=1");
    client_expect(client, "qqemu.sstep", "0x1");
    client_expect(client, "Qqemu.sstep=1", "OK");
    assert_int_equal(client_ask(client, "Qqemu.sstep=7")[0], 'E');
}

/* The formats are QEMU's, by its monitor's output on the same bytes. */
static void xp_prints_as_qemu_does(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    client_monitor(client, "seek end", text, sizeof(text));
    expect_monitor(client, "xp 0x40002030", "0000000040002030: 0x55667788\n");
    expect_monitor(client, "xp /2xg 0x40002030",
                   "0000000040002030: 0x1122334455667788 0x0000000000000000\n");
    expect_monitor(client, "xp/5hx 0x40002030",
                   "0000000040002030: 0x7788 0x5566 0x3344 0x1122 0x0000\n");
    expect_monitor(client, "xp /10xb 0x4000202e",
                   "000000004000202e: 0x00 0x00 0x88 0x77 0x66 0x55 0x44 0x33\n"
                   "0000000040002036: 0x22 0x11\n");
    expect_monitor(client, "xp /1uw 0x40002030", "0000000040002030: 1432778632\n");
    expect_monitor(client, "xp /2dh 0x40002030", "0000000040002030: 30600 21862\n");
    expect_monitor(client, "xp /1ow 0x40002030", "0000000040002030: 012531473610\n");
    expect_monitor(client, "xp /4cb 0x40002034", "0000000040002034: 'D' '3' '\"' '\\x11'\n");
    expect_monitor(client, "xp /8xw 0x40002ff0",
                   "0000000040002ff0: 0x00000000 0x00000000 0x00000000 0x00000000\n"
                   "0000000040003000: Cannot access memory\n");
    expect_refusal(client, "xp /3i 0x40001000", "x/i");
    expect_refusal(client, "xp /3z 0x40001000", "'z'");
    expect_refusal(client, "xp nowhere", "'nowhere'");
    expect_refusal(client, "xp", "usage");
    expect_refusal(client, "xp -1", "'-1'");
    expect_refusal(client, "xp 0x10000000000000000", "no address");
    expect_monitor(client, "gpa2hva 0x40002030",
                   "Host virtual address for 0x40002030 (ebb.ram) is 0x7f0040002030\n");
    expect_refusal(client, "gpa2hva 0x2030", "No memory is mapped at address 0x2030");
}

static void lists_what_is_watched(void **state)
{
    struct rsp_client *client = *state;

    expect_monitor(client, "watch-physical", "no physical watchpoints\n");
    expect_monitor(client, "watch-physical 0x40002010,8",
                   "physical watchpoint 1: write to 0x40002010, 8 bytes\n");
    expect_monitor(client, "watch-physical 0x40002020 read",
                   "physical watchpoint 2: read of 0x40002020, 4 bytes\n");
    expect_monitor(client, "watch-physical 0x40002010,8 write",
                   "physical watchpoint 1: write to 0x40002010, 8 bytes\n");
    expect_monitor(client, "watch-physical",
                   "physical watchpoint 1: write to 0x40002010, 8 bytes\n"
                   "physical watchpoint 2: read of 0x40002020, 4 bytes\n");
    assert_int_equal(fake_timeline_breakpoints(client->timeline), 2);
    expect_monitor(client, "unwatch-physical 1", "");
    expect_monitor(client, "watch-physical",
                   "physical watchpoint 2: read of 0x40002020, 4 bytes\n");
    expect_refusal(client, "unwatch-physical 1", "'1'");
    expect_refusal(client, "unwatch-physical -18446744073709551614", "no number");
    expect_monitor(client, "unwatch-physical all", "");
    assert_int_equal(fake_timeline_breakpoints(client->timeline), 0);
    expect_refusal(client, "watch-physical 0x40002010,0", "1 byte");
    expect_refusal(client, "watch-physical 0x40002010,", "0x40001000,8");
    expect_refusal(client, "watch-physical 0x40002010 often", "'often'");
    expect_refusal(client, "watch-physical 0x40002010 execute", "'execute'");
    expect_refusal(client, "watch-physical -1", "'-1'");
    expect_refusal(client, "watch-physical 0x40002010,-18446744073709551608", "0x40001000,8");
}

/* Forwards behind the access, backwards before it: as gdb shows a watchpoint of its own. */
static void stops_where_physical_memory_is_accessed(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    client_monitor(client, "watch-physical 0x40002010,8 access", text, sizeof(text));
    expect_story_and_stop(client, "c",
                          "ebb: physical watchpoint 1: access to 0x40002010 at position 4\n",
                          "T05thread:1;20:1410000000000000;");
    expect_story_and_stop(client, "vCont;r1000,1100",
                          "ebb: physical watchpoint 1: access to 0x40002010 at position 14\n",
                          "T02thread:1;20:1410000000000000;");
    expect_story_and_stop(client, "bc",
                          "ebb: physical watchpoint 1: access to 0x40002010 at position 14\n",
                          "T05thread:1;20:1010000000000000;");
    expect_story_and_stop(client, "bc",
                          "ebb: physical watchpoint 1: access to 0x40002010 at position 4\n",
                          "T05thread:1;20:1010000000000000;");
    client_ask(client, "bc");
    assert_non_null(strstr(client->reply, "replaylog:begin"));
}

static void names_the_device_that_wrote(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    client_monitor(client, "watch-physical 0x40002030,8", text, sizeof(text));
    expect_story_and_stop(
        client, "c", "ebb: physical watchpoint 1: a device's write to 0x40002030 at position 555\n",
        "T05thread:1;20:1410000000000000;");
}

/* gdb steps over what its own watchpoint has seen, and then the other one speaks. */
static void leaves_gdb_its_watchpoints(void **state)
{
    struct rsp_client *client = *state;
    char text[4096];

    client_monitor(client, "watch-physical 0x40002010,8", text, sizeof(text));
    client_expect(client, "Z2,2010,8", "OK");
    client_ask(client, "c");
    assert_non_null(strstr(client->reply, "watch:2010;"));
    client_expect(client, "z2,2010,8", "OK");
    expect_story_and_stop(client, "s",
                          "ebb: physical watchpoint 1: write to 0x40002010 at position 4\n",
                          "T02thread:1;20:1410000000000000;");
}

/* The access is where replay and log disagree, which the server's own step over it finds. */
static void knows_of_a_divergence_at_the_access(void **state)
{
    struct rsp_client *client = malloc(sizeof(*client));
    char text[4096];

    (void)state;
    client_start(client);
    client_handshake(client);
    client_monitor(client, "watch-physical 0x40002010,8", text, sizeof(text));
    fake_timeline_diverge_at(client->timeline, 4);
    client_ask(client, "c");
    while (client->reply[0] == 'O') {
        assert_true(client_receive(client));
    }
    assert_non_null(strstr(client->reply, "replaylog:end;"));
    client_monitor(client, "unwatch-physical all", text, sizeof(text));
    client_finish(client);
    assert_true(client->result.diverged);
    free(client);
}

#define WITH_CLIENT(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CLIENT(memory_packets_take_physical_addresses),
        WITH_CLIENT(a_step_is_a_step),
        WITH_CLIENT(xp_prints_as_qemu_does),
        WITH_CLIENT(lists_what_is_watched),
        WITH_CLIENT(stops_where_physical_memory_is_accessed),
        WITH_CLIENT(names_the_device_that_wrote),
        WITH_CLIENT(leaves_gdb_its_watchpoints),
        cmocka_unit_test(knows_of_a_divergence_at_the_access),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

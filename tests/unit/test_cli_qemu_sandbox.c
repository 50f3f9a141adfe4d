/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How tight the sandbox is that QEMU records in. QEMU is a script that says whether it has one. */
#include "cli/qemu_sandbox.h"

#include "recording_fixture.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct setting {
    char *folder;
    char qemu[4096];
};

static int set_up(void **state)
{
    static struct setting setting;

    setting.folder = fixture_directory();
    snprintf(setting.qemu, sizeof(setting.qemu), "%s/qemu", setting.folder);
    *state = &setting;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *setting = *state;

    unlink(setting->qemu);
    fixture_remove(setting->folder);
    return 0;
}

static void write_fake_qemu(const struct setting *setting, int status)
{
    char text[200];

    snprintf(text, sizeof(text),
             "#!/bin/sh\n[ \"$*\" = '-sandbox off -version' ] && echo version && exit %d\nexit 3\n",
             status);
    fixture_write(setting->folder, "qemu", text, strlen(text));
    assert_int_equal(chmod(setting->qemu, 0755), 0);
}

#define ALL "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
#define SPAWN "on,obsolete=deny,elevateprivileges=deny,spawn=allow,resourcecontrol=deny"
#define ELEVATE "on,obsolete=deny,elevateprivileges=allow,spawn=deny,resourcecontrol=deny"

/* sandbox: what is added, or NULL; note: a part of the one note, or NULL: there is none. */
static void expect(const struct setting *setting, const char *line, const char *sandbox,
                   const char *note)
{
    struct argument_list list = {0};
    char copy[300], *words[20], *save = NULL;
    int count = 0;

    strcpy(copy, line);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        words[count++] = word;
    }
    qemu_sandbox_add(words, count, setting->qemu, &list);
    assert_int_equal(list.count, sandbox ? 2 : 0);
    if (sandbox) {
        assert_string_equal(list.words[0], "-sandbox");
        assert_string_equal(list.words[1], sandbox);
    }
    assert_int_equal(list.note_count, note ? 1 : 0);
    if (note && !strstr(list.notes[0], note)) {
        fail_msg("\"%s\" is not in \"%s\"", note, list.notes[0]);
    }
    argument_list_clear(&list);
}

static void test_as_tight_as_can_be(void **state)
{
    write_fake_qemu(*state, 0);
    expect(*state, "-M virt -append sandbox -nic user,model=e1000", ALL, NULL);
    expect(*state, "-netdev tap,id=n,script=no,downscript=no", ALL, NULL);
    expect(*state, "-netdev tap,id=n,fd=5", ALL, NULL);
    expect(*state, "-netdev {\"type\":\"user\",\"id\":\"n\"}", ALL, NULL);
    expect(*state, "-netdev user,id=n,guestfwd=tcp:10.0.2.1:1-tcp:127.0.0.1:1", ALL, NULL);
}

static void test_what_is_needed_is_allowed(void **state)
{
    write_fake_qemu(*state, 0);
    expect(*state, "-netdev tap,id=n", SPAWN, "-netdev makes QEMU start another program");
    expect(*state, "-nic tap,script=no", SPAWN, "-nic makes QEMU start");
    expect(*state, "-net nic -net tap,script=/etc/up,downscript=no", SPAWN, "-net makes");
    expect(*state, "-netdev {\"type\":\"tap\",\"id\":\"n\",\"script\":\"no\"}", SPAWN, "-netdev");
    expect(*state, "-nic user,smb=/srv", SPAWN, "-nic");
    expect(*state, "-netdev user,id=n,guestfwd=tcp:10.0.2.1:1-cmd:cat", SPAWN, "-netdev");
    expect(*state, "-run-with user=nobody", ELEVATE, "-run-with makes QEMU another user");
    expect(*state, "-nic bridge", NULL, "warning: -nic makes QEMU start a helper");
    expect(*state, "-netdev tap,id=n,helper=/bin/helper", NULL, "warning: -netdev");
}

static void test_the_users_own(void **state)
{
    write_fake_qemu(*state, 0);
    expect(*state, "-M virt -sandbox off", NULL, NULL);
    expect(*state, "--sandbox on,spawn=allow -nic tap", NULL, NULL);
}

static void test_without(void **state)
{
    struct host_finding finding;

    write_fake_qemu(*state, 1);
    expect(*state, "-M virt", NULL, "warning: the guest is recorded without QEMU's sandbox");
    qemu_sandbox_check(((struct setting *)*state)->qemu, &finding);
    assert_int_equal(finding.verdict, HOST_NOTE);
    assert_non_null(strstr(finding.text, "without QEMU's sandbox"));
    expect(&(struct setting){.qemu = "/none"}, "-M virt", NULL, "without QEMU's sandbox");
}

static void test_switched_off(void **state)
{
    struct host_finding finding;

    write_fake_qemu(*state, 0);
    qemu_sandbox_check(((struct setting *)*state)->qemu, &finding);
    assert_int_equal(finding.verdict, HOST_OK);
    setenv("EBB_SANDBOX", "off", 1);
    expect(*state, "-M virt", NULL, "warning: EBB_SANDBOX=off");
    qemu_sandbox_check(((struct setting *)*state)->qemu, &finding);
    unsetenv("EBB_SANDBOX");
    assert_int_equal(finding.verdict, HOST_NOTE);
    assert_non_null(strstr(finding.text, "EBB_SANDBOX=off"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        IN_FOLDER(test_as_tight_as_can_be), IN_FOLDER(test_what_is_needed_is_allowed),
        IN_FOLDER(test_the_users_own),      IN_FOLDER(test_without),
        IN_FOLDER(test_switched_off),
    };

    unsetenv("EBB_SANDBOX");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

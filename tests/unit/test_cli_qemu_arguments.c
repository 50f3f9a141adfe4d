/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QEMU command lines: what is refused, what is let through, what is found out about them. */
#include "cli/qemu_arguments.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static int check(const char *line, struct qemu_arguments *found, struct ebb_error *error)
{
    char copy[512], *words[64], *save = NULL;
    int count = 0;

    strcpy(copy, line);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        words[count++] = word;
    }
    return qemu_arguments_check(words, count, found, error);
}

static void test_refused(void **state)
{
    static const char *const lines[] = {
        "-M virt -smp 2",
        "-smp cpus=2",
        "-smp 1,maxcpus=4",
        "-smp sockets=2,cores=2",
        "-smp sockets=1,cores=2,threads=1",
        "--smp 4,cores=4",
        "-enable-kvm",
        "--enable-kvm",
        "-accel kvm",
        "-accel kvm:tcg",
        "-accel accel=kvm",
        "-M virt,accel=kvm",
        "-machine virt,gic-version=2,accel=hvf",
        "-icount auto",
        "-icount shift=auto",
        "-icount shift=3,rr=record,rrfile=x",
        "-icount shift=1,rr=replay",
        "-loadvm snapshot",
        "-incoming defer",
        "-daemonize",
        "-s",
        "-gdb tcp::1234",
        "-M virt -gdb dev:/dev/null -nographic",
        "-nodefaults -s",
    };
    struct qemu_arguments found;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(check(lines[i], &found, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_UNSUPPORTED);
    }
    assert_int_equal(check("-object ebb-recorder,id=x,directory=y", &found, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_USAGE);
}

static void test_let_through(void **state)
{
    static const char *const lines[] = {
        "",
        "-M virt,gic-version=3 -cpu cortex-a72 -m 256 -nographic -kernel Image -initrd initrd",
        "-smp 1",
        "-smp 1,sockets=1,cores=1,threads=1,maxcpus=1",
        "-accel tcg,thread=single",
        "-M vexpress-a15,accel=tcg",
        "-icount shift=3,sleep=off",
        "-snapshot -drive if=none,file=disk.qcow2,id=d -device virtio-blk-device,drive=d",
        /* Values that look like options belong to the option before them. */
        "-append -smp -kernel -s",
        "-name -enable-kvm -append rr=record",
        "-S -monitor unix:socket,server",
        "disk.img",
        "-kernel",
        "-object rng-random,id=r,filename=/dev/urandom",
    };
    struct qemu_arguments found;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(check(lines[i], &found, &error), 0);
    }
}

static void test_found(void **state)
{
    struct qemu_arguments found;
    struct ebb_error error;

    (void)state;
    assert_int_equal(check("-M virt -icount 2", &found, &error), 0);
    assert_true(found.has_icount);
    assert_int_equal(check("-M virt -append -icount", &found, &error), 0);
    assert_false(found.has_icount);
    assert_null(found.kernel);
    assert_int_equal(check("-append -kernel -kernel Image -initrd i", &found, &error), 0);
    assert_string_equal(found.kernel, "Image");
    assert_false(found.console_on_stdio);
    static const char *const on_stdio[] = {"-nographic",        "-serial stdio",
                                           "-serial mon:stdio", "-chardev stdio,id=c,mux=on",
                                           "-monitor stdio",    "-display curses"};
    static const char *const elsewhere[] = {"-serial file:stdio.txt", "-append stdio",
                                            "-chardev socket,id=stdio", "-display none"};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(check(on_stdio[i], &found, &error), 0);
        assert_true(found.console_on_stdio);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(check(elsewhere[i], &found, &error), 0);
        assert_false(found.console_on_stdio);
    }
}

static void test_escape(void **state)
{
    char *text = qemu_escape("a,b,,c");

    (void)state;
    assert_string_equal(text, "a,,b,,,,c");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_let_through),
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_escape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

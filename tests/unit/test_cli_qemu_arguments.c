/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QEMU command lines: what is refused, what is let through, what is found out about them. */
#include "cli/qemu_arguments.h"

#include "unit.h"

#include <stdio.h>
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
        "-machine virt,gic-version=2,accel=hvf",
        "-accel hvf",
        "-accel kvm:hvf",
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
}

/* -smp 1 would not help these. */
static void test_boards_of_several_cpus(void **state)
{
    static const char *const lines[] = {"-M raspi3b", "-smp 4 -machine type=raspi4b,dumpdtb=x",
                                        "--machine raspi2b -smp 1"};
    struct qemu_arguments found;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(check(lines[i], &found, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_UNSUPPORTED);
        assert_non_null(strstr(error.message, "use the machine virt"));
        assert_null(strstr(error.message, "-smp 1"));
    }
    assert_int_equal(check("-M raspi0", &found, &error), 0);
}

static void test_let_through(void **state)
{
    static const char *const lines[] = {
        "",
        "-M virt,gic-version=3 -cpu cortex-a72 -m 256 -nographic -kernel Image -initrd initrd",
        "-smp 1",
        "-smp 1,sockets=1,cores=1,threads=1,maxcpus=1",
        "-accel tcg,thread=single",
        "-accel kvm",
        "-M virt,accel=kvm:tcg",
        "-accel help",
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

static void test_contradictory(void **state)
{
    static const char *const lines[] = {
        "-accel kvm -accel tcg",
        "-enable-kvm -M virt,accel=tcg",
        "-object ebb-recorder,id=x,directory=y",
    };
    struct qemu_arguments found;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(check(lines[i], &found, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_USAGE);
    }
}

static void test_accelerator(void **state)
{
    static const struct {
        const char *line;
        enum accelerator accelerator;
        bool list;
    } cases[] = {
        {"-M virt", ACCELERATOR_ANY, false},
        {"-M virt -accel tcg", ACCELERATOR_TCG, false},
        {"-M virt -accel kvm", ACCELERATOR_KVM, false},
        {"-accel accel=kvm", ACCELERATOR_KVM, false},
        {"--enable-kvm", ACCELERATOR_KVM, false},
        {"-M virt,accel=kvm", ACCELERATOR_KVM, false},
        {"-machine virt,accel=kvm:tcg", ACCELERATOR_ANY, true},
        {"-append accel=kvm", ACCELERATOR_ANY, false},
    };
    struct qemu_arguments found;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(check(cases[i].line, &found, &error), 0);
        assert_int_equal(found.accelerator, cases[i].accelerator);
        assert_int_equal(found.accelerator_list, cases[i].list);
    }
}

static void test_ram(void **state)
{
    static const struct {
        const char *line;
        unsigned mib;
    } cases[] = {
        {"-M virt", 128}, {"-m 512", 512},       {"-m 2G", 2048},   {"-m size=1g", 1024},
        {"-m 256M", 256}, {"-m 64,slots=2", 64}, {"-m 1.5G", 1536}, {"-m nonsense", 128},
    };
    struct qemu_arguments found;
    struct ebb_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(check(cases[i].line, &found, &error), 0);
        assert_int_equal(found.ram_bytes >> 20, cases[i].mib);
    }
}

/* The words of a list, with blanks between. */
static void join(const struct argument_list *list, char *text)
{
    *text = '\0';
    for (size_t i = 0; i < list->count; i++) {
        sprintf(text + strlen(text), "%s%s", i ? " " : "", list->words[i]);
    }
}

static int for_tcg(const char *line, char *text, struct ebb_error *error)
{
    char copy[512], *words[64], *save = NULL;
    struct argument_list list = {0};
    struct qemu_arguments found;
    int count = 0, status;

    strcpy(copy, line);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        words[count++] = word;
    }
    assert_int_equal(qemu_arguments_check(words, count, &found, error), 0);
    status = qemu_arguments_for_tcg(words, count, &found, 3, &list, error);
    join(&list, text);
    argument_list_clear(&list);
    return status;
}

static void test_for_tcg(void **state)
{
    static const char *const refused[] = {"-icount auto", "-icount shift=auto",
                                          "-icount shift=3,rr=record,rrfile=x",
                                          "-icount shift=1,rr=replay"};
    struct ebb_error error;
    char text[512];

    (void)state;
    assert_int_equal(for_tcg("-M virt disk.img", text, &error), 0);
    assert_string_equal(text, "-M virt disk.img -icount shift=3");
    assert_int_equal(for_tcg("-M virt -icount 5", text, &error), 0);
    assert_string_equal(text, "-M virt -icount 5");
    assert_int_equal(for_tcg("-M virt,accel=kvm:tcg -icount 5", text, &error), 0);
    assert_string_equal(text, "-M virt,accel=kvm:tcg -icount 5 -machine accel=tcg");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(for_tcg(refused[i], text, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_UNSUPPORTED);
    }
}

static void test_found(void **state)
{
    struct qemu_arguments found;
    struct ebb_error error;

    (void)state;
    assert_int_equal(check("-M virt -icount 2", &found, &error), 0);
    assert_string_equal(found.icount, "2");
    assert_int_equal(check("-M virt -append -icount", &found, &error), 0);
    assert_null(found.icount);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_boards_of_several_cpus),
        cmocka_unit_test(test_let_through), cmocka_unit_test(test_contradictory),
        cmocka_unit_test(test_accelerator), cmocka_unit_test(test_ram),
        cmocka_unit_test(test_for_tcg),     cmocka_unit_test(test_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

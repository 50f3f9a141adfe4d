/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which device has written to memory: over logs that were made up, told in words. */
#include "cli/device_guess.h"
#include "cli/device_name.h"
#include "log/format.h"
#include "recording_fixture.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#define GIC UINT64_C(0x8000000)
#define UART UINT64_C(0x9000000)
#define CONFIG UINT64_C(0x9020000)
#define BOARD UINT64_C(0x9020800)
#define EMPTY UINT64_C(0xa000000)
#define DISK UINT64_C(0xa003c00)
#define ENTROPY UINT64_C(0xa003e00)
#define UNNAMED UINT64_C(0x10040000)
#define DEVICE_ID 8 /* virtio's registers */
#define NOTIFY 0x50
#define COUNTER UINT64_C(0x603000000013df02) /* CNTVCT_EL0, as KVM names it */
#define CLOCK 0x8000                         /* the page of the guest's clock, in RAM */
#define MARKERS 0x1f0                        /* where markers are stored in those of a transport */

#define ENTROPY_WORDS "probably by virtio-rng-device (virtio's entropy device, 0xa003e50): "
#define LAST "it is the one that the guest wrote to last, at position "
#define UNKNOWN_WORDS "by a device; which one, the log does not tell"

static const struct {
    const char *name;
    uint64_t address, size;
} devices[] = {
    {"arm_gic", GIC, 0x1000},           {"pl011", UART, 0x1000},
    {"board", CONFIG, 0x1000}, /* which has more in its registers: */
    {"fw_cfg_mem", CONFIG, 0x18},       {"virtio-mmio", EMPTY, 0x200},
    {"virtio-blk-device", DISK, 0x200}, {"virtio-rng-device", ENTROPY, 0x200},
};

struct setting {
    char *directory;
    struct ebb_log_writer *writer;
    struct ebb_log *log; /* once it is written */
    struct manifest *manifest;
    unsigned asked, stop_at;
};

static struct manifest *make_manifest(bool with_devices, const char *accelerator)
{
    json_t *list = json_array();
    json_t *root = json_pack("{s:s, s:i, s:s, s:I, s:I}", "format", MANIFEST_FORMAT, "version",
                             MANIFEST_VERSION, "accelerator", accelerator, "markers",
                             (json_int_t)(EMPTY + MARKERS), "counter_page", (json_int_t)CLOCK);
    struct manifest *manifest;
    struct ebb_error error;
    char *text;

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "name", devices[i].name, "address",
                                              (json_int_t)devices[i].address, "size",
                                              (json_int_t)devices[i].size));
    }
    if (with_devices) {
        json_object_set(root, "devices", list);
    }
    text = json_dumps(root, 0);
    manifest = manifest_parse(text, strlen(text), "test", &error);
    assert_non_null(manifest);
    free(text);
    json_decref(root);
    json_decref(list);
    return manifest;
}

static int setup(void **state)
{
    struct setting *setting = calloc(1, sizeof(*setting));

    setting->directory = fixture_directory();
    setting->writer = fixture_create(setting->directory);
    setting->manifest = make_manifest(true, "kvm");
    *state = setting;
    return 0;
}

static void close_writer(struct setting *setting)
{
    if (setting->writer) {
        fixture_close(setting->writer);
        setting->writer = NULL;
    }
}

static int teardown(void **state)
{
    struct setting *setting = *state;

    close_writer(setting);
    ebb_log_close(setting->log);
    manifest_free(setting->manifest);
    fixture_remove(setting->directory);
    free(setting);
    return 0;
}

/* Adds an event; flags of enum ebb_event_flag. */
static void add_flagged(struct setting *setting, uint64_t position, uint32_t kind, uint64_t address,
                        uint64_t value, uint32_t flags)
{
    static const uint8_t bytes[4] = {1, 2, 3, 4};
    bool is_mmio = kind == EBB_EVENT_MMIO_READ || kind == EBB_EVENT_MMIO_WRITE;
    bool is_sysreg = kind == EBB_EVENT_SYSREG_READ || kind == EBB_EVENT_SYSREG_WRITE;
    struct ebb_event event = {
        .kind = kind,
        .position = position,
        .address = address,
        .value = value,
        .flags = flags,
        .size = is_mmio     ? 4
                : is_sysreg ? 8
                            : 0,
        .data = kind == EBB_EVENT_DMA ? bytes : NULL,
        .data_length = kind == EBB_EVENT_DMA ? sizeof(bytes) : 0,
    };
    struct ebb_error error;

    if (ebb_log_writer_append(setting->writer, &event, &error)) {
        fail_msg("%s", error.message);
    }
}

static void add_write(struct setting *setting, uint64_t position, uint64_t address)
{
    add_flagged(setting, position, EBB_EVENT_MMIO_WRITE, address, 0, 0);
}

static void add_read(struct setting *setting, uint64_t position, uint64_t address, uint64_t value)
{
    add_flagged(setting, position, EBB_EVENT_MMIO_READ, address, value, 0);
}

/* What a device writes on reaching a position, or inside of the access that comes next. */
static void add_dma(struct setting *setting, uint64_t position)
{
    add_flagged(setting, position, EBB_EVENT_DMA, 0x1000, 0, 0);
}

static void add_nested_dma(struct setting *setting, uint64_t position)
{
    add_flagged(setting, position, EBB_EVENT_DMA, 0x1000, 0, EBB_EVENT_NESTED);
}

static void add_bytes(struct setting *setting, uint64_t position, const uint8_t bytes[4],
                      uint32_t flags)
{
    struct ebb_event event = {.kind = EBB_EVENT_DMA,
                              .position = position,
                              .address = 0x2000,
                              .flags = flags,
                              .data = bytes,
                              .data_length = 4};
    struct ebb_error error;

    assert_int_equal(ebb_log_writer_append(setting->writer, &event, &error), 0);
}

static bool is_stopped(void *opaque)
{
    struct setting *setting = opaque;

    return ++setting->asked == setting->stop_at;
}

static int guess(struct setting *setting, uint64_t step, struct device_guess *guess,
                 struct ebb_error *error)
{
    close_writer(setting);
    if (!setting->log) {
        setting->log = fixture_open(setting->directory);
    }
    *guess = (struct device_guess){
        .manifest = setting->manifest, .stopped = is_stopped, .opaque = setting};
    return device_guess(guess, setting->log, step, error);
}

static void expect(struct setting *setting, uint64_t step, const char *wanted)
{
    char words[DEVICE_GUESS_WORDS_SIZE];
    struct device_guess found;
    struct ebb_error error;

    if (guess(setting, step, &found, &error) < 0 || device_guess_words(&found, words, &error) < 0) {
        fail_msg("step %u: %s", (unsigned)step, error.message);
    }
    assert_string_equal(words, wanted);
}

static void inside_of_an_access_is_certain(void **state)
{
    struct setting *setting = *state;
    struct device_guess found;
    struct ebb_error error;

    add_write(setting, 5, ENTROPY + NOTIFY);
    add_write(setting, 10, CONFIG); /* one instruction makes three accesses: */
    add_nested_dma(setting, 10);    /* the second writes */
    add_nested_dma(setting, 10);
    add_write(setting, 10, CONFIG + 4);
    add_read(setting, 10, CONFIG + 8, 0);
    add_write(setting, 11, UART);
    add_nested_dma(setting, 12);
    add_read(setting, 12, DISK + 4, 7); /* a reading, too */
    expect(setting, 10, "by fw_cfg_mem (0x9020004)");
    expect(setting, 12, "by virtio-blk-device (0xa003c04)");
    assert_int_equal(guess(setting, 10, &found, &error), 0);
    assert_int_equal(found.kind, DEVICE_GUESS_CERTAIN);
    assert_true(device_guess_has_register(&found));
    assert_true(found.position == 10 && found.address == CONFIG + 4);
    assert_string_equal(found.device->name, "fw_cfg_mem");
}

static void behind_the_instruction_it_is_the_last_that_was_written_to(void **state)
{
    struct setting *setting = *state;

    add_read(setting, 3, ENTROPY + DEVICE_ID, 4);
    add_write(setting, 5, DISK + NOTIFY);
    add_write(setting, 6, ENTROPY + NOTIFY);
    add_read(setting, 7, DISK + NOTIFY, 0); /* none that matters, as what follows */
    add_write(setting, 8, GIC);
    add_write(setting, 9, UART);
    add_write(setting, 10, CONFIG);
    add_write(setting, 11, EMPTY + MARKERS + 8);
    add_flagged(setting, 12, EBB_EVENT_MMIO_WRITE, UNNAMED, 0, EBB_EVENT_FAILED);
    add_dma(setting, 14);
    add_write(setting, 14, DISK + NOTIFY); /* too late for that */
    add_dma(setting, 15);                  /* but not for this */
    expect(setting, 13, ENTROPY_WORDS LAST "6");
    expect(setting, 14, "probably by virtio-blk-device (0xa003c50): " LAST "14");
}

/* The steps to both sides have nothing to do with it. */
static void each_write_is_of_one_step(void **state)
{
    struct setting *setting = *state;

    add_write(setting, 5, DISK + NOTIFY);
    add_dma(setting, 10);
    add_write(setting, 10, CONFIG); /* which writes nothing */
    add_nested_dma(setting, 12);
    add_write(setting, 12, CONFIG);
    expect(setting, 8, "by no device");
    expect(setting, 9, "probably by virtio-blk-device (0xa003c50): " LAST "5");
    expect(setting, 10, "by no device");
    expect(setting, 11, "by no device");
    expect(setting, 12, "by fw_cfg_mem (0x9020000)");
    expect(setting, 13, "by no device");
    expect(setting, 1000, "by no device");
}

/* Inside of an access and behind the instruction: which of the two is meant nobody knows. */
static void both_in_one_step_are_not_certain(void **state)
{
    struct setting *setting = *state;

    add_write(setting, 5, DISK + NOTIFY);
    add_nested_dma(setting, 10);
    add_write(setting, 10, CONFIG);
    add_flagged(setting, 11, EBB_EVENT_INTERRUPT_LINE, 0, 1, 0);
    add_dma(setting, 11);
    expect(setting, 10, "probably by virtio-blk-device (0xa003c50): " LAST "5");
}

/* It is brought up to date with any access to a device, and at other times. */
static void the_clock_is_no_device(void **state)
{
    struct setting *setting = *state;

    add_write(setting, 5, DISK + NOTIFY);
    add_flagged(setting, 10, EBB_EVENT_DMA, CLOCK, 0, EBB_EVENT_NESTED);
    add_write(setting, 10, UART);
    add_dma(setting, 11);
    add_nested_dma(setting, 20);
    add_write(setting, 20, CONFIG);
    add_flagged(setting, 21, EBB_EVENT_DMA, CLOCK + EBB_PAGE_SIZE - 1, 0, 0);
    add_flagged(setting, 30, EBB_EVENT_DMA, CLOCK, 0, EBB_EVENT_NESTED);
    add_write(setting, 30, UART);
    expect(setting, 10, "probably by virtio-blk-device (0xa003c50): " LAST "5");
    expect(setting, 20, "by fw_cfg_mem (0x9020000)");
    expect(setting, 30, "by no device");
}

/* The recorder opens and closes reads of the CPU's counter; nothing else writes that under KVM. */
static void code_that_the_recorder_writes_is_no_devices(void **state)
{
    static const uint8_t open[] = {0x40, 0xe3, 0x3b, 0xd5}, closed[] = {0x00, 0x60, 0x3d, 0xd4};
    struct setting *setting = *state;

    add_write(setting, 5, DISK + NOTIFY);
    add_bytes(setting, 10, open, EBB_EVENT_NESTED);
    add_flagged(setting, 10, EBB_EVENT_SYSREG_READ, COUNTER, 0, 0);
    add_bytes(setting, 13, closed, 0);
    add_bytes(setting, 16, closed, 0);
    add_dma(setting, 16);
    expect(setting, 10, "by no device");
    expect(setting, 12, "by no device");
    expect(setting, 15, "probably by virtio-blk-device (0xa003c50): " LAST "5");
    manifest_free(setting->manifest);
    setting->manifest = make_manifest(true, "tcg");
    expect(setting, 10, "by the device behind a system register");
    expect(setting, 12, "probably by virtio-blk-device (0xa003c50): " LAST "5");
}

static void calls_write_as_well(void **state)
{
    struct setting *setting = *state;
    struct device_guess found;
    struct ebb_error error;

    add_nested_dma(setting, 5);
    add_flagged(setting, 5, EBB_EVENT_SEMIHOSTING, 6, 0, 0);
    add_nested_dma(setting, 6);
    add_flagged(setting, 6, EBB_EVENT_SYSREG_WRITE, UINT64_C(0x603000000013c665), 0, 0);
    expect(setting, 5, "by a semihosting call");
    expect(setting, 6, "by the device behind a system register");
    assert_int_equal(guess(setting, 5, &found, &error), 0);
    assert_false(device_guess_has_register(&found));
    assert_null(found.device);
}

static void the_fewest_registers_name_the_device(void **state)
{
    struct setting *setting = *state;

    add_nested_dma(setting, 5);
    add_write(setting, 5, BOARD);
    add_nested_dma(setting, 6);
    add_write(setting, 6, UNNAMED);
    add_write(setting, 7, UNNAMED + 4);
    add_dma(setting, 9);
    expect(setting, 5, "by board (0x9020800)");
    expect(setting, 6, "by the device at 0x10040000");
    expect(setting, 8, "probably by the device at 0x10040004: " LAST "7");
}

/* What the guest has read from the register, once it was answered. */
static void expect_kind(void **state, uint64_t value, const char *wanted)
{
    struct setting *setting;

    setup(state);
    setting = *state;
    add_flagged(setting, 1, EBB_EVENT_MMIO_READ, ENTROPY + DEVICE_ID, 2, EBB_EVENT_FAILED);
    add_read(setting, 2, DISK + DEVICE_ID, 2);
    add_read(setting, 3, ENTROPY + DEVICE_ID, value);
    add_read(setting, 4, ENTROPY + DEVICE_ID, 1);
    add_nested_dma(setting, 5);
    add_write(setting, 5, ENTROPY + NOTIFY);
    expect(setting, 5, wanted);
    teardown(state);
}

static void virtio_devices_are_told_by_what_the_guest_read(void **state)
{
    expect_kind(state, 4, "by virtio-rng-device (virtio's entropy device, 0xa003e50)");
    expect_kind(state, 0x04000000, "by virtio-rng-device (virtio's entropy device, 0xa003e50)");
    expect_kind(state, 26, "by virtio-rng-device (virtio's file system device, 0xa003e50)");
    expect_kind(state, 0, "by virtio-rng-device (0xa003e50)");
    expect_kind(state, 14, "by virtio-rng-device (0xa003e50)");
    expect_kind(state, 43, "by virtio-rng-device (0xa003e50)");
    expect_kind(state, 0x2b000000, "by virtio-rng-device (0xa003e50)");
    expect_kind(state, 0x12340004, "by virtio-rng-device (0xa003e50)");
    expect_kind(state, UINT64_MAX, "by virtio-rng-device (0xa003e50)");
}

static void without_names_there_are_addresses(void **state)
{
    struct setting *setting = *state;

    manifest_free(setting->manifest);
    setting->manifest = make_manifest(false, "kvm");
    add_read(setting, 3, ENTROPY + DEVICE_ID, 4);
    add_nested_dma(setting, 5);
    add_write(setting, 5, CONFIG);
    add_write(setting, 6, ENTROPY + NOTIFY);
    add_write(setting, 7, EMPTY + MARKERS);
    add_dma(setting, 9);
    expect(setting, 5, "by the device at 0x9020000");
    expect(setting, 8, UNKNOWN_WORDS ": the guest wrote to 0xa003e50 last, at position 6");
}

static void nothing_may_tell(void **state)
{
    struct setting *setting = *state;
    struct device_guess found;
    struct ebb_error error;

    add_write(setting, 5, UART);
    add_dma(setting, 9);
    expect(setting, 8, UNKNOWN_WORDS);
    assert_int_equal(guess(setting, 8, &found, &error), 0);
    assert_int_equal(found.kind, DEVICE_GUESS_UNKNOWN);
}

/* Names are strangers' data. */
static void a_name_does_nothing_to_a_terminal(void **state)
{
    char name[70000], words[DEVICE_GUESS_WORDS_SIZE];
    struct manifest_device device = {.name = name, .address = UNNAMED, .size = 8};
    struct manifest manifest = {.devices = &device, .device_count = 1};
    struct device_guess found = {.kind = DEVICE_GUESS_PROBABLE,
                                 .access = EBB_EVENT_MMIO_WRITE,
                                 .device = &device,
                                 .address = UINT64_MAX,
                                 .virtio = "remote processor messaging",
                                 .position = EBB_MAX_POSITION};
    struct ebb_error error;

    (void)state;
    memset(name, 27, sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_ptr_equal(device_name_at(&manifest, UNNAMED + 7), &device);
    assert_null(device_name_at(&manifest, UNNAMED + 8));
    assert_int_equal(device_guess_words(&found, words, &error), 0);
    assert_null(strchr(words, 27));
    assert_non_null(strstr(words, "by \\x1b\\x1b"));
    assert_non_null(strstr(words, "\\x1b (virtio's remote processor messaging device, 0xfff"));
    assert_non_null(strstr(words, "position 4 611 686 018 427 387 904"));
}

/* A device that is asked far before what it writes is not found, nor its kind far behind the
 * beginning. */
static void looks_at_so_many_events_and_no_more(void **state)
{
    struct setting *setting = *state;
    uint64_t end = 10 + DEVICE_GUESS_EVENTS_MAX;

    add_write(setting, 5, ENTROPY + NOTIFY);
    for (uint64_t position = 10; position < end; position++) {
        add_write(setting, position, UART);
    }
    add_read(setting, end, ENTROPY + DEVICE_ID, 4);
    add_dma(setting, end + 1);
    add_write(setting, end + 2, ENTROPY + NOTIFY);
    for (uint64_t position = end + 3; position < end + 50000; position++) {
        add_write(setting, position, UART);
    }
    add_dma(setting, end + 50001);
    expect(setting, end, UNKNOWN_WORDS);
    setting->asked = 0;
    expect(setting, end + 50000, "probably by virtio-rng-device (0xa003e50): " LAST "1 048 588");
    assert_in_range(setting->asked, 256, 512);
}

/* They are looked at in parts. */
static void leaves_no_event_out(void **state)
{
    struct setting *setting = *state;

    add_write(setting, 5, UNNAMED);
    for (uint64_t position = 10; position < 4096; position++) {
        add_write(setting, position, UART);
    }
    for (uint64_t position = 4096; position < 4120; position++) {
        add_dma(setting, position);
    }
    for (uint64_t step = 4095; step < 4119; step++) {
        expect(setting, step, "probably by the device at 0x10040000: " LAST "5");
    }
}

static void can_be_stopped(void **state)
{
    struct setting *setting = *state;
    struct device_guess found;
    struct ebb_error error;
    unsigned all;

    add_read(setting, 3, DISK + DEVICE_ID, 2);
    add_write(setting, 5, ENTROPY + NOTIFY);
    for (unsigned i = 0; i < 9000; i++) {
        add_write(setting, 10, UART);
    }
    for (unsigned i = 0; i < 9000; i++) {
        add_flagged(setting, 11, EBB_EVENT_INTERRUPT_LINE, 0, i % 2, 0);
    }
    add_dma(setting, 11);
    expect(setting, 10, "probably by virtio-rng-device (0xa003e50): " LAST "5");
    all = setting->asked;
    assert_in_range(all, 5, 20);
    for (unsigned i = 1; i <= all; i++) {
        setting->asked = 0;
        setting->stop_at = i;
        assert_int_equal(guess(setting, 10, &found, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_INTERRUPTED);
        assert_int_equal(setting->asked, i);
    }
}

/* Data has to be read as well: of 32 MiB, as often as of a good 131072 events. */
static void is_the_slower_the_more_data_there_is(void **state)
{
    struct setting *setting = *state;
    struct ebb_event event = {
        .kind = EBB_EVENT_DMA, .position = 6, .data_length = EBB_MAX_EVENT_DATA};
    uint8_t *data = calloc(1, EBB_MAX_EVENT_DATA);
    struct ebb_error error;

    event.data = data;
    add_write(setting, 5, UNNAMED);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(ebb_log_writer_append(setting->writer, &event, &error), 0);
    }
    free(data);
    add_dma(setting, 9);
    expect(setting, 8, "probably by the device at 0x10040000: " LAST "5");
    assert_int_equal(setting->asked, 8);
}

/* Blocks: a write elsewhere, what kind of device it is, the last write to it, others, what it
 * wrote. */
static void expect_damaged(void **state, size_t block, const char *wanted)
{
    struct setting *setting;
    struct device_guess found;
    struct ebb_error error;

    setup(state);
    setting = *state;
    add_write(setting, 2, UNNAMED);
    fixture_flush(setting->writer);
    add_read(setting, 3, ENTROPY + DEVICE_ID, 4);
    fixture_flush(setting->writer);
    add_write(setting, 5, ENTROPY + NOTIFY);
    fixture_flush(setting->writer);
    add_write(setting, 6, UART);
    add_write(setting, 7, UART);
    fixture_flush(setting->writer);
    add_dma(setting, 9);
    fixture_flush(setting->writer);
    add_write(setting, 12, UART);
    close_writer(setting);
    fixture_damage(setting->directory, EBB_BLOCK_EVENTS, block, false, NULL);
    if (wanted) {
        expect(setting, 8, wanted);
    } else {
        assert_int_equal(guess(setting, 8, &found, &error), -1);
        assert_int_equal(error.kind, EBB_ERROR_CORRUPT);
    }
    teardown(state);
}

static void damage_makes_less_known(void **state)
{
    expect_damaged(state, 0, "probably by virtio-rng-device (0xa003e50): " LAST "5");
    expect_damaged(state, 1, "probably by virtio-rng-device (0xa003e50): " LAST "5");
    expect_damaged(state, 2, UNKNOWN_WORDS);
    expect_damaged(state, 3, UNKNOWN_WORDS);
    expect_damaged(state, 4, NULL);
    expect_damaged(state, 5, ENTROPY_WORDS LAST "5");
}

static void damage_behind_the_step_does_not_matter(void **state)
{
    struct setting *setting = *state;

    add_nested_dma(setting, 10);
    add_write(setting, 10, CONFIG);
    fixture_flush(setting->writer);
    add_write(setting, 12, UART);
    close_writer(setting);
    fixture_damage(setting->directory, EBB_BLOCK_EVENTS, 1, false, NULL);
    expect(setting, 10, "by fw_cfg_mem (0x9020000)");
}

#define WITH_SETTING(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SETTING(inside_of_an_access_is_certain),
        WITH_SETTING(behind_the_instruction_it_is_the_last_that_was_written_to),
        WITH_SETTING(each_write_is_of_one_step),
        WITH_SETTING(both_in_one_step_are_not_certain),
        WITH_SETTING(the_clock_is_no_device),
        WITH_SETTING(code_that_the_recorder_writes_is_no_devices),
        WITH_SETTING(calls_write_as_well),
        WITH_SETTING(the_fewest_registers_name_the_device),
        cmocka_unit_test(virtio_devices_are_told_by_what_the_guest_read),
        WITH_SETTING(without_names_there_are_addresses),
        WITH_SETTING(nothing_may_tell),
        cmocka_unit_test(a_name_does_nothing_to_a_terminal),
        WITH_SETTING(looks_at_so_many_events_and_no_more),
        WITH_SETTING(leaves_no_event_out),
        WITH_SETTING(can_be_stopped),
        WITH_SETTING(is_the_slower_the_more_data_there_is),
        cmocka_unit_test(damage_makes_less_known),
        WITH_SETTING(damage_behind_the_step_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest_clock.h"

#include <string.h>

/* Of the memory-mapped timer that is recorded under KVM: QEMU's name, and its ticks. */
#define TIMER_NAME "ebb-mmio-timer"
#define TIMER_HZ 62500000u

/* The timer has two ranges of registers: control, and above that the frame with the counts. */
static void find_frame(struct guest_clock *clock, const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->device_count; i++) {
        const struct manifest_device *device = &manifest->devices[i];

        if (!strcmp(device->name, TIMER_NAME) && device->address > clock->address) {
            clock->kind = RSP_CLOCK_MAPPED;
            clock->address = device->address;
        }
    }
}

struct guest_clock guest_clock_of(const struct manifest *manifest)
{
    json_t *member = json_object_get(manifest->root, "guest_clock");
    const char *name = json_string_value(member);
    struct guest_clock clock = {.frequency = member ? TIMER_HZ : 0};

    if (name && !strcmp(name, "page")) {
        clock.kind = RSP_CLOCK_IN_MEMORY;
    } else if (name && strcmp(name, "registers") != 0) {
        find_frame(&clock, manifest);
    }
    return clock;
}

/* Registers are little-endian, whatever memory is. */
static int read_register(struct timeline *timeline, unsigned number, uint64_t *value,
                         struct ebb_error *error)
{
    uint8_t bytes[256];
    int size = timeline_read_register(timeline, number, bytes, sizeof(bytes), error);

    *value = 0;
    for (int i = size < 8 ? size : 8; i > 0; i--) {
        *value = *value << 8 | bytes[i - 1];
    }
    return size < 0 ? -1 : 0;
}

int guest_clock_cpu_frequency(struct timeline *timeline, const struct target_registers *registers,
                              uint64_t *frequency, struct ebb_error *error)
{
    static const char *const names[] = {"CNTFRQ_EL0", "CNTFRQ"};

    *frequency = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !*frequency; i++) {
        const struct target_register *reg =
            target_registers_find(registers, names[i], strlen(names[i]));

        if (reg && read_register(timeline, reg->number, frequency, error) < 0) {
            return -1;
        }
        *frequency &= UINT32_MAX;
    }
    return 0;
}

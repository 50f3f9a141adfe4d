/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Draws on a display that shows a part of RAM, waits until somebody has looked at it and typed a
 * line, and draws something else there. Run with -device ramfb.
 */
#include "board.h"
#include "fw_cfg.h"
#include "guest.h"

#define WIDTH 320
#define HEIGHT 200
#define PICTURES 2
#define XRGB8888 0x34325258 /* "XR24" */

struct display { /* big-endian */
    uint64_t address;
    uint32_t format;
    uint32_t flags;
    uint32_t width;
    uint32_t height;
    uint32_t stride; /* 0: one line after the other */
} __attribute__((packed));

static volatile uint32_t points[WIDTH * HEIGHT] __attribute__((aligned(4096)));
static volatile bool answered;

static void on_input(void)
{
    int c;

    console_acknowledge_input();
    while ((c = console_get()) >= 0) {
        if (c == '\n' || c == '\r') {
            answered = true;
        }
    }
}

static void wait_for_line(void)
{
    irq_mask();
    while (!answered) {
        wait_for_interrupt();
        irq_unmask();
        irq_mask();
    }
    answered = false;
    irq_unmask();
}

static bool show(void)
{
    unsigned item = fw_cfg_find("etc/ramfb");
    struct display display = {
        .address = __builtin_bswap64((uintptr_t)points),
        .format = __builtin_bswap32(XRGB8888),
        .width = __builtin_bswap32(WIDTH),
        .height = __builtin_bswap32(HEIGHT),
    };

    if (item == FW_CFG_NONE) {
        return false;
    }
    fw_cfg_write(item, &display, sizeof(display));
    return true;
}

/* harness/host_ends.py knows this as well. */
static uint32_t point(unsigned picture, unsigned number)
{
    return ((picture + 1) * 0x9e3779b1u + number) * 0x85ebca6bu;
}

static void draw(unsigned picture)
{
    unsigned i;

    for (i = 0; i < WIDTH * HEIGHT; i++) {
        points[i] = point(picture, i);
    }
}

static bool is_drawn(unsigned picture)
{
    unsigned i;

    for (i = 0; i < WIDTH * HEIGHT && points[i] == point(picture, i); i++) {
    }
    return i == WIDTH * HEIGHT;
}

int main(void)
{
    unsigned picture;

    irq_init();
    irq_enable(UART_IRQ, on_input);
    console_enable_input_interrupt();
    check(show(), "there is a display");
    for (picture = 0; picture < PICTURES; picture++) {
        draw(picture);
        print("ramfb: picture %u; type a line\n", picture);
        wait_for_line();
        check(is_drawn(picture), "the picture is what was drawn");
    }
    finish("ramfb");
}

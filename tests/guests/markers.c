/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stores markers (docs/recording.md): numbers, texts, and what is hard to read. */
#include "board.h"
#include "guest.h"

/* The first virtio transport, which no device is behind. */
#ifdef BOARD_VEXPRESS
#define MARKERS 0x1c1301f0
#else
#define MARKERS (VIRTIO_BASE + 0x1f0)
#endif
#define NUMBER MARKERS
#define TEXT (MARKERS + 8)
#define LONG_TEXT 300

static void mark(uint32_t number)
{
    write32(NUMBER, number);
}

static void mark_text(const char *text)
{
    do {
        *(volatile uint8_t *)TEXT = (uint8_t)*text;
    } while (*text++);
}

static volatile uint32_t work;

static void __attribute__((noinline)) do_work(void)
{
    for (unsigned i = 0; i < 1000; i++) {
        work += i;
    }
}

int main(void)
{
    mark(7);
    do_work();
    mark_text("boot done");
    print("markers: half\n");
    do_work();
    mark(7);
    mark_text("\033[2Jescape\x80");
    for (unsigned i = 0; i < LONG_TEXT; i++) {
        write32(TEXT, 'x');
    }
    write32(TEXT, '\n');
    mark_text("");
    *(volatile uint16_t *)NUMBER = 0x1234;
    check(read32(NUMBER) == 0, "a marker leaves nothing behind");
    write32(TEXT, 'a'); /* without an end */
    finish("markers");
}

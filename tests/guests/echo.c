/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Echoes typed lines, received by interrupt, in upper case; the line "quit" ends it. */
#include "board.h"
#include "guest.h"

#define LINE_SIZE 80
#define RING_SIZE 256

static volatile char ring[RING_SIZE];
static volatile unsigned received;
static unsigned consumed;

static void on_input(void)
{
    int c;

    console_acknowledge_input();
    while ((c = console_get()) >= 0) {
        ring[received % RING_SIZE] = c;
        received++;
    }
}

static char next_character(void)
{
    irq_mask();
    while (received == consumed) {
        wait_for_interrupt();
        irq_unmask();
        irq_mask();
    }
    irq_unmask();
    return ring[consumed++ % RING_SIZE];
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
}

static unsigned read_line(char *line)
{
    unsigned length = 0;
    char c;

    while ((c = next_character()) != '\n' && c != '\r') {
        if (length < LINE_SIZE - 1) {
            line[length++] = upper(c);
        }
    }
    line[length] = '\0';
    return length;
}

int main(void)
{
    static char line[LINE_SIZE];
    unsigned lines = 0, length;

    irq_init();
    irq_enable(UART_IRQ, on_input);
    console_enable_input_interrupt();
    print("echo: type lines, 'quit' ends\n");
    do {
        length = read_line(line);
        print("echo: line %u is %s\n", ++lines, line);
    } while (length != 4 || memcmp(line, "QUIT", 4));
    finish("echo");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PL011 and a small formatter. */
#include <stdarg.h>

#include "board.h"
#include "guest.h"

#define UART_DATA (UART_BASE + 0x00)
#define UART_FLAGS (UART_BASE + 0x18)
#define UART_CONTROL (UART_BASE + 0x30)
#define UART_INTERRUPT_MASK (UART_BASE + 0x38)
#define UART_INTERRUPT_CLEAR (UART_BASE + 0x44)

#define FLAG_RECEIVE_EMPTY (1 << 4)
#define FLAG_TRANSMIT_FULL (1 << 5)
#define CONTROL_ENABLE_BOTH 0x301
#define INTERRUPT_RECEIVE (1 << 4 | 1 << 6)

void console_put(char c)
{
    while (read32(UART_FLAGS) & FLAG_TRANSMIT_FULL) {
    }
    write32(UART_DATA, (uint8_t)c);
}

void console_enable_input_interrupt(void)
{
    write32(UART_CONTROL, CONTROL_ENABLE_BOTH);
    write32(UART_INTERRUPT_MASK, INTERRUPT_RECEIVE);
}

void console_acknowledge_input(void)
{
    write32(UART_INTERRUPT_CLEAR, INTERRUPT_RECEIVE);
}

int console_get(void)
{
    return read32(UART_FLAGS) & FLAG_RECEIVE_EMPTY ? -1 : (int)(read32(UART_DATA) & 0xff);
}

static void put_string(const char *string)
{
    while (*string) {
        if (*string == '\n') {
            console_put('\r');
        }
        console_put(*string++);
    }
}

static void put_hex(uint64_t value, unsigned digits)
{
    while (digits--) {
        console_put("0123456789abcdef"[value >> (4 * digits) & 0xf]);
    }
}

static void put_unsigned(unsigned value)
{
    char digits[10];
    unsigned count = 0;

    do {
        digits[count++] = '0' + value % 10;
        value /= 10;
    } while (value);
    while (count) {
        console_put(digits[--count]);
    }
}

void print(const char *format, ...)
{
    char text[2] = "";
    va_list arguments;

    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%') {
            text[0] = *format;
            put_string(text);
            continue;
        }
        switch (*++format) {
        case 's':
            put_string(va_arg(arguments, const char *));
            break;
        case 'c':
            console_put(va_arg(arguments, int));
            break;
        case 'u':
            put_unsigned(va_arg(arguments, unsigned));
            break;
        case 'x':
            put_hex(va_arg(arguments, unsigned), 8);
            break;
        case 'p':
            put_hex(va_arg(arguments, uintptr_t), 2 * sizeof(uintptr_t));
            break;
        case 'X':
            put_hex(va_arg(arguments, uint64_t), 16);
            break;
        default:
            console_put('%');
        }
    }
    va_end(arguments);
}

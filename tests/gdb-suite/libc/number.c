/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdlib.h>

static int digit_value(int c)
{
    if (isdigit(c)) {
        return c - '0';
    }
    return isalpha(c) ? tolower(c) - 'a' + 10 : 99;
}

unsigned long strtoul(const char *text, char **end, int base)
{
    unsigned long value = 0;
    int minus = 0;

    while (isspace((unsigned char)*text)) {
        text++;
    }
    if (*text == '-' || *text == '+') {
        minus = *text++ == '-';
    }
    if ((base == 0 || base == 16) && text[0] == '0' && tolower(text[1]) == 'x') {
        text += 2;
        base = 16;
    } else if (base == 0) {
        base = *text == '0' ? 8 : 10;
    }
    while (digit_value((unsigned char)*text) < base) {
        value = value * (unsigned long)base + (unsigned long)digit_value((unsigned char)*text++);
    }
    if (end) {
        *end = (char *)text;
    }
    return minus ? -value : value;
}

long strtol(const char *text, char **end, int base)
{
    return (long)strtoul(text, end, base);
}

long atol(const char *text)
{
    return strtol(text, NULL, 10);
}

int atoi(const char *text)
{
    return (int)atol(text);
}

int abs(int value)
{
    return value < 0 ? -value : value;
}

long labs(long value)
{
    return value < 0 ? -value : value;
}

static unsigned random_state = 1;

void srand(unsigned seed)
{
    random_state = seed;
}

int rand(void)
{
    random_state = random_state * 1103515245u + 12345u;
    return (int)(random_state >> 1);
}

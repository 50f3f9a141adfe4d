/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where addresses are in the source. Rows name the same few again and again, and asking for one
 * takes some microseconds (symbols.h): so the answers are kept. */
#ifndef EBB_CLI_QUESTIONS_LOCATIONS_H
#define EBB_CLI_QUESTIONS_LOCATIONS_H

#include "cli/symbols.h"

#include <jansson.h>

#define LOCATIONS 4096u /* kept; each in the place of one other */

struct locations {
    struct symbols *symbols; /* not owned; NULL: there are none */
    struct location {
        uint64_t address;
        char *text; /* NULL: nothing is kept */
    } kept[LOCATIONS];
};

/* "function+0x10 (file.c:12)", printable; "" if nothing is known; NULL: out of memory. Good until
 * the next call. */
const char *locations_find(struct locations *locations, uint64_t address);
/* Adds that to a JSON object as "location", if anything is known. */
void locations_set(struct locations *locations, json_t *object, uint64_t address);
void locations_free(struct locations *locations);

#endif

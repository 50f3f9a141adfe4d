/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap: all RAM behind the stack. What is freed is used again for what fits, never cut or
 * joined. */
#include "guest.h"

#include <stdlib.h>

#define RAM_END 0x42000000ul /* the boards have 32 MiB */
#define ALIGNMENT 16ul

struct block {
    size_t size;
    struct block *next; /* in the list of free blocks */
} __attribute__((aligned(ALIGNMENT)));

extern char stack_top[];

static char *unused = stack_top;
static struct block *free_blocks;

static struct block *take_free(size_t size)
{
    struct block **link = &free_blocks, *block;

    while ((block = *link) && block->size < size) {
        link = &block->next;
    }
    if (block) {
        *link = block->next;
    }
    return block;
}

void *malloc(size_t size)
{
    struct block *block;

    size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    block = take_free(size);
    if (!block) {
        if (size > RAM_END - (uintptr_t)unused - sizeof(*block)) {
            return NULL;
        }
        block = (struct block *)unused;
        block->size = size;
        unused += sizeof(*block) + size;
    }
    return block + 1;
}

void *calloc(size_t count, size_t size)
{
    void *memory;

    if (size && count > (size_t)-1 / size) {
        return NULL;
    }
    memory = malloc(count * size);
    return memory ? memset(memory, 0, count * size) : NULL;
}

void *realloc(void *old, size_t size)
{
    size_t old_size = old ? ((struct block *)old)[-1].size : 0;
    void *memory;

    if (old && size <= old_size) {
        return old;
    }
    memory = malloc(size);
    if (memory && old) {
        memcpy(memory, old, old_size);
        free(old);
    }
    return memory;
}

void free(void *memory)
{
    struct block *block = memory;

    if (block) {
        block--;
        block->next = free_blocks;
        free_blocks = block;
    }
}

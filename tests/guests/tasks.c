/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What gdb's commands for Linux look at, without Linux: structures of its names, with the members
 * that matter, in other places than any kernel has them. Two tasks run by turns, and a log of eight
 * records has gone around.
 */
#include "guest.h"

#include <stddef.h>

#define COUNT_BITS 2
#define SIZE_BITS 7
#define WORD_BITS (8 * (unsigned)sizeof(long))
#define FINALIZED (2ul << (WORD_BITS - 2))

struct list_head {
    struct list_head *next, *prev;
};

struct mm_struct {
    long other[3];
    unsigned long start_code;
};

struct task_struct {
    char padding[12];
    unsigned __state;
    int exit_state;
    struct list_head tasks;
    int pid;
    int tgid;
    struct task_struct *real_parent;
    struct mm_struct *mm;
    char comm[16];
};

struct atomic_long {
    long counter;
};

struct prb_data_blk_lpos {
    unsigned long begin, next;
};

struct prb_desc {
    struct atomic_long state_var;
    struct prb_data_blk_lpos text_blk_lpos;
};

struct printk_info {
    unsigned long long seq, ts_nsec;
    unsigned short text_len;
};

struct prb_desc_ring {
    unsigned count_bits;
    struct prb_desc *descs;
    struct printk_info *infos;
    struct atomic_long head_id, tail_id;
};

struct prb_data_ring {
    unsigned size_bits;
    char *data;
};

struct printk_ringbuffer {
    struct prb_desc_ring desc_ring;
    struct prb_data_ring text_data_ring;
};

static struct mm_struct program = {.start_code = 0x12340000};
struct task_struct init_task, daemon, worker;
struct task_struct *__entry_task = &init_task;
unsigned long __per_cpu_offset[1];

static struct prb_desc descriptors[1 << COUNT_BITS];
static struct printk_info infos[1 << COUNT_BITS];
static char text[1 << SIZE_BITS] __attribute__((aligned(8)));
static struct printk_ringbuffer ring = {
    .desc_ring = {.count_bits = COUNT_BITS, .descs = descriptors, .infos = infos},
    .text_data_ring = {.size_bits = SIZE_BITS, .data = text},
};
struct printk_ringbuffer *prb = &ring;

static void add_task(struct task_struct *task, int pid, unsigned state, struct mm_struct *mm,
                     const char *name)
{
    struct list_head *last = init_task.tasks.prev;

    task->pid = task->tgid = pid;
    task->__state = state;
    task->real_parent = &init_task;
    task->mm = mm;
    for (size_t i = 0; name[i]; i++) {
        task->comm[i] = name[i];
    }
    task->tasks.next = &init_task.tasks;
    task->tasks.prev = last;
    last->next = &task->tasks;
    init_task.tasks.prev = &task->tasks;
}

/* A text that would go over the data's end is at its beginning, as Linux has it. */
static void add_record(unsigned long number, const char *line)
{
    static unsigned long position;
    struct prb_desc *descriptor = &descriptors[number % (1 << COUNT_BITS)];
    struct printk_info *info = &infos[number % (1 << COUNT_BITS)];
    unsigned long length = 0, size, at;

    while (line[length]) {
        length++;
    }
    size = (sizeof(long) + length + 7) & ~7ul;
    descriptor->text_blk_lpos.begin = position;
    at = position % sizeof(text);
    if (at + size > sizeof(text)) {
        position += sizeof(text) - at;
        at = 0;
    }
    position += size;
    descriptor->text_blk_lpos.next = position;
    for (unsigned long i = 0; i < length; i++) {
        text[at + sizeof(long) + i] = line[i];
    }
    info->ts_nsec = number * 1500000000ull;
    info->text_len = (unsigned short)length;
    descriptor->state_var.counter = (long)(FINALIZED | number);
    ring.desc_ring.head_id.counter = (long)number;
    ring.desc_ring.tail_id.counter = (long)(number < 3 ? 0 : number - 3);
}

__attribute__((noinline)) void switch_to(struct task_struct *task)
{
    __entry_task = task;
}

int main(void)
{
    static const char *const lines[] = {
        "first", "a longer line of the log",  "third",   "escape \x1b[31m\x07",
        "fifth", "sixth, longer than others", "seventh", "two\nlines",
    };

    init_task.tasks.next = init_task.tasks.prev = &init_task.tasks;
    init_task.real_parent = &init_task;
    init_task.comm[0] = 'i';
    add_task(&daemon, 17, 1, &program, "daemon\x1b[2J");
    add_task(&worker, 23, 0x402, NULL, "worker/0");
    for (unsigned long i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        add_record(i, lines[i]);
    }
    switch_to(&daemon);
    switch_to(&worker);
    print("tasks: %u lines\n", (unsigned)(sizeof(lines) / sizeof(lines[0])));
    check(daemon.tasks.next == &worker.tasks, "the list of tasks");
    finish("tasks");
}

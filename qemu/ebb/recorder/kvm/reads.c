/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "exec/address-spaces.h"
#include "exec/cpu-common.h"
#include "system/kvm.h"
#include "ebb/counter/page.h"
#include "ebb/recorder/hooks.h"
#include "clock.h"
#include "image.h"
#include "reads.h"
#include "registers.h"
#include "state.h"

/* A guest that reads the counter so soon after the last time, or after a closing, waits. */
#define WAITING_NS 40000

/* How old the page may become while reads are open, as long as nobody waits: so many of its steps,
 * so that a tick of 100 Hz comes before. */
#define LONGEST_STEPS 4
#define SHORTEST_NS (100 * SCALE_US)
#define DIVISOR 8

/* The same while none is: a guest may have made copies of reads while they were open. */
#define NONE_OPEN_NS (256 * SCALE_MS)

#define MOST_READS 4096u

#define CTL_ENABLE 1u

/* One that was met. Code at one address of the guest's is taken to be at one place in memory. */
struct counter_read {
    uint64_t pc;
    uint64_t address; /* guest-physical */
    enum counter_site_form form;
    struct counter_access access;
    bool may_open, is_open;
};

struct recorder_kvm_reads {
    GArray *list; /* struct counter_read */
    unsigned open_count;
    bool following;   /* the register goes with the page */
    bool is_set;      /* to last, since the machine was reset */
    bool given_up;    /* the guest uses its timer, or its clock has been set back */
    bool just_closed; /* nothing was met since */
    uint64_t last;    /* value */
    int64_t step_ns;  /* how old the page may become now */
    int64_t longest_ns;
    int64_t answered_ns; /* host time: of the last answer or closing */
};

static struct recorder_kvm_reads *reads_of(const struct recorder_session *session)
{
    return session->kvm->reads;
}

void recorder_kvm_reads_forget(struct recorder_session *session)
{
    struct recorder_kvm_reads *reads = reads_of(session);

    if (reads) {
        g_array_set_size(reads->list, 0);
        reads->open_count = 0;
        reads->is_set = false;
    }
}

static uint64_t page_value(const struct recorder_session *session)
{
    return counter_page_value(ldq_le_p(session->kvm->timer->page_bytes + COUNTER_PAGE_COUNT),
                              recorder_kvm_counter_frequency());
}

/* A guest may take the frame's counter away from itself; the CPU's goes on. */
static bool is_count_shown(const struct recorder_session *session)
{
    return session->kvm->timer->access & EBB_MMIO_TIMER_RPCT;
}

static void set_followed(struct recorder_session *session, bool followed)
{
    EbbMmioTimer *timer = session->kvm->timer;

    reads_of(session)->following = followed;
    stl_le_p(timer->page_bytes + COUNTER_PAGE_FOLLOWED, followed);
    recorder_hooks_ram_written(&timer->page, COUNTER_PAGE_FOLLOWED, 4);
}

static void limit_age(struct recorder_session *session)
{
    struct recorder_kvm_reads *reads = reads_of(session);
    int64_t idle_ns = reads->following ? NONE_OPEN_NS : 0;

    recorder_kvm_clock_limit_age(session, reads->open_count ? reads->step_ns : idle_ns);
}

/* Writes an instruction over another one; false if the guest has done that already. */
static bool exchange(const struct counter_read *read, const uint8_t old[4], const uint8_t new[4])
{
    MemoryRegionSection section = memory_region_find(get_system_memory(), read->address, 4);
    uint8_t *bytes = NULL;
    bool same;

    if (section.mr && (memory_region_is_ram(section.mr) || memory_region_is_romd(section.mr))) {
        bytes = (uint8_t *)memory_region_get_ram_ptr(section.mr) + section.offset_within_region;
    }
    memory_region_unref(section.mr);
    same = bytes && !memcmp(bytes, old, 4);
    if (same) {
        address_space_write_rom(&address_space_memory, read->address, MEMTXATTRS_UNSPECIFIED, new,
                                4);
        recorder_kvm_image_map_again(bytes);
    }
    return same;
}

static void open_read(struct recorder_session *session, struct counter_read *read)
{
    uint8_t closed[4], open[4];

    counter_breakpoint_encode(read->form, &read->access, closed);
    counter_open_read_encode(read->form, &read->access, open);
    read->is_open = exchange(read, closed, open);
    reads_of(session)->open_count += read->is_open;
    session->kvm->reads_opened += read->is_open;
}

static void close_all(struct recorder_session *session)
{
    struct recorder_kvm_reads *reads = reads_of(session);
    uint8_t closed[4], open[4];
    guint i;

    for (i = 0; i < reads->list->len; i++) {
        struct counter_read *read = &g_array_index(reads->list, struct counter_read, i);

        if (read->is_open) {
            counter_breakpoint_encode(read->form, &read->access, closed);
            counter_open_read_encode(read->form, &read->access, open);
            exchange(read, open, closed);
            read->is_open = false;
            session->kvm->reads_closed++;
        }
    }
    reads->open_count = 0;
}

static void give_up(struct recorder_session *session)
{
    close_all(session);
    set_followed(session, false);
    reads_of(session)->given_up = true;
    limit_age(session);
}

/* A guest that has set the register itself keeps it. */
static void before_refresh(struct recorder_session *session)
{
    struct recorder_kvm_reads *reads = reads_of(session);
    uint64_t value;

    if (reads && reads->following && reads->is_set &&
        recorder_kvm_registers_get(session, KVM_REG_ARM_TIMER_CVAL, &value) &&
        value != reads->last) {
        give_up(session);
    }
}

/* The replay sets the register whenever the page is written while that is followed (FOLLOWED), so
 * it is set here as well before it is given up. */
static void refreshed(struct recorder_session *session)
{
    struct recorder_kvm_reads *reads = reads_of(session);
    uint64_t value;
    bool goes_back;

    if (!reads || !reads->following) {
        return;
    }
    value = page_value(session);
    goes_back = reads->is_set && value < reads->last;
    if (!reads->is_set || value != reads->last) {
        recorder_kvm_registers_set(session, KVM_REG_ARM_TIMER_CVAL, &value);
        reads->last = value;
        reads->is_set = true;
    }
    if (goes_back) {
        give_up(session);
    }
}

/*
 * Hosts with this CPU, whose CNTVOFF_EL2 does not work, trap what the guest does with the virtual
 * timer: KVM would emulate each read, and instructions that it emulates are not counted.
 */
static bool traps_timer(void)
{
    uint64_t midr;

    asm("mrs %0, midr_el1" : "=r"(midr)); /* emulated by the host's kernel */
    return extract64(midr, 24, 8) == 0x51 && extract64(midr, 4, 12) == 0x001; /* Oryon */
}

void recorder_kvm_reads_prepare(struct recorder_session *session)
{
    static const struct recorder_kvm_clock_follower follower = {before_refresh, refreshed};
    struct recorder_kvm_reads *reads;

    if (!traps_timer() && recorder_kvm_clock_follow(session, &follower)) {
        reads = session->kvm->reads = g_new0(struct recorder_kvm_reads, 1);
        reads->list = g_array_new(false, true, sizeof(struct counter_read));
        reads->longest_ns = session->settings.clock_step_us * (int64_t)SCALE_US * LONGEST_STEPS;
        reads->step_ns = reads->longest_ns;
    }
}

/* Whether EL0 can read at the address, in the address space of the moment. */
static bool user_can_read(ARMCPU *cpu, uint64_t address)
{
    CPUARMState *env = &cpu->env;
    uint32_t pstate = env->pstate, cpsr = env->uncached_cpsr;
    bool can;

    if (is_a64(env)) {
        env->pstate &= ~PSTATE_M;
    } else {
        env->uncached_cpsr = (cpsr & ~CPSR_M) | ARM_CPU_MODE_USR;
    }
    can = cpu_get_phys_page_debug(CPU(cpu), address & TARGET_PAGE_MASK) != (hwaddr)-1;
    env->pstate = pstate;
    env->uncached_cpsr = cpsr;
    return can;
}

/* With the guest's view of memory, for which QEMU needs all of the vCPU's registers. */
static struct counter_read look(ARMCPU *cpu, uint64_t pc, const struct counter_access *access)
{
    struct counter_read read = {.pc = pc, .access = *access};
    hwaddr page;

    kvm_cpu_synchronize_state(CPU(cpu));
    read.form = is_a64(&cpu->env) ? COUNTER_SITE_A64
                : cpu->env.thumb  ? COUNTER_SITE_T32
                                  : COUNTER_SITE_A32;
    page = cpu_get_phys_page_debug(CPU(cpu), pc & TARGET_PAGE_MASK);
    read.address = page | (pc & ~TARGET_PAGE_MASK);
    /* The second half of an instruction in Thumb may be on another page. */
    read.may_open = page != (hwaddr)-1 && (pc & ~TARGET_PAGE_MASK) <= TARGET_PAGE_SIZE - 4 &&
                    !user_can_read(cpu, pc);
    return read;
}

static struct counter_read *find(struct recorder_session *session, uint64_t pc,
                                 const struct counter_access *access)
{
    GArray *list = reads_of(session)->list;
    struct counter_read read;
    guint i;

    for (i = 0; i < list->len; i++) {
        struct counter_read *known = &g_array_index(list, struct counter_read, i);

        if (known->pc == pc && !memcmp(&known->access, access, sizeof(*access))) {
            return known;
        }
    }
    if (list->len == MOST_READS) {
        return NULL;
    }
    read = look(session->cpu, pc, access);
    g_array_append_val(list, read);
    return &g_array_index(list, struct counter_read, list->len - 1);
}

static bool is_user(uint64_t pstate)
{
    return pstate & PSTATE_nRW ? (pstate & CPSR_M) == ARM_CPU_MODE_USR : !(pstate & 0xc);
}

/* Whether nobody uses the register: the guest's own timer is off, and has what it was given here,
 * or by a reset, which is 0. */
static bool is_register_free(struct recorder_session *session)
{
    uint64_t control, value;

    return recorder_kvm_registers_get(session, KVM_REG_ARM_TIMER_CTL, &control) &&
           !(control & CTL_ENABLE) &&
           recorder_kvm_registers_get(session, KVM_REG_ARM_TIMER_CVAL, &value) &&
           value == reads_of(session)->last;
}

static void open_here(struct recorder_session *session, const struct counter_access *access)
{
    struct recorder_kvm_reads *reads = reads_of(session);
    struct counter_read *read;
    uint64_t pc, pstate;

    if (!recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pc), &pc) ||
        !recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pstate), &pstate) ||
        is_user(pstate) || !is_register_free(session)) {
        return;
    }
    read = find(session, pc, access);
    if (!read || !read->may_open || read->is_open) {
        return;
    }
    if (!reads->following) {
        set_followed(session, true);
        refreshed(session);
    }
    open_read(session, read);
}

static void adapt_step(struct recorder_kvm_reads *reads, bool at_once)
{
    if (reads->just_closed) {
        reads->step_ns = at_once ? MAX(reads->step_ns / DIVISOR, SHORTEST_NS)
                                 : MIN(reads->step_ns * 2, reads->longest_ns);
    }
    reads->just_closed = false;
}

bool recorder_kvm_reads_answer(struct recorder_session *session,
                               const struct counter_access *access, uint64_t *value)
{
    struct recorder_kvm_reads *reads = reads_of(session);
    bool at_once;

    if (!reads) {
        return false;
    }
    at_once = get_clock() - reads->answered_ns < WAITING_NS;
    recorder_kvm_clock_refresh(session);
    *value = is_count_shown(session)
                 ? page_value(session)
                 : counter_page_value(ebb_mmio_timer_ticks(), recorder_kvm_counter_frequency());
    adapt_step(reads, at_once);
    if (!at_once && !reads->given_up && is_count_shown(session)) {
        open_here(session, access);
        limit_age(session);
    }
    reads->answered_ns = get_clock();
    return true;
}

void recorder_kvm_reads_settle(struct recorder_session *session)
{
    struct recorder_kvm_reads *reads = reads_of(session);

    if (!reads || !recorder_kvm_clock_was_too_old(session)) {
        return;
    }
    reads->just_closed = reads->open_count;
    close_all(session);
    limit_age(session);
    recorder_kvm_clock_refresh(session);
    reads->answered_ns = get_clock();
}

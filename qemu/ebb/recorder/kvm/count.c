/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include "cpu.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/thread.h"
#include "count.h"
#include "probe.h"
#include "state.h"

#define INSTRUCTIONS_RETIRED 0x08 /* Arm ARM, D13.12.2 */
#define USER_ACCESS (1u << 1)     /* in config1: Documentation/arch/arm64/perf.rst */
#define COUNTERS 31u              /* PMEVCNTR<n>_EL0 */
#define LEFT_OUT UINT64_MAX

/* MRS of one of them (Arm ARM, D19.5, PMEVCNTR<n>_EL0), but for its operands. */
#define READ_MASK 0xfffffc00u
#define READ_CODE 0xd53be800u

struct recorder_kvm_count {
    int fd;
    struct perf_event_mmap_page *page; /* NULL: the counter is read with read() */
    struct sigaction before;           /* of SIGILL; while there is a page */
    uint64_t base;                     /* at position 0 */
    uint64_t noted;                    /* relative to it, at the last exit */
    bool is_noted;
};

static int open_event(uint32_t type, pid_t thread)
{
    struct perf_event_attr attributes = {
        .size = sizeof(attributes),
        .type = type,
        .config = INSTRUCTIONS_RETIRED,
        .config1 = USER_ACCESS,
        .exclude_host = 1,
        .exclude_hv = 1,
        .pinned = 1,
    };
    int fd = syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);

    if (fd < 0) {
        attributes.config1 = 0;
        fd = syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
    }
    return fd;
}

static struct perf_event_mmap_page *map_page(int fd)
{
    void *page = mmap(NULL, qemu_real_host_page_size(), PROT_READ, MAP_SHARED, fd, 0);

    return page == MAP_FAILED ? NULL : page;
}

/* The instruction names its counter. LEFT_OUT where it may not be executed (skip()). */
static uint64_t read_counter(uint32_t index)
{
    uint64_t value = LEFT_OUT;

#define READ(n)                                                                                    \
    case n:                                                                                        \
        asm volatile("mrs %0, pmevcntr" #n "_el0" : "+r"(value));                                  \
        break;
    switch (index) {
        READ(0)
        READ(1)
        READ(2)
        READ(3)
        READ(4)
        READ(5)
        READ(6)
        READ(7)
        READ(8)
        READ(9)
        READ(10)
        READ(11)
        READ(12)
        READ(13)
        READ(14)
        READ(15)
        READ(16)
        READ(17)
        READ(18)
        READ(19)
        READ(20)
        READ(21)
        READ(22)
        READ(23)
        READ(24)
        READ(25)
        READ(26)
        READ(27)
        READ(28)
        READ(29)
        READ(30)
    }
#undef READ
    return value;
}

/*
 * As perf_event_open(2) tells under "cap_user_rdpmc", in the thread that is counted: false if the
 * counter cannot be read here, as when the sysctl is off or the event has no counter now.
 */
static bool look(const struct perf_event_mmap_page *page, uint64_t *count)
{
    uint32_t sequence, index, unused;
    uint64_t offset, value;

    do {
        sequence = qatomic_read(&page->lock);
        barrier();
        index = page->index;
        if (!index || index > COUNTERS || !page->cap_user_rdpmc || page->pmc_width > 64) {
            return false;
        }
        offset = page->offset;
        unused = 64 - page->pmc_width;
        value = read_counter(index - 1);
        barrier();
        if (value == LEFT_OUT) {
            return false;
        }
    } while (qatomic_read(&page->lock) != sequence);
    *count = offset + (uint64_t)((int64_t)(value << unused) >> unused);
    return true;
}

/*
 * The instruction is illegal where the kernel has taken the permission away: for good, by its
 * sysctl, or some kernels whenever a guest has run. It is left out then; others that are illegal
 * end the process, as ever.
 */
static void skip(int number, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    uint32_t code = *(const uint32_t *)interrupted->uc_mcontext.pc;

    if ((code & READ_MASK) == READ_CODE) {
        interrupted->uc_mcontext.pc += sizeof(code);
    } else {
        signal(SIGILL, SIG_DFL);
    }
}

static void skip_illegal_reads(struct sigaction *before)
{
    struct sigaction skipping = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};

    sigaction(SIGILL, &skipping, before);
}

struct attempt {
    uint32_t pmu_type;
    bool aarch32;
    bool done; /* the counter was read, and right */
};

struct reading {
    struct perf_event_mmap_page *page;
    bool failed;
};

/* The guest has just come out. */
static void look_at_exit(void *opaque)
{
    struct reading *reading = opaque;
    uint64_t count;

    reading->failed |= !look(reading->page, &count);
}

static bool reads_right(int fd, const struct attempt *attempt)
{
    struct reading reading = {.page = map_page(fd)};
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    struct recorder_kvm_probe probe;
    const char *problem;
    uint64_t seen, told;
    bool right =
        kvm >= 0 && reading.page &&
        recorder_kvm_probe_watch(kvm, attempt->aarch32, look_at_exit, &reading, &probe, &problem) &&
        !reading.failed && look(reading.page, &seen) &&
        read(fd, &told, sizeof(told)) == sizeof(told) && seen == told && told;

    if (kvm >= 0) {
        close(kvm);
    }
    if (reading.page) {
        munmap(reading.page, qemu_real_host_page_size());
    }
    return right;
}

/* A thread that has run a guest of its own; the counters of a thread are its alone. */
static void *run_attempt(void *opaque)
{
    struct attempt *attempt = opaque;
    int fd = open_event(attempt->pmu_type, 0);

    if (fd >= 0) {
        attempt->done = reads_right(fd, attempt);
        close(fd);
    }
    return NULL;
}

/* Whether the counter can be read, and tells the same as read(), also right after a guest has run.
 */
void recorder_kvm_count_prepare(struct recorder_session *session)
{
    struct attempt attempt = {
        .pmu_type = session->settings.pmu_type,
        .aarch32 = !arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64),
    };
    struct sigaction before;
    QemuThread thread;

    skip_illegal_reads(&before);
    qemu_thread_create(&thread, "ebb-count", run_attempt, &attempt, QEMU_THREAD_JOINABLE);
    qemu_thread_join(&thread);
    sigaction(SIGILL, &before, NULL);
    session->kvm->counts_exits = attempt.done;
}

static void give_up_page(struct recorder_kvm_count *counter)
{
    if (counter->page) {
        munmap(counter->page, qemu_real_host_page_size());
        counter->page = NULL;
        sigaction(SIGILL, &counter->before, NULL);
    }
}

/*
 * Before the first read(): that makes the kernel forget which of the counter's 2^32 rounds the page
 * was made for, and a page that is mapped then may tell a round too few.
 */
static void open_page(struct recorder_kvm_count *counter)
{
    counter->page = map_page(counter->fd);
    if (counter->page) {
        skip_illegal_reads(&counter->before);
    }
}

bool recorder_kvm_count_open(struct recorder_session *session, Error **errp)
{
    struct recorder_kvm *kvm = session->kvm;
    int fd = open_event(session->settings.pmu_type, CPU(session->cpu)->thread_id);
    uint64_t seen;

    if (fd < 0) {
        error_setg_errno(
            errp, errno,
            "cannot count the guest's instructions with the PMU; ebb doctor tells why");
        return false;
    }
    kvm->counter = g_new0(struct recorder_kvm_count, 1);
    kvm->counter->fd = fd;
    if (kvm->counts_exits) {
        open_page(kvm->counter);
    }
    if (read(fd, &kvm->counter->base, sizeof(uint64_t)) != sizeof(uint64_t)) {
        error_setg(errp, "the PMU has no counter to spare; stop other users of perf");
        return false;
    }
    if (kvm->counter->page && (!look(kvm->counter->page, &seen) || seen != kvm->counter->base)) {
        give_up_page(kvm->counter);
    }
    kvm->count = 0;
    return true;
}

void recorder_kvm_count_close(struct recorder_session *session)
{
    struct recorder_kvm_count *counter = session->kvm->counter;

    if (counter) {
        give_up_page(counter);
        close(counter->fd);
        g_clear_pointer(&session->kvm->counter, g_free);
    }
}

int recorder_kvm_count_fd(const struct recorder_session *session)
{
    return session->kvm->counter->fd;
}

uint64_t recorder_kvm_count_base(const struct recorder_session *session)
{
    return session->kvm->counter->base;
}

static bool read_slowly(struct recorder_session *session, uint64_t *count)
{
    struct recorder_kvm_count *counter = session->kvm->counter;
    uint64_t now;

    if (read(counter->fd, &now, sizeof(now)) != sizeof(now)) {
        recorder_state_fail(session,
                            "the PMU has stopped counting the guest's instructions; keep other "
                            "users of perf away while recording");
        return false;
    }
    *count = now - counter->base;
    return true;
}

void recorder_kvm_count_note(struct recorder_session *session)
{
    struct recorder_kvm_count *counter = session->kvm->counter;
    uint64_t now;

    if (!counter) {
        return;
    }
    counter->is_noted = counter->page && look(counter->page, &now);
    if (counter->is_noted) {
        counter->noted = now - counter->base;
    } else {
        give_up_page(counter);
    }
}

bool recorder_kvm_count_noted(const struct recorder_session *session, uint64_t *count)
{
    const struct recorder_kvm_count *counter = session->kvm->counter;

    if (!counter || !counter->is_noted) {
        return false;
    }
    *count = counter->noted;
    return true;
}

void recorder_kvm_count_forget(struct recorder_session *session)
{
    if (session->kvm->counter) {
        session->kvm->counter->is_noted = false;
    }
}

bool recorder_kvm_count_read(struct recorder_session *session, uint64_t *count)
{
    struct recorder_kvm_count *counter = session->kvm->counter;

    if (!counter->is_noted) {
        return read_slowly(session, count);
    }
    *count = counter->noted;
    return true;
}

uint64_t recorder_kvm_count_of_access(struct recorder_session *session)
{
    struct recorder_kvm *kvm = session->kvm;
    uint64_t count;

    if (kvm->counts_exits && recorder_state_is_recording(session) &&
        recorder_kvm_count_read(session, &count)) {
        kvm->count = MAX(kvm->count, count);
    }
    return kvm->count;
}

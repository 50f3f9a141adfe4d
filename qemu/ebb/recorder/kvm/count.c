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

struct recorder_kvm_count {
    int fd;
    struct perf_event_mmap_page *page; /* NULL: the counter is read with read() */
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

/* The instruction names its counter. UINT64_MAX where it was left out (skip_instruction()). */
static uint64_t read_counter(uint32_t index)
{
    uint64_t value = UINT64_MAX;

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
    } while (qatomic_read(&page->lock) != sequence);
    *count = offset + (uint64_t)((int64_t)(value << unused) >> unused);
    return true;
}

/* The instruction that may not be executed is left out. */
static void skip_instruction(int number, siginfo_t *info, void *context)
{
    ((ucontext_t *)context)->uc_mcontext.pc += 4;
}

struct attempt {
    uint32_t pmu_type;
    bool aarch32;
    bool done; /* the counter was read, and right */
};

static bool reads_right(int fd, const struct attempt *attempt)
{
    struct perf_event_mmap_page *page = map_page(fd);
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    struct recorder_kvm_probe probe;
    const char *problem;
    uint64_t seen, told;
    bool right =
        kvm >= 0 && page && recorder_kvm_probe_run(kvm, attempt->aarch32, &probe, &problem) &&
        look(page, &seen) && read(fd, &told, sizeof(told)) == sizeof(told) && seen == told && told;

    if (kvm >= 0) {
        close(kvm);
    }
    if (page) {
        munmap(page, qemu_real_host_page_size());
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

/*
 * Whether the counter can still be read, and tells the same as read(), once a guest has run: some
 * kernels take the permission away from the thread then, and the instruction is an illegal one.
 */
void recorder_kvm_count_prepare(struct recorder_session *session)
{
    struct attempt attempt = {
        .pmu_type = session->settings.pmu_type,
        .aarch32 = !arm_feature(&session->cpu->env, ARM_FEATURE_AARCH64),
    };
    struct sigaction skipping = {.sa_sigaction = skip_instruction, .sa_flags = SA_SIGINFO};
    struct sigaction before;
    QemuThread thread;

    sigaction(SIGILL, &skipping, &before);
    qemu_thread_create(&thread, "ebb-count", run_attempt, &attempt, QEMU_THREAD_JOINABLE);
    qemu_thread_join(&thread);
    sigaction(SIGILL, &before, NULL);
    session->kvm->counts_exits = attempt.done;
}

bool recorder_kvm_count_open(struct recorder_session *session, Error **errp)
{
    struct recorder_kvm *kvm = session->kvm;
    int fd = open_event(session->settings.pmu_type, CPU(session->cpu)->thread_id);

    if (fd < 0) {
        error_setg_errno(
            errp, errno,
            "cannot count the guest's instructions with the PMU; ebb doctor tells why");
        return false;
    }
    kvm->counter = g_new0(struct recorder_kvm_count, 1);
    kvm->counter->fd = fd;
    if (read(fd, &kvm->counter->base, sizeof(uint64_t)) != sizeof(uint64_t)) {
        error_setg(errp, "the PMU has no counter to spare; stop other users of perf");
        return false;
    }
    kvm->counter->page = kvm->counts_exits ? map_page(fd) : NULL;
    kvm->count = 0;
    return true;
}

void recorder_kvm_count_close(struct recorder_session *session)
{
    struct recorder_kvm_count *counter = session->kvm->counter;

    if (counter) {
        if (counter->page) {
            munmap(counter->page, qemu_real_host_page_size());
        }
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

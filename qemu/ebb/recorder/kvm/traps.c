/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "ebb/recorder/events.h"
#include "state.h"
#include "tracepoint.h"
#include "traps.h"

/* ESR_EL2.EC: MSR, MRS or a system instruction in AArch64; an access to memory by the guest. */
#define CLASS_SYSTEM_REGISTER 0x18u
#define CLASS_DATA_ABORT 0x24u

/*
 * So often exits of an instruction are noted before they are left out. Another filter needs another
 * ring, which costs as much as a thousand exits; so those that come by less often are left out with
 * it.
 */
#define OFTEN 256u
#define LESS_OFTEN 64u
#define CANDIDATES 16u
#define MAX_STORES 4u

struct candidate {
    uint64_t pc;
    uint32_t seen; /* 0: free */
};

struct recorder_kvm_traps {
    struct recorder_kvm_tracepoint *tracepoint;
    const char *filter;
    struct candidate candidates[CANDIDATES];
    bool wanted;
    uint64_t left_out[EBB_MAX_TRAPS];
    size_t count;
    uint64_t stores[MAX_STORES];
    size_t store_count;
};

struct recorder_kvm_traps *recorder_kvm_traps_new(struct recorder_kvm_tracepoint *tracepoint,
                                                  const char *filter)
{
    struct recorder_kvm_traps *traps = g_new0(struct recorder_kvm_traps, 1);

    traps->tracepoint = tracepoint;
    traps->filter = filter;
    return traps;
}

void recorder_kvm_traps_free(struct recorder_kvm_traps *traps)
{
    g_free(traps);
}

/* That of the instruction, or a free one; else those that are rare make room. */
static struct candidate *find_candidate(struct recorder_kvm_traps *traps, uint64_t pc)
{
    struct candidate *room = NULL;
    size_t i;

    for (i = 0; i < CANDIDATES; i++) {
        struct candidate *candidate = &traps->candidates[i];

        if (candidate->seen && candidate->pc == pc) {
            return candidate;
        }
        room = candidate->seen ? room : candidate;
    }
    for (i = 0; i < CANDIDATES && !room; i++) {
        traps->candidates[i].seen--;
    }
    return room;
}

/*
 * Programs may have anything at one address; in the upper half there is one kernel, unless it is a
 * hypervisor's or was replaced: then the resolver is told of passages that trapped and did not, and
 * has to look farther for its places.
 */
bool recorder_kvm_traps_is_of_kernel(uint64_t pc)
{
    return pc >> 63;
}

void recorder_kvm_traps_see(struct recorder_kvm_traps *traps, uint64_t class, uint64_t pc)
{
    struct candidate *candidate;

    if (class != CLASS_SYSTEM_REGISTER || !recorder_kvm_traps_is_of_kernel(pc) ||
        traps->count == EBB_MAX_TRAPS) {
        return;
    }
    candidate = find_candidate(traps, pc);
    if (!candidate) {
        return;
    }
    candidate->pc = pc;
    candidate->seen++;
    traps->wanted |= candidate->seen >= OFTEN;
}

bool recorder_kvm_traps_wanted(const struct recorder_kvm_traps *traps)
{
    return traps->wanted;
}

static void add_to_filter(GString *filter, unsigned class, const uint64_t *list, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        g_string_append_printf(filter, " && (esr_ec != %#x || vcpu_pc != %#" PRIx64 ")", class,
                               list[i]);
    }
}

static bool set_filter(struct recorder_kvm_traps *traps)
{
    g_autoptr(GString) filter = g_string_new(traps->filter);

    add_to_filter(filter, CLASS_SYSTEM_REGISTER, traps->left_out, traps->count);
    add_to_filter(filter, CLASS_DATA_ABORT, traps->stores, traps->store_count);
    return recorder_kvm_tracepoint_filter(traps->tracepoint, filter->str);
}

/* From the number 'first' on. */
static void append(struct recorder_session *session, const struct recorder_kvm_traps *traps,
                   size_t first)
{
    size_t i;

    for (i = first; i < traps->count; i++) {
        struct ebb_event event = {
            .kind = EBB_EVENT_TRAP,
            .position = session->kvm->count,
            .address = traps->left_out[i],
            .value = CLASS_SYSTEM_REGISTER,
        };

        recorder_events_append(session, &event);
    }
}

void recorder_kvm_traps_leave_out(struct recorder_session *session,
                                  struct recorder_kvm_traps *traps)
{
    size_t first = traps->count, i;

    traps->wanted = false;
    for (i = 0; i < CANDIDATES && traps->count < EBB_MAX_TRAPS; i++) {
        if (traps->candidates[i].seen >= LESS_OFTEN) {
            traps->left_out[traps->count++] = traps->candidates[i].pc;
        }
    }
    memset(traps->candidates, 0, sizeof(traps->candidates));
    if (!set_filter(traps)) {
        traps->count = first;
    }
    session->kvm->traps += traps->count - first;
    append(session, traps, first);
}

bool recorder_kvm_traps_is_access(uint64_t class)
{
    return class == CLASS_DATA_ABORT;
}

bool recorder_kvm_traps_has_stores(const struct recorder_kvm_traps *traps)
{
    return traps->store_count;
}

bool recorder_kvm_traps_leave_out_store(struct recorder_kvm_traps *traps, uint64_t pc)
{
    size_t i;

    for (i = 0; i < traps->store_count; i++) {
        if (traps->stores[i] == pc) {
            return true;
        }
    }
    if (traps->store_count == MAX_STORES) {
        return false;
    }
    traps->stores[traps->store_count++] = pc;
    if (!set_filter(traps)) {
        traps->store_count--;
        return false;
    }
    return true;
}

void recorder_kvm_traps_repeat(struct recorder_session *session,
                               const struct recorder_kvm_traps *traps)
{
    append(session, traps, 0);
}

void recorder_kvm_traps_forget(struct recorder_kvm_traps *traps)
{
    size_t count = traps->count, store_count = traps->store_count;

    traps->wanted = false;
    traps->count = traps->store_count = 0;
    memset(traps->candidates, 0, sizeof(traps->candidates));
    if ((count || store_count) && !set_filter(traps)) {
        traps->count = count;
        traps->store_count = store_count;
    }
}

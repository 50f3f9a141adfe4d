/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include <time.h>
#include "cpu.h"
#include "exec/address-spaces.h"
#include "hw/intc/arm_gic_common.h"
#include "hw/virtio/virtio-mmio.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "system/kvm.h"
#include "system/kvm_int.h"
#include "standard-headers/linux/virtio_mmio.h"
#include "ebb/recorder/events.h"
#include "ebb/recorder/region_address.h"
#include "count.h"
#include "state.h"
#include "stores.h"
#include "trace.h"

#define GICC_IAR 0xc
#define GICC_EOIR 0x10
#define NO_INTERRUPT 1023
#define IDLE_PRIORITY 0x100 /* of a GIC on whose CPU no interrupt is active */

#define MAX_STORES 8u
#define NESTED 4u /* interrupts inside one another; what is deeper is not looked at */
#define OFTEN 64u
/* An interrupt that waits for the end of another one comes so much later at most. It is Linux' way
 * to look for the next one right behind the end, which takes far less. */
#define SHORT_PATIENCE_NS 50000
#define LONG_PATIENCE_NS 10000000

struct store {
    uint64_t address;
    uint64_t pc; /* that it came from last; 0: one whose exits are left out already */
    unsigned seen;
    bool coalesced;
};

struct recorder_kvm_stores {
    struct kvm_coalesced_mmio_ring *ring;
    uint32_t ring_length;
    GICState *gic;
    MemoryRegion *gic_interface;
    uint64_t acknowledge;    /* the address of GICC_IAR */
    bool acknowledging;      /* it was read by the access of the moment */
    uint16_t active[NESTED]; /* what it told */
    unsigned next;
    timer_t timer;
    bool armed;
    uint64_t armed_at; /* the count where it was last */
    int64_t patience_ns;
    struct store list[MAX_STORES];
    size_t count, coalesced;
};

static bool create_timer(struct recorder_session *session, Error **errp)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIG_IPI};

    event._sigev_un._tid = CPU(session->cpu)->thread_id;
    if (timer_create(CLOCK_MONOTONIC, &event, &session->kvm->stores->timer)) {
        error_setg_errno(errp, errno, "cannot create a timer for the guest's interrupts");
        return false;
    }
    return true;
}

bool recorder_kvm_stores_prepare(struct recorder_session *session, Error **errp)
{
    int page = kvm_check_extension(kvm_state, KVM_CAP_COALESCED_MMIO);
    Object *gic = object_resolve_path_type("", "arm_gic", NULL);
    struct recorder_kvm_stores *stores;

    if (page <= 0 || !gic || !session->kvm->counts_exits) {
        return true;
    }
    stores = session->kvm->stores = g_new0(struct recorder_kvm_stores, 1);
    stores->ring =
        (void *)((uint8_t *)CPU(session->cpu)->kvm_run + page * qemu_real_host_page_size());
    /* KVM_COALESCED_MMIO_MAX, which has a kernel's name in it. */
    stores->ring_length = (qemu_real_host_page_size() - sizeof(*stores->ring)) /
                          sizeof(stores->ring->coalesced_mmio[0]);
    /* QEMU would empty it from any thread, whenever a device moves in the address space. */
    kvm_state->coalesced_mmio_ring = NULL;
    stores->gic = (GICState *)gic;
    stores->gic_interface = sysbus_mmio_get_region(SYS_BUS_DEVICE(gic), 1);
    if (recorder_region_address(stores->gic_interface, &stores->acknowledge)) {
        stores->acknowledge += GICC_IAR;
    }
    return create_timer(session, errp);
}

static bool set_zone(uint64_t address, bool coalesced)
{
    struct kvm_coalesced_mmio_zone zone = {.addr = address, .size = 4};

    return kvm_vm_ioctl(kvm_state,
                        coalesced ? KVM_REGISTER_COALESCED_MMIO : KVM_UNREGISTER_COALESCED_MMIO,
                        &zone) == 0;
}

/* True if what is stored there may take effect later. */
static bool may_wait(const struct recorder_kvm_stores *stores, uint64_t address)
{
    MemoryRegionSection section = memory_region_find(get_system_memory(), address, 4);
    bool may = false;

    if (section.mr) {
        may = section.mr == stores->gic_interface
                  ? section.offset_within_region == GICC_EOIR
                  : object_dynamic_cast(memory_region_owner(section.mr), TYPE_VIRTIO_MMIO) &&
                        section.offset_within_region == VIRTIO_MMIO_INTERRUPT_ACK;
        memory_region_unref(section.mr);
    }
    return may;
}

static struct store *find_store(struct recorder_kvm_stores *stores, uint64_t address)
{
    size_t i;

    for (i = 0; i < stores->count; i++) {
        if (stores->list[i].address == address) {
            return &stores->list[i];
        }
    }
    if (stores->count == MAX_STORES || !may_wait(stores, address)) {
        return NULL;
    }
    stores->list[stores->count] = (struct store){.address = address};
    return &stores->list[stores->count++];
}

void recorder_kvm_stores_see(struct recorder_session *session, uint64_t address)
{
    struct recorder_kvm_stores *stores = session->kvm->stores;
    struct store *store;
    uint64_t pc;

    if (!stores || !recorder_kvm_trace_last(session, &pc)) {
        return;
    }
    store = find_store(stores, address);
    if (!store || store->coalesced) {
        return;
    }
    store->seen = store->pc == pc ? store->seen + 1 : 0;
    store->pc = pc;
    if (store->seen >= OFTEN && (!pc || recorder_kvm_trace_leave_out_store(session, pc))) {
        store->coalesced = set_zone(address, true);
        stores->coalesced += store->coalesced;
        store->seen = 0;
    }
}

bool recorder_kvm_stores_wait(const struct recorder_session *session)
{
    const struct recorder_kvm_stores *stores = session->kvm->stores;

    return stores && stores->ring->first != qatomic_load_acquire(&stores->ring->last);
}

static uint32_t behind(const struct recorder_kvm_stores *stores, uint32_t index)
{
    return (index + 1) % stores->ring_length;
}

void recorder_kvm_stores_append(struct recorder_session *session)
{
    const struct recorder_kvm_stores *stores = session->kvm->stores;
    const struct kvm_coalesced_mmio_ring *ring;
    uint32_t i;

    if (!recorder_kvm_stores_wait(session)) {
        return;
    }
    ring = stores->ring;
    for (i = ring->first; i != ring->last && recorder_state_is_recording(session);
         i = behind(stores, i)) {
        const struct kvm_coalesced_mmio *store = &ring->coalesced_mmio[i];
        struct ebb_event event = {
            .kind = EBB_EVENT_MMIO_WRITE,
            .flags = EBB_EVENT_COALESCED,
            .position = session->kvm->count,
            .address = store->phys_addr,
            .value = ldn_le_p(store->data, store->len),
            .size = store->len,
        };

        recorder_events_append(session, &event);
    }
}

void recorder_kvm_stores_perform(struct recorder_session *session)
{
    while (recorder_kvm_stores_wait(session)) {
        const struct recorder_kvm_stores *stores = session->kvm->stores;
        struct kvm_coalesced_mmio_ring *ring = stores->ring;
        struct kvm_coalesced_mmio store = ring->coalesced_mmio[ring->first];

        /* Free before it takes effect, which may have QEMU look for what is left in the ring. */
        qatomic_store_release(&ring->first, behind(stores, ring->first));
        address_space_write(&address_space_memory, store.phys_addr, MEMTXATTRS_UNSPECIFIED,
                            store.data, store.len);
        session->kvm->exits[RECORDER_KVM_COALESCED]++;
    }
}

void recorder_kvm_stores_settle(struct recorder_session *session)
{
    if (recorder_kvm_stores_wait(session)) {
        bql_lock();
        recorder_kvm_stores_append(session);
        recorder_kvm_stores_perform(session);
        bql_unlock();
    }
}

void recorder_kvm_stores_see_load(struct recorder_session *session, uint64_t address,
                                  uint64_t value)
{
    struct recorder_kvm_stores *stores = session->kvm->stores;

    if (stores && address == stores->acknowledge) {
        stores->acknowledging = true;
        stores->active[stores->next++ % NESTED] = value % (NO_INTERRUPT + 1);
    }
}

static void set_timer(struct recorder_kvm_stores *stores, int64_t ns)
{
    struct itimerspec setting = {.it_value.tv_nsec = ns};

    timer_settime(stores->timer, 0, &setting, NULL);
    stores->armed = ns;
}

static bool is_again(const gic_irq_state *state)
{
    unsigned level = state->edge_trigger ? 0 : state->level;

    return state->active & state->enabled & (state->pending | level) & 1;
}

/* Whether one of the interrupts that are active is pending as well. */
static bool is_any_again(const struct recorder_kvm_stores *stores)
{
    size_t i;

    for (i = 0; i < NESTED; i++) {
        if (stores->active[i] < stores->gic->num_irq &&
            is_again(&stores->gic->irq_state[stores->active[i]])) {
            return true;
        }
    }
    return false;
}

/* Whether an interrupt could be taken but for one that is active: another one, or itself again.
 * Right behind its acknowledgement it is pending still. */
static bool interrupt_waits(const struct recorder_kvm_stores *stores)
{
    return stores->gic->running_priority[0] != IDLE_PRIORITY &&
           (stores->gic->current_pending[0] != NO_INTERRUPT ||
            (!stores->acknowledging && is_any_again(stores)));
}

/* A host that is busy may be so slow to enter the guest that the time is over by then. */
static int64_t patience(struct recorder_session *session)
{
    struct recorder_kvm_stores *stores = session->kvm->stores;
    uint64_t count = 0;
    bool moved = !recorder_kvm_count_noted(session, &count) || count != stores->armed_at;

    stores->armed_at = count;
    stores->patience_ns =
        moved ? SHORT_PATIENCE_NS : MIN(2 * stores->patience_ns, LONG_PATIENCE_NS);
    return stores->patience_ns;
}

void recorder_kvm_stores_enter(struct recorder_session *session)
{
    struct recorder_kvm_stores *stores = session->kvm->stores;

    if (!stores) {
        return;
    }
    if (stores->coalesced && interrupt_waits(stores)) {
        set_timer(stores, patience(session));
    } else if (stores->armed) {
        set_timer(stores, 0);
    }
    stores->acknowledging = false;
}

void recorder_kvm_stores_forget(struct recorder_session *session)
{
    struct recorder_kvm_stores *stores = session->kvm->stores;
    size_t i;

    for (i = 0; stores && i < stores->count; i++) {
        if (stores->list[i].coalesced) {
            set_zone(stores->list[i].address, false);
        }
    }
    if (stores) {
        stores->count = stores->coalesced = 0;
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory-mapped generic timer of the Arm architecture (Arm ARM, I2 and I5): CNTCTLBase and one
 * CNTBase frame with a physical and a virtual timer, as Linux' arm,armv7-timer-mem driver uses
 * them.
 *
 * It takes the place of the CPU's own timers while recording: time becomes MMIO, which KVM shows to
 * QEMU and the CPU's system registers are not.
 */
#ifndef EBB_DEVICES_MMIO_TIMER_H
#define EBB_DEVICES_MMIO_TIMER_H

#include "hw/sysbus.h"
#include "qemu/timer.h"
#include "qom/object.h"
#include "ebb/counter/access.h"

#define TYPE_EBB_MMIO_TIMER "ebb-mmio-timer"
OBJECT_DECLARE_SIMPLE_TYPE(EbbMmioTimer, EBB_MMIO_TIMER)

/* 62.5 MHz, the frequency of the machine virt: a tick is a whole number of nanoseconds. */
#define EBB_MMIO_TIMER_TICK_NS 16
#define EBB_MMIO_TIMER_HZ (NANOSECONDS_PER_SECOND / EBB_MMIO_TIMER_TICK_NS)

#define EBB_MMIO_TIMER_REGION_SIZE 0x1000 /* of each of the two regions */

/* Distance of the frame from CNTCTLBase: guests may use pages of 64 KiB. */
#define EBB_MMIO_TIMER_FRAME_OFFSET 0x10000

/* Registers of the frame that hold the counter; each has its upper word behind it. */
#define EBB_MMIO_TIMER_CNTPCT 0x00
#define EBB_MMIO_TIMER_CNTVCT 0x08

/* Where in the frame an SP804 is, if the machine has one, and its frequency. */
#define EBB_SP804_OFFSET 0x800
#define EBB_SP804_SIZE 0x100
#define EBB_SP804_HZ 1000000

/* The rights that CNTACR gives, of which the counters' are looked at here. */
#define EBB_MMIO_TIMER_RPCT (1u << 0)
#define EBB_MMIO_TIMER_RVCT (1u << 1)

struct ebb_timer {
    EbbMmioTimer *owner;
    QEMUTimer *expiry; /* without an alarm */
    int64_t change_ns; /* when the condition next changes; INT64_MAX: never */
    qemu_irq irq;
    uint64_t compare; /* CVAL, in ticks */
    uint32_t control; /* CTL without ISTATUS, which follows from the rest */
    bool is_virtual;
};

struct EbbMmioTimer {
    SysBusDevice parent;
    MemoryRegion control_region, frame_region;
    MemoryRegion page;   /* over the frame once ebb_mmio_timer_show() was called */
    uint8_t *page_bytes; /* its contents; NULL before */
    bool changed;        /* the frame has, by other means than time, since the page was brought up
                            to date */
    bool counts_changed; /* the counters have, or a timer has fired: the page is to tell the time */
    uint64_t shown;      /* ticks: the time that the page tells */
    MemoryRegion *sp804; /* NULL: there is none */
    hwaddr frame_address;                    /* guest-physical */
    void (*alarm)(void *opaque, int64_t ns); /* NULL: QEMU's main loop watches the time */
    void *alarm_opaque;
    uint64_t now; /* ticks: the time of the access that is being handled */
    struct ebb_timer physical, virtual;
    uint64_t virtual_offset; /* CNTVOFF: what CNTVCT is behind CNTPCT, in ticks */
    uint32_t access;         /* CNTACR0 */
    char *clock;             /* the property guest-clock; NULL: not given */
    bool of_cpu;             /* ebb_mmio_timer_give_to_cpu() was called */
    bool driver_missing;     /* the kernel is one of which it would be known */
    bool was_set;            /* the guest has written to a register of a timer, if ever */
};

/* Creates a machine's timer, which is one of the two that follow. */
EbbMmioTimer *ebb_mmio_timer_create(void);

/*
 * Memory-mapped: CNTCTLBase at guest-physical address, the frame behind it, the physical timer at
 * the GIC's shared interrupt spi, the virtual one at spi + 1.
 */
void ebb_mmio_timer_map(EbbMmioTimer *timer, hwaddr address, DeviceState *gic, int spi);

/*
 * In the place of the CPU's own timers, with their interrupts: who meets the guest's accesses to
 * their system registers calls the two functions behind it. With the BQL, but for reads
 * of a counter, which any thread may do. A read of less than 64 bits is extended with zeroes.
 */
void ebb_mmio_timer_give_to_cpu(EbbMmioTimer *timer, qemu_irq physical, qemu_irq virtual);
uint64_t ebb_mmio_timer_read_register(EbbMmioTimer *timer, const struct counter_access *access);
void ebb_mmio_timer_write_register(EbbMmioTimer *timer, const struct counter_access *access,
                                   uint64_t value);

/*
 * Puts an SP804 dual timer at EBB_SP804_OFFSET of the frame, for guests that take the generic timer
 * late or not at all. With the BQL, before the guest runs.
 */
void ebb_mmio_timer_add_sp804(EbbMmioTimer *timer, qemu_irq irq);

/* The machine's timer, or NULL. With the BQL; the result may be kept, a machine does not lose it.
 */
EbbMmioTimer *ebb_mmio_timer_find(void);

/*
 * From now on the guest's loads from the frame read memory, the page, which holds the registers'
 * values of the last ebb_mmio_timer_refresh(); stores go to the device as before. Under KVM loads
 * do not leave the guest then. With the BQL, once, before the guest runs; false with *errp set if
 * there is no memory for it.
 */
bool ebb_mmio_timer_show(EbbMmioTimer *timer, Error **errp);

/*
 * Brings the page up to date, and tells of each stretch of bytes that has changed. With the BQL,
 * while the guest does not run. The second one leaves the generic timer's time as it is, and the
 * counters' bytes, which is for when counts_changed is false: what the guest has set is shown, and
 * no more. (An SP804 has a time of its own, which goes on.)
 */
void ebb_mmio_timer_refresh(EbbMmioTimer *timer,
                            void (*changed)(EbbMmioTimer *timer, hwaddr offset, hwaddr length));
void ebb_mmio_timer_show_settings(EbbMmioTimer *timer,
                                  void (*changed)(EbbMmioTimer *timer, hwaddr offset,
                                                  hwaddr length));

/*
 * From now on somebody else watches the time: alarm is called, with the BQL, whenever the next time
 * (ns of QEMU_CLOCK_VIRTUAL, INT64_MAX for none) may have changed at which ebb_mmio_timer_expire()
 * has to be called.
 */
void ebb_mmio_timer_set_alarm(EbbMmioTimer *timer, void (*alarm)(void *opaque, int64_t ns),
                              void *opaque);

/* Does what is due by now: moves the interrupt lines of timers that have fired. With the BQL. */
void ebb_mmio_timer_expire(EbbMmioTimer *timer);

/* Ticks of QEMU_CLOCK_VIRTUAL. Any thread, no lock. */
static inline uint64_t ebb_mmio_timer_ticks(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / EBB_MMIO_TIMER_TICK_NS;
}

/*
 * A load of size bytes at a guest-physical address, answered here if it is one of a counter: true
 * with *value as the load is to return it; false if it is for the memory core. For the vCPU thread
 * on a KVM_EXIT_MMIO that is not a write; needs neither the BQL nor anything of the memory core:
 *
 *     if (timer && !run->mmio.is_write &&
 *         ebb_mmio_timer_read_count(timer, run->mmio.phys_addr, run->mmio.len, &value)) {
 *         stn_le_p(run->mmio.data, run->mmio.len, value);
 *
 * Linux reads a counter as upper, lower, upper word and starts again if the upper has changed
 * (every 68 s); it never uses the 8-byte load, which is answered nevertheless.
 */
static inline bool ebb_mmio_timer_read_count(const EbbMmioTimer *timer, hwaddr address,
                                             unsigned size, uint64_t *value)
{
    hwaddr offset = address - timer->frame_address;
    bool is_virtual = offset & EBB_MMIO_TIMER_CNTVCT;
    uint64_t count;

    if (timer->of_cpu || offset >= EBB_MMIO_TIMER_CNTVCT + 8 || (size != 4 && size != 8) ||
        offset & (size - 1) ||
        !(timer->access & (is_virtual ? EBB_MMIO_TIMER_RVCT : EBB_MMIO_TIMER_RPCT))) {
        return false;
    }
    count = ebb_mmio_timer_ticks() - (is_virtual ? timer->virtual_offset : 0);
    *value = size == 8 ? count : offset & 4 ? count >> 32 : (uint32_t)count;
    return true;
}

#endif

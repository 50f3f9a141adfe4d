/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "mmio_timer.h"

/* CNTCTLBase */
#define CNTNSAR 0x04
#define CNTTIDR 0x08
#define CNTACR0 0x40
#define CNTVOFF0 0x80

#define CNTNSAR_FRAME0 1
#define CNTTIDR_FRAME0_VIRTUAL 3 /* the frame exists, and has the virtual timer */

/* Both; the frame's counters are in the header. */
#define CONTROL_CNTFRQ 0x00
#define FRAME_CNTFRQ 0x10
#define FRAME_CNTVOFF 0x18

/* The physical timer's registers; the virtual timer's follow. */
#define TIMERS 0x20
#define TIMER_STRIDE 0x10
#define TIMER_CVAL 0x0
#define TIMER_TVAL 0x8
#define TIMER_CTL 0xc
#define REGISTERS_SIZE 0x40

/* The SP804 (its technical reference manual, DDI 0271, 3.2): two timers, one behind the other. */
#define SP804_LOAD 0x00
#define SP804_VALUE 0x04
#define SP804_CONTROL 0x08
#define SP804_RIS 0x10
#define SP804_MIS 0x14
#define SP804_BGLOAD 0x18
#define SP804_STRIDE 0x20
#define SP804_ENABLE 0x80u

#define CTL_ENABLE 1u
#define CTL_IMASK 2u
#define CTL_ISTATUS 4u

#define ACCESS_RFRQ (1u << 2)
#define ACCESS_RVOFF (1u << 3)
#define ACCESS_RWVT (1u << 4)
#define ACCESS_RWPT (1u << 5)
#define ACCESS_ALL 0x3fu

static uint64_t timer_offset(const struct ebb_timer *timer)
{
    return timer->is_virtual ? timer->owner->virtual_offset : 0;
}

static uint64_t timer_count(const struct ebb_timer *timer)
{
    return timer->owner->now - timer_offset(timer);
}

/* The timer's condition, were it enabled. */
static bool compare_reached(const struct ebb_timer *timer)
{
    return timer_count(timer) >= timer->compare;
}

static bool condition_met(const struct ebb_timer *timer)
{
    return timer->control & CTL_ENABLE && compare_reached(timer);
}

/* The time at which the condition next changes, the end of time if that is beyond it. */
static int64_t next_change_ns(const struct ebb_timer *timer)
{
    uint64_t now = timer->owner->now, count = timer_count(timer), left;

    if (!compare_reached(timer)) {
        left = timer->compare - count;
    } else if (timer_offset(timer) > now) {
        left = -count; /* a virtual counter that is below zero */
    } else {
        return INT64_MAX;
    }
    return left < INT64_MAX / EBB_MMIO_TIMER_TICK_NS - now ? (now + left) * EBB_MMIO_TIMER_TICK_NS
                                                           : INT64_MAX;
}

static void watch_time(struct ebb_timer *timer)
{
    EbbMmioTimer *s = timer->owner;

    if (s->alarm) {
        s->alarm(s->alarm_opaque, MIN(s->physical.change_ns, s->virtual.change_ns));
    } else if (timer->change_ns != INT64_MAX) {
        timer_mod_ns(timer->expiry, timer->change_ns);
    } else {
        timer_del(timer->expiry);
    }
}

/* To be called after each change of what the interrupt depends on, time included. */
static void timer_update(struct ebb_timer *timer)
{
    timer->change_ns = timer->control & CTL_ENABLE ? next_change_ns(timer) : INT64_MAX;
    watch_time(timer);
    timer->owner->changed = true;
    timer->owner->counts_changed |= condition_met(timer);
    qemu_set_irq(timer->irq, condition_met(timer) && !(timer->control & CTL_IMASK));
}

static void look_at_clock(EbbMmioTimer *s)
{
    s->now = ebb_mmio_timer_ticks();
}

static void condition_changed(void *opaque)
{
    struct ebb_timer *timer = opaque;

    look_at_clock(timer->owner);
    timer_update(timer);
}

static uint64_t timer_read(const struct ebb_timer *timer, hwaddr offset)
{
    switch (offset) {
    case TIMER_CVAL:
        return timer->compare;
    case TIMER_TVAL:
        return (uint32_t)(timer->compare - timer_count(timer));
    case TIMER_CTL:
        return timer->control | (condition_met(timer) ? CTL_ISTATUS : 0);
    default:
        g_assert_not_reached();
    }
}

static void timer_write(struct ebb_timer *timer, hwaddr offset, uint64_t value)
{
    timer->owner->was_set = true;
    switch (offset) {
    case TIMER_CVAL:
        timer->compare = value;
        break;
    case TIMER_TVAL:
        timer->compare = timer_count(timer) + (int32_t)value;
        break;
    case TIMER_CTL:
        timer->control = value & (CTL_ENABLE | CTL_IMASK);
        break;
    default:
        g_assert_not_reached();
    }
    timer_update(timer);
}

/* A register, however much of it an access takes in. */
struct place {
    hwaddr offset; /* of the register's first byte */
    unsigned size; /* 4 or 8 */
};

/* Whether it is a register of a timer: which, and where in it. */
static struct ebb_timer *timer_at(EbbMmioTimer *s, hwaddr offset, hwaddr *in_timer)
{
    if (offset < TIMERS || offset >= TIMERS + 2 * TIMER_STRIDE) {
        return NULL;
    }
    *in_timer = offset % TIMER_STRIDE;
    return offset < TIMERS + TIMER_STRIDE ? &s->physical : &s->virtual;
}

static struct place frame_place(hwaddr offset)
{
    bool is_timer = offset >= TIMERS && offset < TIMERS + 2 * TIMER_STRIDE;
    bool wide = offset < FRAME_CNTFRQ || (offset & ~7ULL) == FRAME_CNTVOFF ||
                (is_timer && offset % TIMER_STRIDE < TIMER_TVAL);

    return (struct place){.offset = wide ? offset & ~7ULL : offset & ~3ULL, .size = wide ? 8 : 4};
}

static uint64_t frame_register(EbbMmioTimer *s, hwaddr offset)
{
    hwaddr in_timer;
    struct ebb_timer *timer = timer_at(s, offset, &in_timer);

    if (timer) {
        return s->access & (timer->is_virtual ? ACCESS_RWVT : ACCESS_RWPT)
                   ? timer_read(timer, in_timer)
                   : 0;
    }
    switch (offset) {
    case EBB_MMIO_TIMER_CNTPCT:
        return s->access & EBB_MMIO_TIMER_RPCT ? timer_count(&s->physical) : 0;
    case EBB_MMIO_TIMER_CNTVCT:
        return s->access & EBB_MMIO_TIMER_RVCT ? timer_count(&s->virtual) : 0;
    case FRAME_CNTFRQ:
        return s->access & ACCESS_RFRQ ? EBB_MMIO_TIMER_HZ : 0;
    case FRAME_CNTVOFF:
        return s->access & ACCESS_RVOFF ? s->virtual_offset : 0;
    default:
        return 0;
    }
}

static void frame_set_register(EbbMmioTimer *s, hwaddr offset, uint64_t value)
{
    hwaddr in_timer;
    struct ebb_timer *timer = timer_at(s, offset, &in_timer);

    if (!timer) {
        qemu_log_mask(LOG_GUEST_ERROR, "CNTBase: write of a read-only register at 0x%" PRIx64 "\n",
                      offset);
    } else if (s->access & (timer->is_virtual ? ACCESS_RWVT : ACCESS_RWPT)) {
        timer_write(timer, in_timer, value);
    }
}

static struct place control_place(hwaddr offset)
{
    bool wide = (offset & ~7ULL) == CNTVOFF0;

    return (struct place){.offset = wide ? CNTVOFF0 : offset & ~3ULL, .size = wide ? 8 : 4};
}

static uint64_t control_register(EbbMmioTimer *s, hwaddr offset)
{
    switch (offset) {
    case CONTROL_CNTFRQ:
        return EBB_MMIO_TIMER_HZ;
    case CNTNSAR:
        return CNTNSAR_FRAME0;
    case CNTTIDR:
        return CNTTIDR_FRAME0_VIRTUAL;
    case CNTACR0:
        return s->access;
    case CNTVOFF0:
        return s->virtual_offset;
    default:
        return 0;
    }
}

static void control_set_register(EbbMmioTimer *s, hwaddr offset, uint64_t value)
{
    switch (offset) {
    case CNTACR0:
        s->access = value & ACCESS_ALL;
        s->changed = s->counts_changed = true;
        break;
    case CNTVOFF0:
        s->virtual_offset = value;
        s->counts_changed = true;
        timer_update(&s->virtual);
        break;
    case CNTNSAR:
        break; /* the frame is always accessible to the non-secure state */
    default:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "CNTCTLBase: write of a read-only register at 0x%" PRIx64 "\n", offset);
        break;
    }
}

/*
 * An access of 4 or 8 bytes, aligned. It is one to a 64-bit register, which is read and written as
 * a whole, or half of one, or one to each 32-bit register that it covers.
 */
struct frame_functions {
    struct place (*place)(hwaddr offset);
    uint64_t (*get)(EbbMmioTimer *s, hwaddr offset);
    void (*set)(EbbMmioTimer *s, hwaddr offset, uint64_t value);
};

static uint64_t registers_read(EbbMmioTimer *s, const struct frame_functions *frame, hwaddr offset,
                               unsigned size)
{
    struct place place = frame->place(offset);
    uint64_t value = frame->get(s, place.offset);

    if (size <= place.size) {
        return size == 8 ? value : extract64(value, (offset - place.offset) * 8, 32);
    }
    return value | registers_read(s, frame, offset + 4, 4) << 32;
}

static void registers_write(EbbMmioTimer *s, const struct frame_functions *frame, hwaddr offset,
                            uint64_t value, unsigned size)
{
    struct place place = frame->place(offset);

    if (size > place.size) {
        frame->set(s, offset, (uint32_t)value);
        registers_write(s, frame, offset + 4, value >> 32, 4);
        return;
    }
    if (size < place.size) {
        unsigned shift = (offset - place.offset) * 8;

        value = deposit64(frame->get(s, place.offset), shift, 32, value);
    }
    frame->set(s, place.offset, value);
}

static const struct frame_functions control_functions = {
    .place = control_place, .get = control_register, .set = control_set_register};

static const struct frame_functions frame_functions = {
    .place = frame_place, .get = frame_register, .set = frame_set_register};

static uint64_t control_read(void *opaque, hwaddr offset, unsigned size)
{
    look_at_clock(opaque);
    return registers_read(opaque, &control_functions, offset, size);
}

static void control_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    look_at_clock(opaque);
    registers_write(opaque, &control_functions, offset, value, size);
}

/* The SP804 takes a part of the frame, so that one page shows the time of both. */
static bool is_sp804(const EbbMmioTimer *s, hwaddr offset)
{
    return s->sp804 && offset >= EBB_SP804_OFFSET;
}

static uint64_t sp804_read(EbbMmioTimer *s, hwaddr offset, unsigned size)
{
    uint64_t value = 0;

    memory_region_dispatch_read(s->sp804, offset - EBB_SP804_OFFSET, &value,
                                size_memop(size) | MO_LE, MEMTXATTRS_UNSPECIFIED);
    return value;
}

static void sp804_write(EbbMmioTimer *s, hwaddr offset, uint64_t value, unsigned size)
{
    memory_region_dispatch_write(s->sp804, offset - EBB_SP804_OFFSET, value,
                                 size_memop(size) | MO_LE, MEMTXATTRS_UNSPECIFIED);
    s->changed = true;
    s->was_set = true;
}

static uint64_t frame_read(void *opaque, hwaddr offset, unsigned size)
{
    look_at_clock(opaque);
    return is_sp804(opaque, offset) ? sp804_read(opaque, offset, size)
                                    : registers_read(opaque, &frame_functions, offset, size);
}

static void frame_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    look_at_clock(opaque);
    if (is_sp804(opaque, offset)) {
        sp804_write(opaque, offset, value, size);
    } else {
        registers_write(opaque, &frame_functions, offset, value, size);
    }
}

static const MemoryRegionOps control_ops = {
    .read = control_read,
    .write = control_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 4, .max_access_size = 8},
    .impl = {.min_access_size = 4, .max_access_size = 8},
};

static const MemoryRegionOps frame_ops = {
    .read = frame_read,
    .write = frame_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 4, .max_access_size = 8},
    .impl = {.min_access_size = 4, .max_access_size = 8},
};

static void timer_init_part(EbbMmioTimer *s, struct ebb_timer *timer, bool is_virtual)
{
    timer->owner = s;
    timer->is_virtual = is_virtual;
    timer->change_ns = INT64_MAX;
    timer->expiry = timer_new_ns(QEMU_CLOCK_VIRTUAL, condition_changed, timer);
    sysbus_init_irq(SYS_BUS_DEVICE(s), &timer->irq);
}

static void mmio_timer_init(Object *object)
{
    EbbMmioTimer *s = EBB_MMIO_TIMER(object);

    memory_region_init_io(&s->control_region, object, &control_ops, s, "cntctlbase",
                          EBB_MMIO_TIMER_REGION_SIZE);
    memory_region_init_io(&s->frame_region, object, &frame_ops, s, "cntbase0",
                          EBB_MMIO_TIMER_REGION_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->control_region);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->frame_region);
    timer_init_part(s, &s->physical, false);
    timer_init_part(s, &s->virtual, true);
}

static void mmio_timer_finalize(Object *object)
{
    EbbMmioTimer *s = EBB_MMIO_TIMER(object);

    timer_free(s->physical.expiry);
    timer_free(s->virtual.expiry);
}

static void mmio_timer_reset_enter(Object *object, ResetType type)
{
    EbbMmioTimer *s = EBB_MMIO_TIMER(object);

    /* The architecture leaves the rights open: a guest that knows only the frame has them all. */
    s->access = ACCESS_ALL;
    s->virtual_offset = 0;
    s->physical.compare = s->virtual.compare = 0;
    s->physical.control = s->virtual.control = 0;
}

static void mmio_timer_reset_hold(Object *object, ResetType type)
{
    EbbMmioTimer *s = EBB_MMIO_TIMER(object);

    look_at_clock(s);
    s->counts_changed = true;
    timer_update(&s->physical);
    timer_update(&s->virtual);
}

static int mmio_timer_post_load(void *opaque, int version)
{
    EbbMmioTimer *s = opaque;

    look_at_clock(s);
    timer_update(&s->physical);
    timer_update(&s->virtual);
    return 0;
}

static const VMStateDescription mmio_timer_vmstate = {
    .name = TYPE_EBB_MMIO_TIMER,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = mmio_timer_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(access, EbbMmioTimer),
            VMSTATE_UINT64(virtual_offset, EbbMmioTimer),
            VMSTATE_UINT64(physical.compare, EbbMmioTimer),
            VMSTATE_UINT32(physical.control, EbbMmioTimer),
            VMSTATE_UINT64(virtual.compare, EbbMmioTimer),
            VMSTATE_UINT32(virtual.control, EbbMmioTimer),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property mmio_timer_properties[] = {
    DEFINE_PROP_STRING("guest-clock", EbbMmioTimer, clock),
};

static void mmio_timer_class_init(ObjectClass *class, void *data)
{
    DeviceClass *device = DEVICE_CLASS(class);
    ResettableClass *resettable = RESETTABLE_CLASS(class);

    device->desc = "Memory-mapped generic timer";
    device->vmsd = &mmio_timer_vmstate;
    device_class_set_props(device, mmio_timer_properties);
    resettable->phases.enter = mmio_timer_reset_enter;
    resettable->phases.hold = mmio_timer_reset_hold;
    set_bit(DEVICE_CATEGORY_MISC, device->categories);
}

static const TypeInfo mmio_timer_info = {
    .name = TYPE_EBB_MMIO_TIMER,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(EbbMmioTimer),
    .instance_init = mmio_timer_init,
    .instance_finalize = mmio_timer_finalize,
    .class_init = mmio_timer_class_init,
};

EbbMmioTimer *ebb_mmio_timer_create(void)
{
    DeviceState *device = qdev_new(TYPE_EBB_MMIO_TIMER);

    sysbus_realize_and_unref(SYS_BUS_DEVICE(device), &error_fatal);
    return EBB_MMIO_TIMER(device);
}

void ebb_mmio_timer_map(EbbMmioTimer *s, hwaddr address, DeviceState *gic, int spi)
{
    SysBusDevice *bus_device = SYS_BUS_DEVICE(s);

    s->frame_address = address + EBB_MMIO_TIMER_FRAME_OFFSET;
    sysbus_mmio_map(bus_device, 0, address);
    sysbus_mmio_map(bus_device, 1, s->frame_address);
    sysbus_connect_irq(bus_device, 0, qdev_get_gpio_in(gic, spi));
    sysbus_connect_irq(bus_device, 1, qdev_get_gpio_in(gic, spi + 1));
}

void ebb_mmio_timer_give_to_cpu(EbbMmioTimer *s, qemu_irq physical, qemu_irq virtual)
{
    s->of_cpu = true;
    sysbus_connect_irq(SYS_BUS_DEVICE(s), 0, physical);
    sysbus_connect_irq(SYS_BUS_DEVICE(s), 1, virtual);
}

/* The register in a timer of the frame that is the CPU's register. */
static hwaddr timer_offset_of(enum counter_register reg)
{
    switch (reg) {
    case COUNTER_COMPARE:
        return TIMER_CVAL;
    case COUNTER_TIMER_VALUE:
        return TIMER_TVAL;
    case COUNTER_CONTROL:
        return TIMER_CTL;
    default:
        g_assert_not_reached();
    }
}

uint64_t ebb_mmio_timer_read_register(EbbMmioTimer *s, const struct counter_access *access)
{
    if (access->reg == COUNTER_COUNT) {
        return ebb_mmio_timer_ticks();
    }
    if (access->reg == COUNTER_FREQUENCY) {
        return EBB_MMIO_TIMER_HZ;
    }
    look_at_clock(s);
    return timer_read(access->physical ? &s->physical : &s->virtual, timer_offset_of(access->reg));
}

void ebb_mmio_timer_write_register(EbbMmioTimer *s, const struct counter_access *access,
                                   uint64_t value)
{
    look_at_clock(s);
    timer_write(access->physical ? &s->physical : &s->virtual, timer_offset_of(access->reg), value);
}

void ebb_mmio_timer_add_sp804(EbbMmioTimer *s, qemu_irq irq)
{
    DeviceState *device = qdev_new("sp804");
    SysBusDevice *bus_device = SYS_BUS_DEVICE(device);

    qdev_prop_set_uint32(device, "freq0", EBB_SP804_HZ);
    qdev_prop_set_uint32(device, "freq1", EBB_SP804_HZ);
    sysbus_realize_and_unref(bus_device, &error_fatal);
    sysbus_connect_irq(bus_device, 0, irq);
    s->sp804 = sysbus_mmio_get_region(bus_device, 0);
}

void ebb_mmio_timer_set_alarm(EbbMmioTimer *s, void (*alarm)(void *opaque, int64_t ns),
                              void *opaque)
{
    timer_del(s->physical.expiry);
    timer_del(s->virtual.expiry);
    s->alarm = alarm;
    s->alarm_opaque = opaque;
    watch_time(&s->physical);
}

void ebb_mmio_timer_expire(EbbMmioTimer *s)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    if (now < MIN(s->physical.change_ns, s->virtual.change_ns)) {
        return;
    }
    look_at_clock(s);
    if (now >= s->physical.change_ns) {
        timer_update(&s->physical);
    }
    if (now >= s->virtual.change_ns) {
        timer_update(&s->virtual);
    }
}

bool ebb_mmio_timer_show(EbbMmioTimer *s, Error **errp)
{
    uint64_t size = MAX(EBB_MMIO_TIMER_REGION_SIZE, qemu_real_host_page_size());

    if (!memory_region_init_rom_device_nomigrate(&s->page, OBJECT(s), &frame_ops, s, "timer-page",
                                                 size, errp)) {
        return false;
    }
    s->page_bytes = memory_region_get_ram_ptr(&s->page);
    s->changed = true;
    ebb_mmio_timer_refresh(s, NULL);
    memory_region_add_subregion_overlap(get_system_memory(), s->frame_address, &s->page, 1);
    return true;
}

/* What has changed in the page and was not told yet: [start, end). */
struct stretch {
    EbbMmioTimer *timer;
    void (*changed)(EbbMmioTimer *s, hwaddr offset, hwaddr length);
    hwaddr start, end;
};

static void tell(struct stretch *stretch)
{
    if (stretch->end && stretch->changed) {
        stretch->changed(stretch->timer, stretch->start, stretch->end - stretch->start);
    }
    stretch->end = 0;
}

/* Two words are one stretch if telling of what is between them costs less than another one: an
 * event in the log takes about a thousand instructions, and what does not change is compressed
 * well. So the counters and the TVAL of both timers are one. */
#define NEAR 32

static void show_word(struct stretch *stretch, hwaddr offset, uint32_t value)
{
    uint8_t *word = stretch->timer->page_bytes + offset;

    if (ldl_le_p(word) == value) {
        return;
    }
    stl_le_p(word, value);
    if (stretch->end && offset > stretch->end + NEAR) {
        tell(stretch);
    }
    if (!stretch->end) {
        stretch->start = offset;
    }
    stretch->end = offset + 4;
}

/* Of a timer that does not run nothing changes but by writes. */
static void show_sp804(struct stretch *stretch)
{
    static const hwaddr registers[] = {SP804_LOAD, SP804_VALUE, SP804_CONTROL,
                                       SP804_RIS,  SP804_MIS,   SP804_BGLOAD};
    EbbMmioTimer *s = stretch->timer;
    size_t i;

    for (i = 0; i < 2 * ARRAY_SIZE(registers); i++) {
        hwaddr timer = EBB_SP804_OFFSET + i / ARRAY_SIZE(registers) * SP804_STRIDE;
        hwaddr offset = timer + registers[i % ARRAY_SIZE(registers)];

        if (s->changed || ldl_le_p(s->page_bytes + timer + SP804_CONTROL) & SP804_ENABLE) {
            show_word(stretch, offset, sp804_read(s, offset, 4));
        }
    }
}

/* Whether one of two words of the frame changes with the time alone. */
static bool is_moving(hwaddr offset)
{
    return offset < FRAME_CNTFRQ || (offset >= TIMERS && offset % TIMER_STRIDE >= TIMER_TVAL);
}

/* At the time that the timer has for now. */
static void show(EbbMmioTimer *s, hwaddr start,
                 void (*changed)(EbbMmioTimer *s, hwaddr offset, hwaddr length))
{
    struct stretch stretch = {.timer = s, .changed = changed};
    hwaddr at;

    for (at = start; at < REGISTERS_SIZE; at += 8) {
        if (s->changed || is_moving(at)) {
            uint64_t words = registers_read(s, &frame_functions, at, 8);

            show_word(&stretch, at, (uint32_t)words);
            show_word(&stretch, at + 4, words >> 32);
        }
    }
    if (s->sp804) {
        show_sp804(&stretch);
    }
    tell(&stretch);
    s->changed = false;
}

void ebb_mmio_timer_refresh(EbbMmioTimer *s,
                            void (*changed)(EbbMmioTimer *s, hwaddr offset, hwaddr length))
{
    look_at_clock(s);
    s->shown = s->now;
    s->counts_changed = false;
    show(s, 0, changed);
}

void ebb_mmio_timer_show_settings(EbbMmioTimer *s,
                                  void (*changed)(EbbMmioTimer *s, hwaddr offset, hwaddr length))
{
    s->now = s->shown;
    show(s, FRAME_CNTFRQ, changed);
}

EbbMmioTimer *ebb_mmio_timer_find(void)
{
    Object *object = object_resolve_path_type("", TYPE_EBB_MMIO_TIMER, NULL);

    return object ? EBB_MMIO_TIMER(object) : NULL;
}

static void mmio_timer_register_types(void)
{
    type_register_static(&mmio_timer_info);
}

type_init(mmio_timer_register_types)

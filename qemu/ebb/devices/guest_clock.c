/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/datadir.h"
#include "cpu.h"
#include "hw/loader.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "system/device_tree.h"
#include "ebb/counter/sites.h"
#include "guest_clock.h"
#include "mmio_timer.h"

/* The interrupts of the memory-mapped timer, and behind them that of the SP804. */
#define SP804_SPI 2

/* Values of the device tree binding for the GIC's interrupts. */
#define FDT_SPI 0
#define FDT_PPI 1
#define FDT_LEVEL_HIGH 4
#define FDT_FIRST_CPU (1 << 8)

/* What all drivers of the memory-mapped timer are found by in a device tree. */
#define TIMER_COMPATIBLE "arm,armv7-timer-mem"

/* The name of the driver that takes the timer late, which is in the kernel's image. */
#define LATE_DRIVER "arch-timer-mmio"

/* A letter of both that is seldom in a kernel's image, and where they have it. */
#define SELDOM '-'
#define IN_COMPATIBLE 9
#define IN_LATE_DRIVER 4

/* The same for the CPU's own timer. */
#define CPU_TIMER_ARMV7 "arm,armv7-timer"
#define CPU_TIMER_ARMV8 "arm,armv8-timer"

/* The property of the CPU's timer for which Linux, on arm64, lets no process read the counter. */
#define CLOSING_ERRATUM "allwinner,erratum-unknown1"

/* Bytes that an unpacked kernel may have; QEMU's limit for what it loads. */
#define KERNEL_MAX LOAD_IMAGE_MAX_GUNZIP_BYTES

/* In an arm64 Image, and its magic number. */
#define LINUX_MAGIC_OFFSET 56
#define LINUX_MAGIC "ARM\x64"

/* What a kernel that QEMU's loader unpacks begins with: gzip, and a Linux that EFI unpacks. */
#define GZIP_MAGIC "\x1f\x8b"
#define ZBOOT_MAGIC_OFFSET 4
#define ZBOOT_MAGIC "zimg"

/* A kernel's image as it will be in memory. */
struct kernel {
    GMappedFile *file; /* NULL: there is none, or it cannot be read */
    uint8_t *unpacked; /* NULL: it is the file */
    const uint8_t *bytes;
    ssize_t size;
    bool has_driver; /* of the memory-mapped timer */
    bool is_late;    /* it takes the timer late */
};

static bool has_text_at(const struct kernel *kernel, ssize_t offset, const char *text, size_t size)
{
    return offset >= 0 && kernel->size - offset >= (ssize_t)size &&
           !memcmp(kernel->bytes + offset, text, size);
}

/*
 * Looks for the drivers' names, each with its final 0: once, because there are tens of megabytes,
 * and by a letter, which takes a fourth of what memmem() does.
 */
static void look_for_drivers(struct kernel *kernel)
{
    const uint8_t *end = kernel->bytes + kernel->size, *next = kernel->bytes;

    while ((next = memchr(next, SELDOM, end - next))) {
        ssize_t offset = next++ - kernel->bytes;

        kernel->has_driver |=
            has_text_at(kernel, offset - IN_COMPATIBLE, TIMER_COMPATIBLE, sizeof(TIMER_COMPATIBLE));
        kernel->is_late |=
            has_text_at(kernel, offset - IN_LATE_DRIVER, LATE_DRIVER, sizeof(LATE_DRIVER));
    }
}

/* The same steps as the machine's loader takes, for the same formats; false: there is none. */
static bool unpack(const char *name, struct kernel *kernel)
{
    if (has_text_at(kernel, 0, GZIP_MAGIC, strlen(GZIP_MAGIC))) {
        kernel->size = load_image_gzipped_buffer(name, KERNEL_MAX, &kernel->unpacked);
    } else if (has_text_at(kernel, ZBOOT_MAGIC_OFFSET, ZBOOT_MAGIC, strlen(ZBOOT_MAGIC))) {
        kernel->unpacked = g_memdup2(kernel->bytes, kernel->size);
        if (unpack_efi_zboot_image(&kernel->unpacked, &kernel->size) < 0) {
            kernel->size = -1;
        }
    } else {
        return true;
    }
    kernel->bytes = kernel->unpacked;
    return kernel->size >= 0;
}

static void close_kernel(struct kernel *kernel)
{
    if (kernel->file) {
        g_mapped_file_unref(kernel->file);
    }
    g_free(kernel->unpacked);
    *kernel = (struct kernel){0};
}

/* To be closed with close_kernel(). */
static struct kernel open_kernel(const char *name)
{
    struct kernel kernel = {.file = name ? g_mapped_file_new(name, false, NULL) : NULL};

    if (!kernel.file) {
        return kernel;
    }
    kernel.bytes = (const uint8_t *)g_mapped_file_get_contents(kernel.file);
    kernel.size = g_mapped_file_get_length(kernel.file);
    if (!kernel.bytes || !unpack(name, &kernel)) {
        close_kernel(&kernel);
        return kernel;
    }
    look_for_drivers(&kernel);
    return kernel;
}

static bool is_arm64_linux(const struct kernel *kernel)
{
    return has_text_at(kernel, LINUX_MAGIC_OFFSET, LINUX_MAGIC, strlen(LINUX_MAGIC));
}

static bool is_armv7(void)
{
    return !arm_feature(&ARM_CPU(first_cpu)->env, ARM_FEATURE_AARCH64);
}

/* Whether there is an instruction that sets a timer of the CPU. */
static bool sets_cpu_timer(const struct kernel *kernel)
{
    struct counter_image image = {
        .bytes = kernel->bytes,
        .size = kernel->size,
        .aarch64 = !is_armv7(),
        .wanted = COUNTER_WANTED_TIMERS,
    };
    struct counter_sites sites = counter_sites_find(&image);
    bool any = false;
    size_t i;

    for (i = 0; i < sites.count; i++) {
        any |= sites.sites[i].access.write;
    }
    counter_sites_free(&sites);
    return any;
}

/* Whether the guest is to have the CPU's own timer. */
static bool chooses_cpu_timer(const EbbMmioTimer *timer, const struct kernel *kernel)
{
    if (timer->clock && !g_str_equal(timer->clock, "auto")) {
        return g_str_equal(timer->clock, "registers");
    }
    return kernel->file && !kernel->has_driver && sets_cpu_timer(kernel);
}

/*
 * A timer of the CPU that has no interrupt: the kernel learns the rate of the CPU's counter from
 * it, which it needs for its delays, and does not use it otherwise. A kernel that takes the
 * memory-mapped timer early would take the CPU's counter for its clock because of this.
 */
static void describe_cpu_timer(void *fdt)
{
    qemu_fdt_add_subnode(fdt, "/timer");
    qemu_fdt_setprop_string(fdt, "/timer", "compatible", CPU_TIMER_ARMV8);
}

static void describe_mmio_timer(void *fdt, hwaddr address, hwaddr frame_size, int spi)
{
    hwaddr frame_address = address + EBB_MMIO_TIMER_FRAME_OFFSET;
    g_autofree char *node = g_strdup_printf("/timer@%" PRIx64, address);
    g_autofree char *frame = g_strdup_printf("%s/frame@%" PRIx64, node, frame_address);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", TIMER_COMPATIBLE);
    qemu_fdt_setprop_cell(fdt, node, "#address-cells", 2);
    qemu_fdt_setprop_cell(fdt, node, "#size-cells", 2);
    qemu_fdt_setprop(fdt, node, "ranges", NULL, 0);
    qemu_fdt_setprop_cell(fdt, node, "clock-frequency", EBB_MMIO_TIMER_HZ);
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, address, 2, EBB_MMIO_TIMER_REGION_SIZE);

    qemu_fdt_add_subnode(fdt, frame);
    qemu_fdt_setprop_cell(fdt, frame, "frame-number", 0);
    qemu_fdt_setprop_sized_cells(fdt, frame, "reg", 2, frame_address, 2, frame_size);
    qemu_fdt_setprop_cells(fdt, frame, "interrupts", FDT_SPI, spi, FDT_LEVEL_HIGH, FDT_SPI, spi + 1,
                           FDT_LEVEL_HIGH);
}

static void describe_sp804(void *fdt, hwaddr address, int spi)
{
    static const char clock_names[] = "timer0clk\0timer1clk\0apb_pclk";
    g_autofree char *node = g_strdup_printf("/timer@%" PRIx64, address);
    uint32_t clock = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_add_subnode(fdt, "/timer-clock");
    qemu_fdt_setprop_string(fdt, "/timer-clock", "compatible", "fixed-clock");
    qemu_fdt_setprop_cell(fdt, "/timer-clock", "#clock-cells", 0);
    qemu_fdt_setprop_cell(fdt, "/timer-clock", "clock-frequency", EBB_SP804_HZ);
    qemu_fdt_setprop_cell(fdt, "/timer-clock", "phandle", clock);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "arm,sp804");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, address, 2, EBB_SP804_SIZE);
    qemu_fdt_setprop_cells(fdt, node, "interrupts", FDT_SPI, spi, FDT_LEVEL_HIGH);
    qemu_fdt_setprop_cells(fdt, node, "clocks", clock, clock, clock);
    qemu_fdt_setprop(fdt, node, "clock-names", clock_names, sizeof(clock_names));
}

/*
 * Recorded accesses are dear, and processes' own cannot be replaced: with this erratum the kernel
 * reads the counter at few places, and lets nobody else.
 */
static void describe_recorded_cpu_timer(void *fdt)
{
    static const char armv8[] = CPU_TIMER_ARMV8 "\0" CPU_TIMER_ARMV7, armv7[] = CPU_TIMER_ARMV7;
    static const int ppis[] = {13, 14, 11, 10}; /* secure, physical, virtual, hypervisor */
    uint32_t interrupts[ARRAY_SIZE(ppis) * 3];
    size_t i;

    for (i = 0; i < ARRAY_SIZE(ppis); i++) {
        interrupts[i * 3] = cpu_to_be32(FDT_PPI);
        interrupts[i * 3 + 1] = cpu_to_be32(ppis[i]);
        interrupts[i * 3 + 2] = cpu_to_be32(FDT_FIRST_CPU | FDT_LEVEL_HIGH);
    }
    qemu_fdt_add_subnode(fdt, "/timer");
    qemu_fdt_setprop(fdt, "/timer", "compatible", is_armv7() ? armv7 : armv8,
                     is_armv7() ? sizeof(armv7) : sizeof(armv8));
    qemu_fdt_setprop(fdt, "/timer", "always-on", NULL, 0);
    qemu_fdt_setprop(fdt, "/timer", "interrupts", interrupts, sizeof(interrupts));
    qemu_fdt_setprop_cell(fdt, "/timer", "clock-frequency", EBB_MMIO_TIMER_HZ);
    if (!is_armv7()) {
        qemu_fdt_setprop(fdt, "/timer", CLOSING_ERRATUM, NULL, 0);
    }
}

static void create_mapped(MachineState *machine, EbbMmioTimer *timer, hwaddr address,
                          DeviceState *gic, int spi)
{
    ebb_mmio_timer_map(timer, address, gic, spi);
    describe_mmio_timer(machine->fdt, address,
                        is_armv7() ? EBB_SP804_OFFSET : EBB_MMIO_TIMER_REGION_SIZE, spi);
    if (is_armv7()) {
        ebb_mmio_timer_add_sp804(timer, qdev_get_gpio_in(gic, spi + SP804_SPI));
        describe_sp804(machine->fdt, timer->frame_address + EBB_SP804_OFFSET, spi + SP804_SPI);
    }
}

void ebb_guest_clock_create(MachineState *machine, hwaddr address, DeviceState *gic, int spi)
{
    EbbMmioTimer *timer = ebb_mmio_timer_create();
    struct kernel kernel = open_kernel(machine->kernel_filename);

    if (chooses_cpu_timer(timer, &kernel)) {
        qemu_irq *timers = ARM_CPU(first_cpu)->gt_timer_outputs;

        ebb_mmio_timer_give_to_cpu(timer, timers[GTIMER_PHYS], timers[GTIMER_VIRT]);
        describe_recorded_cpu_timer(machine->fdt);
    } else {
        if (!is_armv7() && kernel.is_late) {
            describe_cpu_timer(machine->fdt);
        }
        create_mapped(machine, timer, address, gic, spi);
        timer->driver_missing = is_arm64_linux(&kernel) && !kernel.has_driver;
    }
    close_kernel(&kernel);
}

static bool check_kernel(const EbbMmioTimer *timer, const char *name, Error **errp)
{
    if (timer->driver_missing) {
        error_setg(errp,
                   "no timer driver found in the image: %s has none for " TIMER_COMPATIBLE
                   ", the memory-mapped timer; leave --guest-clock to Ebb, or record with --accel "
                   "tcg",
                   name);
    }
    return !timer->driver_missing;
}

/* Whether a device tree has such a node; if without is not NULL, one that has no such property. */
static bool has_node(void *fdt, const char *compatible, const char *without)
{
    g_auto(GStrv) paths = qemu_fdt_node_path(fdt, NULL, compatible, NULL);
    bool any = false;
    size_t i;

    for (i = 0; paths && paths[i]; i++) {
        any |= !without || !qemu_fdt_getprop(fdt, paths[i], without, NULL, NULL);
    }
    return any;
}

/* The guest is to have the memory-mapped timer. */
static bool check_mmio_timer(void *fdt, const char *name, Error **errp)
{
    if (has_node(fdt, TIMER_COMPATIBLE, NULL)) {
        return true;
    }
    error_setg(
        errp,
        "no timer found in the device tree: %s describes no " TIMER_COMPATIBLE
        ", the memory-mapped timer; leave -dtb out, or record with --guest-clock registers%s "
        "or --accel tcg",
        name, is_armv7() ? "" : " and " CLOSING_ERRATUM " in the node of the CPU's timer");
    return false;
}

/* The guest is to have the CPU's own timer, and its processes not the CPU's counter. */
static bool check_cpu_timer(void *fdt, const char *name, Error **errp)
{
    if (is_armv7() || (!has_node(fdt, CPU_TIMER_ARMV8, CLOSING_ERRATUM) &&
                       !has_node(fdt, CPU_TIMER_ARMV7, CLOSING_ERRATUM))) {
        return true;
    }
    error_setg(errp,
               "the guest's programs could read the CPU's counter, unrecorded: in %s the node of "
               "the CPU's timer has no " CLOSING_ERRATUM
               ", for which Linux lets no program do so; leave -dtb out, add this property, or "
               "record with --accel tcg",
               name);
    return false;
}

/* A device tree of the user's stands in for the machine's. */
static bool check_device_tree(const char *name, bool of_cpu, Error **errp)
{
    g_autofree char *file = name ? qemu_find_file(QEMU_FILE_TYPE_BIOS, name) : NULL;
    g_autofree void *fdt = NULL;
    int size;

    /* What cannot be read the machine's loader has refused by now. */
    if (!file || !(fdt = load_device_tree(file, &size))) {
        return true;
    }
    return of_cpu ? check_cpu_timer(fdt, name, errp) : check_mmio_timer(fdt, name, errp);
}

bool ebb_guest_clock_check(MachineState *machine, Error **errp)
{
    const EbbMmioTimer *timer = ebb_mmio_timer_find();

    return check_device_tree(machine->dtb, timer->of_cpu, errp) &&
           (timer->of_cpu || is_armv7() || check_kernel(timer, machine->kernel_filename, errp));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A driver for meters, with a bug in it, which docs/tutorial.md looks for. What is written to
 * /proc/meters, "CHANNEL VALUE", is kept until it is read there.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#define CHANNELS 8

struct unit {
    const char *name;
};

static const struct unit millivolts = {"mV"};

static struct {
    long values[CHANNELS];
    const struct unit *unit;
} meters = {.unit = &millivolts};

static int meters_show(struct seq_file *file, void *data)
{
    unsigned i;

    for (i = 0; i < CHANNELS; i++) {
        seq_printf(file, "%u: %ld %s\n", i, meters.values[i], meters.unit->name);
    }
    return 0;
}

static noinline void set_value(unsigned channel, long value)
{
    meters.values[channel] = value;
}

static ssize_t meters_write(struct file *file, const char __user *from, size_t size, loff_t *offset)
{
    char text[32] = "";
    unsigned channel;
    long value;

    if (size >= sizeof(text)) {
        return -EINVAL;
    }
    if (copy_from_user(text, from, size)) {
        return -EFAULT;
    }
    if (sscanf(text, "%u %ld", &channel, &value) != 2 || channel > CHANNELS) {
        return -EINVAL;
    }
    set_value(channel, value);
    return size;
}

static int meters_open(struct inode *inode, struct file *file)
{
    return single_open(file, meters_show, NULL);
}

static const struct proc_ops operations = {
    .proc_open = meters_open,
    .proc_read = seq_read,
    .proc_write = meters_write,
    .proc_lseek = seq_lseek,
    .proc_release = single_release,
};

static int __init meters_init(void)
{
    return proc_create("meters", 0600, NULL, &operations) ? 0 : -ENOMEM;
}
module_init(meters_init);

static void __exit meters_exit(void)
{
    remove_proc_entry("meters", NULL);
}
module_exit(meters_exit);

MODULE_DESCRIPTION("Meters with a bug in their driver");
MODULE_LICENSE("GPL");

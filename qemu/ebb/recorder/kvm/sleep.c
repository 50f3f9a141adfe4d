/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "system/kvm.h"
#include "sleep.h"
#include "state.h"

#define WFI_STATISTIC "wfi_exit_stat"
#define MAX_STATISTICS 1000u

/* The place of the number in the statistics file; -1 if there is none. */
static off_t find_statistic(int fd, const struct kvm_stats_header *header)
{
    size_t size = sizeof(struct kvm_stats_desc) + header->name_size;
    g_autofree struct kvm_stats_desc *descriptor = g_malloc0(size + 1);
    uint32_t i;

    for (i = 0; i < MIN(header->num_desc, MAX_STATISTICS); i++) {
        if (pread(fd, descriptor, size, header->desc_offset + i * size) != (ssize_t)size) {
            return -1;
        }
        if (g_str_equal(descriptor->name, WFI_STATISTIC)) {
            return header->data_offset + descriptor->offset;
        }
    }
    return -1;
}

void recorder_kvm_sleep_watch(struct recorder_session *session)
{
    struct recorder_kvm *kvm = session->kvm;
    struct kvm_stats_header header;

    kvm->statistics_fd = kvm_check_extension(kvm_state, KVM_CAP_BINARY_STATS_FD)
                             ? kvm_vcpu_ioctl(CPU(session->cpu), KVM_GET_STATS_FD, NULL)
                             : -1;
    if (kvm->statistics_fd < 0) {
        return;
    }
    qemu_set_cloexec(kvm->statistics_fd);
    kvm->wfi_offset = -1;
    if (pread(kvm->statistics_fd, &header, sizeof(header), 0) == sizeof(header)) {
        kvm->wfi_offset = find_statistic(kvm->statistics_fd, &header);
    }
    if (kvm->wfi_offset < 0) {
        close(kvm->statistics_fd);
        kvm->statistics_fd = -1;
    }
}

bool recorder_kvm_sleep_may_have_ended(struct recorder_session *session)
{
    struct recorder_kvm *kvm = session->kvm;
    uint64_t count;
    bool slept;

    if (kvm->statistics_fd < 0 ||
        pread(kvm->statistics_fd, &count, sizeof(count), kvm->wfi_offset) != sizeof(count)) {
        return true;
    }
    slept = count != kvm->wfi_count;
    kvm->wfi_count = count;
    return slept;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counter reads, and those of random numbers that cannot be hidden, in what QEMU has loaded into
 * the guest's memory become breakpoints. */
#ifndef EBB_RECORDER_KVM_IMAGE_H
#define EBB_RECORDER_KVM_IMAGE_H

#include "ebb/counter/sites.h"
#include "ebb/recorder/state.h"

/* Finds out what is to be replaced, once it is known what can be hidden. */
void recorder_kvm_image_prepare(struct recorder_session *session);

/* Replaces them in all that the machine's loader has put there. */
void recorder_kvm_image_patch(struct recorder_session *session);

/* Whether the guest starts in AArch64. */
bool recorder_kvm_image_is_aarch64(const struct recorder_session *session);

/* What of an image is to be replaced, for this guest; counter_sites_free() it. */
struct counter_sites recorder_kvm_image_find(const struct recorder_session *session,
                                             struct counter_image *image);
/* Replaces one of them, and counts it. */
void recorder_kvm_image_replace(const struct counter_image *image, const struct counter_site *site,
                                struct recorder_replacements *outcome);

/*
 * To be called where code at a host address has changed while the guest runs. KVM makes
 * instructions that it maps visible to the guest's fetches, so it has to map these once more, which
 * it does after any change of what the host may do there. Others may read on.
 */
void recorder_kvm_image_map_again(const uint8_t *bytes);

/* Says what was replaced; where: "in the guest's image". */
void recorder_kvm_image_tell(const struct recorder_session *session,
                             const struct recorder_replacements *outcome, const char *where);

/* Whether a word at a guest-physical address was left alone when the image was loaded. */
bool recorder_kvm_image_left_alone(const struct recorder_session *session, uint64_t address,
                                   uint32_t word);

#endif

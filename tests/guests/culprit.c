/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See culprit.h. Run with -device virtio-rng-device, which chooses. */
#include "culprit.h"
#include "guest.h"
#include "virtio_rng.h"

static volatile uint32_t choice[2];

int main(void)
{
    irq_init();
    if (!virtio_rng_start()) {
        check(false, "there is a random number generator");
        finish("culprit");
    }
    irq_unmask();
    virtio_rng_request(choice, sizeof(choice));
    while (!virtio_rng_done()) {
    }
    irq_mask();
    culprit_run(choice[0], choice[1]);
    check(guarded != CULPRIT_GOOD, "somebody has overwritten it");
    print("culprit: writer %u in round %u\n", choice[1] % CULPRIT_WRITERS,
          choice[0] % CULPRIT_ROUNDS);
    finish("culprit");
}

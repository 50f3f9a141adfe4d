/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "privileges.h"

#include "log/format.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reading what others keep to themselves, and executing it. */
#define READING ((uint64_t)1 << CAP_DAC_READ_SEARCH | (uint64_t)1 << CAP_DAC_OVERRIDE)

static uint64_t permitted(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, data)) {
        return ~(uint64_t)0;
    }
    return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

static bool set_capabilities(uint64_t effective, uint64_t permitted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = (uint32_t)effective, .permitted = (uint32_t)permitted},
        {.effective = (uint32_t)(effective >> 32), .permitted = (uint32_t)(permitted >> 32)},
    };

    return syscall(SYS_capset, &header, data) == 0;
}

static bool is_refused(int folder, const char *path, int flags)
{
    int file = openat(folder, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags);

    if (file >= 0) {
        close(file);
    }
    return file < 0 && errno == EACCES;
}

static bool is_recording_refused(const char *directory)
{
    static const char *const files[] = {"manifest.json", EBB_LOG_FILE, EBB_KEYFRAMES_FILE,
                                        EBB_INDEX_FILE, EBB_START_FILE};
    int folder = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool refused = folder < 0 && errno == EACCES;

    for (unsigned i = 0; folder >= 0 && i < sizeof(files) / sizeof(files[0]); i++) {
        refused |= is_refused(folder, files[i], 0);
    }
    if (folder >= 0) {
        close(folder);
    }
    return refused;
}

/* For root, executing a program brings back all that is in the bounding set (capabilities(7)). */
static void bound(uint64_t kept)
{
    for (unsigned number = 0; number < 64; number++) {
        if (!(kept >> number & 1)) {
            prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
        }
    }
}

bool privileges_shed(const char *program, const char *directory)
{
    uint64_t all = permitted(), kept = 0;

    privileges_get_no_new();
    if (!all) {
        return true;
    }
    /* Looked at without, but with a way back. */
    set_capabilities(0, all);
    if (is_refused(AT_FDCWD, program, 0) || is_recording_refused(directory)) {
        kept = READING;
    }
    set_capabilities(all, all);
    bound(kept);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    set_capabilities(all & kept, all & kept);
    return !(all & kept);
}

bool privileges_drop_capabilities(void)
{
    set_capabilities(0, 0);
    return permitted() == 0;
}

bool privileges_get_no_new(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

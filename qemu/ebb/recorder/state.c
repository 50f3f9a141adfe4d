/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "state.h"
#include "system/runstate.h"

void recorder_state_fail(struct recorder_session *session, const char *format, ...)
{
    va_list arguments;

    if (session->phase == RECORDER_FAILED) {
        return;
    }
    session->phase = RECORDER_FAILED;
    va_start(arguments, format);
    error_vreport(format, arguments);
    va_end(arguments);
    qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_HOST_ERROR, EXIT_FAILURE);
}

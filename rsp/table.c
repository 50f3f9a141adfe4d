/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table.h"

#include "breakpoints.h"
#include "handlers_data.h"
#include "handlers_run.h"
#include "handlers_session.h"
#include "monitor.h"
#include "physical_mode.h"

#include <string.h>

static const struct rsp_packet_type packet_types[] = {
    {"!", "", rsp_handle_extended, RSP_EARLY},
    {"?", "", rsp_handle_stop_reason, 0},
    {"D", "?;h", rsp_handle_detach, 0},
    {"G", "b", rsp_handle_write_registers, RSP_ERROR_TEXT},
    {"Hc", "t", rsp_handle_thread, RSP_EARLY},
    {"Hg", "t", rsp_handle_thread, RSP_EARLY},
    {"M", "h,h:b", rsp_handle_write_memory, RSP_ERROR_TEXT},
    {"P", "h=b", rsp_handle_write_register, RSP_ERROR_TEXT},
    {"T", "t", rsp_handle_thread, RSP_EARLY},
    {"X", "h,h:b", rsp_handle_write_memory_binary, RSP_ERROR_TEXT},
    {"Z", "h,h,h?;b", rsp_handle_insert, RSP_ERROR_TEXT},
    {"z", "h,h,h?;b", rsp_handle_remove, RSP_ERROR_TEXT},
    {"g", "", rsp_handle_read_registers, 0},
    {"k", "?b", rsp_handle_kill, 0},
    {"m", "h,h", rsp_handle_read_memory, 0},
    {"p", "h", rsp_handle_read_register, 0},
    {"x", "h,h", rsp_handle_read_memory_binary, 0},

    /* A resume at another address is refused as malformed: gdb writes the PC instead. A machine
     * has no signals, so those of C and S are ignored. */
    {"C", "h", rsp_handle_continue, RSP_ERROR_TEXT},
    {"S", "h", rsp_handle_step, RSP_ERROR_TEXT},
    {"bc", "", rsp_handle_reverse_continue, RSP_ERROR_TEXT},
    {"bs", "", rsp_handle_reverse_step, RSP_ERROR_TEXT},
    {"c", "", rsp_handle_continue, RSP_ERROR_TEXT},
    {"s", "", rsp_handle_step, RSP_ERROR_TEXT},
    {"vAttach", ";h", rsp_handle_attach, 0},
    {"vCont", "b", rsp_handle_vcont, RSP_ERROR_TEXT},
    {"vCont?", "", rsp_handle_vcont_query, RSP_EARLY},
    {"vKill", ";h", rsp_handle_kill_process, 0},
    {"vRun", "?;b", rsp_handle_start_again, RSP_ERROR_TEXT},
    {"vMustReplyEmpty", "", rsp_handle_empty, RSP_EARLY},

    {"QNonStop", ":h", rsp_handle_non_stop, RSP_ERROR_TEXT | RSP_EARLY},
    {"QStartNoAckMode", "", rsp_handle_no_ack, RSP_EARLY},
    {"QThreadSuffixSupported", "", rsp_handle_thread_suffix, RSP_EARLY},
    {"Qqemu.PhyMemMode", ":h", rsp_handle_set_physical_mode, 0},
    {"Qqemu.sstep", "=h", rsp_handle_set_qemu_step, RSP_ERROR_TEXT},
    {"Qqemu.sstepbits", "", rsp_handle_qemu_step_bits, 0},
    {"qAttached", "?:h", rsp_handle_attached, RSP_EARLY},
    {"qC", "", rsp_handle_current_thread, RSP_EARLY},
    {"qHostInfo", "", rsp_handle_host_info, RSP_EARLY},
    {"qRcmd", ",b", rsp_handle_monitor, 0},
    {"qSearch", ":b", rsp_handle_search_memory, 0},
    {"qSupported", "?:b", rsp_handle_supported, RSP_EARLY},
    {"qSymbol", ":b", rsp_handle_ok, RSP_EARLY}, /* no symbol is wanted */
    {"qTStatus", "", rsp_handle_empty, RSP_NOISY},
    {"qThreadExtraInfo", ",t", rsp_handle_thread_text, 0},
    {"qXfer", ":b", rsp_handle_features, RSP_EARLY},
    {"qfThreadInfo", "", rsp_handle_thread_list, 0},
    {"qqemu.PhyMemMode", "", rsp_handle_physical_mode, 0},
    {"qqemu.Supported", "", rsp_handle_qemu_supported, 0},
    {"qqemu.sstep", "", rsp_handle_qemu_step, 0},
    {"qqemu.sstepbits", "", rsp_handle_qemu_step_bits, 0},
    {"qsThreadInfo", "", rsp_handle_thread_list_end, 0},
};

/* Names of more than one letter end at a separator; after one letter the arguments follow. */
static bool ends_name(const char *name, uint8_t next)
{
    bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');

    return !strchr("QbqvV", name[0]) || !(letter || (next >= '0' && next <= '9') || next == '?');
}

const struct rsp_packet_type *rsp_packet_type(const uint8_t *packet, size_t length)
{
    for (size_t i = 0; i < sizeof(packet_types) / sizeof(packet_types[0]); i++) {
        const struct rsp_packet_type *type = &packet_types[i];
        size_t name = strlen(type->name);

        if (length >= name && !memcmp(packet, type->name, name) &&
            (length == name || ends_name(type->name, packet[name]))) {
            return type;
        }
    }
    return NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packet of the user's "monitor" commands. */
#ifndef EBB_RSP_MONITOR_H
#define EBB_RSP_MONITOR_H

#include "handler.h"

rsp_handler rsp_handle_monitor;

#endif

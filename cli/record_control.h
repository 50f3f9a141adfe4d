/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb record --attach, --detach and --rescan: what is done to a recording while the guest runs. */
#ifndef EBB_CLI_RECORD_CONTROL_H
#define EBB_CLI_RECORD_CONTROL_H

#include "record_settings.h"

int record_attach(const struct record_settings *settings, struct ebb_error *error);
int record_detach(const struct record_settings *settings, struct ebb_error *error);
int record_rescan(const struct record_settings *settings, struct ebb_error *error);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder that only this user can enter, for sockets. */
#ifndef EBB_CLI_PRIVATE_FOLDER_H
#define EBB_CLI_PRIVATE_FOLDER_H

#include "log/error.h"

/* Creates one; folder has PATH_MAX bytes. The caller removes it. */
int private_folder_create(char *folder, struct ebb_error *error);

#endif

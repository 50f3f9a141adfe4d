/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FCNTL_H
#define FCNTL_H

#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR 2

int open(const char *path, int flags, ...);

#endif

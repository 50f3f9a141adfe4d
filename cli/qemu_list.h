/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lists in which QEMU takes its options: "first,name=value,...", where ",," stands for a comma
 * within a value. In names '_' is the same as '-'. Results are the caller's to free; NULL when out
 * of memory, too.
 */
#ifndef EBB_CLI_QEMU_LIST_H
#define EBB_CLI_QEMU_LIST_H

#include <stdbool.h>

/*
 * The last value of a name, which QEMU lets win, or NULL: none. An item without '=' is the value
 * of implied (or of nothing, if that is NULL) where it comes first.
 */
char *qemu_list_value(const char *list, const char *name, const char *implied);

/* The same as a number, or fallback. */
long qemu_list_number(const char *list, const char *name, const char *implied, long fallback);

/* True if the list gives name the value "on", "yes", "true" or "y". */
bool qemu_list_is_on(const char *list, const char *name);

/* The list without the items of these names (NULL ends them); a first item without '=' stays. */
char *qemu_list_without(const char *list, const char *const *names);

/* text with each comma doubled. */
char *qemu_escape(const char *text);

#endif

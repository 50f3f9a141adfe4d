/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an exception is, in the words of the Arm ARM. */
#ifndef EBB_CLI_QUESTIONS_EXCEPTION_WORDS_H
#define EBB_CLI_QUESTIONS_EXCEPTION_WORDS_H

#include "replay/timeline/scan.h"

/* "data-abort": a word for options and tables; never NULL. */
const char *exception_kind_name(enum timeline_exception kind);
/* The kind of that name; false: there is none. */
bool exception_kind_find(const char *name, size_t length, enum timeline_exception *kind);

/* The exception class of a syndrome ("Data Abort from a lower Exception level"); NULL: reserved. */
const char *exception_class_words(uint64_t syndrome);

/* Why an abort was taken ("translation fault, level 2"); NULL: it was none, or a reserved value. */
const char *exception_fault_words(const struct timeline_row *row);

/* True for an exception that brings an address, which is row->fault. */
bool exception_has_fault(const struct timeline_row *row);
/* True for an abort of data that was written, or was to be. */
bool exception_is_write(const struct timeline_row *row);

/* True for a call; *number is its immediate operand. */
bool exception_has_number(const struct timeline_row *row, unsigned *number);

/* "EL1h", "SVC": the mode in M[4:0] of a processor state; "?" for one that is reserved. */
const char *exception_mode_name(uint32_t mode);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A digest that tells recordings apart, and one recording before and after it has changed. */
#ifndef EBB_CLI_RECORDING_DIGEST_H
#define EBB_CLI_RECORDING_DIGEST_H

#include "sha256.h"

#include "log/reader.h"

/*
 * Of the manifest, what the log has, where its keyframes are and, if the log was resolved, of the
 * file with its positions. Neither the log's contents nor the keyframes' are read: damage there is
 * what others look for. Of an unresolved log, an index beside it does not count.
 */
int recording_digest(const char *directory, const struct ebb_log *log,
                     char digest[SHA256_TEXT_SIZE], struct ebb_error *error);

#endif

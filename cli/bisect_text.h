/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of ebb bisect (bisect_report.c) as text. */
#ifndef EBB_CLI_BISECT_TEXT_H
#define EBB_CLI_BISECT_TEXT_H

#include "finding.h"

#include <jansson.h>

void bisect_text_print(const json_t *document, const struct finding *finding);

#endif

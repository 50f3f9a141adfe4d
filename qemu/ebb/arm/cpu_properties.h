/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The properties of a CPU object that say what CPU it is: those go into a recording's manifest, and
 * no others are taken from one.
 */
#ifndef EBB_ARM_CPU_PROPERTIES_H
#define EBB_ARM_CPU_PROPERTIES_H

#include "qom/object.h"

bool ebb_cpu_property_is_configuration(const ObjectProperty *property);

#endif

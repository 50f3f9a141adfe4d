/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu_properties.h"

/* No part of the CPU's configuration, or not to be set again. */
static const char *const other_properties[] = {
    "realized", "hotplugged", "hotpluggable", "node-id", "start-powered-off", "core-count",
};

bool ebb_cpu_property_is_configuration(const ObjectProperty *property)
{
    size_t i;

    if (!property->set || !property->get ||
        !(g_str_equal(property->type, "bool") || g_str_has_prefix(property->type, "uint") ||
          g_str_has_prefix(property->type, "int"))) {
        return false;
    }
    for (i = 0; i < ARRAY_SIZE(other_properties); i++) {
        if (g_str_equal(property->name, other_properties[i])) {
            return false;
        }
    }
    return true;
}

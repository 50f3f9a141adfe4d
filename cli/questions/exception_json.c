/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exception_json.h"

#include "exception_words.h"

#include "cli/json_list.h"

static json_t *describe_place(struct locations *locations, uint32_t mode, uint64_t pc)
{
    json_t *object =
        json_pack("{s:s, s:o}", "mode", exception_mode_name(mode), "pc", json_hexadecimal(pc));

    locations_set(locations, object, pc);
    return object;
}

static void add_details(json_t *object, const struct timeline_row *row)
{
    const char *fault = exception_fault_words(row);
    const char *class = row->syndrome ? exception_class_words(row->syndrome) : NULL;
    unsigned number;

    if (row->syndrome) {
        json_object_set_new(object, "syndrome", json_hexadecimal(row->syndrome));
    }
    if (class) {
        json_object_set_new(object, "class", json_string(class));
    }
    if (row->fault_status) {
        json_object_set_new(object, "status", json_hexadecimal(row->fault_status));
    }
    if (fault) {
        json_object_set_new(object, "fault", json_string(fault));
    }
    if (exception_has_fault(row)) {
        json_object_set_new(object, "address", json_hexadecimal(row->fault));
        json_object_set_new(object, "write", json_boolean(exception_is_write(row)));
    }
    if (exception_has_number(row, &number)) {
        json_object_set_new(object, "number", json_unsigned(number));
    }
}

json_t *exception_describe(const struct timeline_row *row, struct locations *locations)
{
    json_t *object =
        json_pack("{s:o, s:s, s:b, s:o, s:o}", "position", json_unsigned(row->position), "kind",
                  exception_kind_name(row->exception), "by_instruction", row->inside, "from",
                  describe_place(locations, row->mode, row->from_pc), "to",
                  describe_place(locations, row->to_mode, row->pc));

    add_details(object, row);
    return object;
}

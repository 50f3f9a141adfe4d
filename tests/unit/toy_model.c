/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toy_model.h"

static bool stands_on_breakpoint(const struct model *model, uint64_t position)
{
    const struct toy_cpu *cpu = &model->history->states[position];

    for (size_t i = 0; i < model->breakpoint_count; i++) {
        const struct model_breakpoint *breakpoint = &model->breakpoints[i];

        if (breakpoint->kind == TIMELINE_BREAK_EXECUTE && breakpoint->address == cpu->pc &&
            (cpu->general[breakpoint->reg] & breakpoint->mask) == breakpoint->bits) {
            return true;
        }
    }
    return false;
}

static bool watches(const struct model_breakpoint *watch, const struct toy_access *access)
{
    bool kind = watch->kind == TIMELINE_WATCH_ACCESS ||
                watch->kind == (access->write ? TIMELINE_WATCH_WRITE : TIMELINE_WATCH_READ);

    return kind && access->address < watch->address + watch->length &&
           watch->address < access->address + access->length;
}

static bool watched_access(const struct model *model, const struct toy_access *access)
{
    for (size_t i = 0; i < model->breakpoint_count; i++) {
        if (watches(&model->breakpoints[i], access)) {
            return true;
        }
    }
    return false;
}

/* A device's write on reaching a position, or (not reaching) what the instruction at it does. */
static bool watch_hit(const struct model *model, uint64_t position, bool reaching)
{
    const struct toy_history *history = model->history;

    for (size_t i = history->first_access[position]; i < history->first_access[position + 1]; i++) {
        const struct toy_access *access = &history->accesses[i];

        if ((access->by_device && !access->nested) == reaching && watched_access(model, access)) {
            return true;
        }
    }
    return false;
}

bool model_watched(const struct model *model, uint64_t position, bool by_device, uint64_t address)
{
    const struct toy_history *history = model->history;

    for (size_t i = history->first_access[position]; i < history->first_access[position + 1]; i++) {
        const struct toy_access *access = &history->accesses[i];

        if (access->by_device == by_device && watched_access(model, access) &&
            address >= access->address && address < access->address + access->length) {
            return true;
        }
    }
    return false;
}

static void stop_at(struct model *model, enum timeline_stop_reason reason, uint64_t position,
                    struct model_stop *stop)
{
    if (position != model->position) {
        model->on_device_hit = false;
    }
    model->position = position;
    *stop = (struct model_stop){.reason = reason, .position = position};
}

static void stop_at_watch(struct model *model, uint64_t position, uint64_t access_position,
                          bool reaching, struct model_stop *stop)
{
    stop_at(model, TIMELINE_STOP_WATCHPOINT, position, stop);
    model->on_device_hit |= reaching;
    stop->access_position = access_position;
    stop->by_device = reaching;
}

void model_seek(struct model *model, uint64_t position, struct model_stop *stop)
{
    model->on_device_hit = false;
    stop_at(model, TIMELINE_STOP_STEP, position, stop);
}

void model_run_forward(struct model *model, uint64_t limit, struct model_stop *stop)
{
    uint64_t end = model->history->length, start = model->position;
    uint64_t target = limit < end ? limit : end;

    for (uint64_t position = start; position <= target; position++) {
        if (position > start && watch_hit(model, position, true)) {
            stop_at_watch(model, position, position, true, stop);
            return;
        }
        if (position == target) {
            break;
        }
        if (position > start && stands_on_breakpoint(model, position)) {
            stop_at(model, TIMELINE_STOP_BREAKPOINT, position, stop);
            return;
        }
        if (watch_hit(model, position, false)) {
            stop_at_watch(model, position, position, false, stop);
            return;
        }
    }
    stop_at(model, limit >= end ? TIMELINE_STOP_END : TIMELINE_STOP_STEP,
            target > start ? target : start, stop);
}

void model_run_backward(struct model *model, uint64_t limit, struct model_stop *stop)
{
    uint64_t start = model->position;

    for (uint64_t position = start; position > limit; position--) {
        if (position < start && stands_on_breakpoint(model, position)) {
            stop_at(model, TIMELINE_STOP_BREAKPOINT, position, stop);
            return;
        }
        if (!(position == start && model->on_device_hit) && watch_hit(model, position, true)) {
            stop_at_watch(model, position, position, true, stop);
            return;
        }
        if (watch_hit(model, position - 1, false)) {
            stop_at_watch(model, position, position - 1, false, stop);
            return;
        }
    }
    if (limit == 0 && start > 0 && stands_on_breakpoint(model, 0)) {
        stop_at(model, TIMELINE_STOP_BREAKPOINT, 0, stop);
        return;
    }
    stop_at(model, limit == 0 ? TIMELINE_STOP_BEGIN : TIMELINE_STOP_STEP,
            limit < start ? limit : start, stop);
}

void model_step(struct model *model, struct model_stop *stop)
{
    uint64_t start = model->position;

    model_run_forward(model, start + 1, stop);
    if (stop->reason == TIMELINE_STOP_END && stop->position > start) {
        stop->reason = TIMELINE_STOP_STEP;
    }
}

void model_step_range(struct model *model, const struct timeline_range *range,
                      struct model_stop *stop)
{
    uint64_t pc;

    do {
        model_step(model, stop);
        pc = model->history->states[model->position].pc;
        if (stop->reason == TIMELINE_STOP_STEP && pc >= range->start && pc < range->end &&
            model->position < model->history->length &&
            stands_on_breakpoint(model, model->position)) {
            stop_at(model, TIMELINE_STOP_BREAKPOINT, model->position, stop);
        }
    } while (stop->reason == TIMELINE_STOP_STEP && pc >= range->start && pc < range->end);
}

void model_reverse_step(struct model *model, struct model_stop *stop)
{
    uint64_t start = model->position;

    if (start == 0) {
        stop_at(model, TIMELINE_STOP_BEGIN, 0, stop);
    } else if (!model->on_device_hit && watch_hit(model, start, true)) {
        stop_at_watch(model, start, start, true, stop);
    } else if (watch_hit(model, start - 1, false)) {
        stop_at_watch(model, start, start - 1, false, stop);
    } else {
        stop_at(model, TIMELINE_STOP_STEP, start - 1, stop);
    }
}

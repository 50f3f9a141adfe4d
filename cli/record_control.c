/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record_control.h"

#include "host_checks.h"
#include "qmp.h"
#include "record_plan.h"
#include "recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDER "/objects/ebb0"

/* 1: the guest is being recorded; 0: it is not. */
static int is_recording(struct qmp *qmp, struct ebb_error *error)
{
    json_t *value = qmp_get(qmp, RECORDER, "recording", error);
    int recording = value ? json_is_true(value) : -1;

    json_decref(value);
    return recording;
}

static int is_kvm(struct qmp *qmp, bool *kvm, struct ebb_error *error)
{
    json_t *result = NULL;

    if (qmp_execute(qmp, "query-kvm", NULL, &result, error) < 0) {
        return -1;
    }
    *kvm = json_is_true(json_object_get(result, "enabled"));
    json_decref(result);
    return 0;
}

static int check_disk(struct qmp *qmp, const struct record_settings *settings,
                      struct ebb_error *error)
{
    json_t *sizes = NULL;
    uint64_t ram_bytes;

    if (qmp_execute(qmp, "query-memory-size-summary", NULL, &sizes, error) < 0) {
        return -1;
    }
    ram_bytes = (uint64_t)json_integer_value(json_object_get(sizes, "base-memory"));
    json_decref(sizes);
    return host_check_disk_for_recording(settings->output, ram_bytes, error);
}

/* QEMU may be in another directory than this process. */
static int set_path(struct qmp *qmp, const char *property, const char *path,
                    struct ebb_error *error)
{
    char *absolute = realpath(path, NULL);
    int status;

    if (!absolute) {
        return ebb_fail(error, EBB_ERROR_USAGE, "cannot find %s: %s", path, strerror(errno));
    }
    status = qmp_set(qmp, RECORDER, property, json_string(absolute), error);
    free(absolute);
    return status;
}

static int set_amounts(struct qmp *qmp, const struct record_settings *settings,
                       struct ebb_error *error)
{
    struct record_amounts amounts;
    bool kvm;

    if (is_kvm(qmp, &kvm, error) < 0 ||
        record_amounts(settings, kvm ? ACCELERATOR_KVM : ACCELERATOR_TCG, &amounts, error) < 0) {
        return -1;
    }
    for (size_t i = 0; i < amounts.count; i++) {
        if (qmp_set(qmp, RECORDER, amounts.list[i].property,
                    json_integer((json_int_t)amounts.list[i].value), error) < 0) {
            return -1;
        }
    }
    return 0;
}

static int start(struct qmp *qmp, const struct record_settings *settings, const char *directory,
                 struct ebb_error *error)
{
    return set_amounts(qmp, settings, error) < 0 ||
                   set_path(qmp, "directory", directory, error) < 0 ||
                   (settings->symbols && set_path(qmp, "symbols", settings->symbols, error) < 0) ||
                   qmp_set(qmp, RECORDER, "recording", json_true(), error) < 0
               ? -1
               : 0;
}

int record_attach(const struct record_settings *settings, struct ebb_error *error)
{
    struct qmp *qmp = qmp_connect(settings->attach, error);
    int recording = qmp ? is_recording(qmp, error) : -1, status = -1;
    struct recording_directory made;
    char *directory = NULL;

    if (recording > 0) {
        ebb_fail(error, EBB_ERROR_USAGE,
                 "the guest behind %s is being recorded already; ebb record --detach stops that",
                 settings->attach);
    } else if (recording == 0 && check_disk(qmp, settings, error) == 0) {
        directory = recording_create(settings->output, &made, error);
    }
    if (directory) {
        status = start(qmp, settings, directory, error);
        if (status < 0) {
            recording_remove_empty(directory, &made);
        } else {
            printf("recording into %s\n", directory);
        }
    }
    free(directory);
    qmp_close(qmp);
    return status;
}

static int fail_idle(const char *socket, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_USAGE, "the guest behind %s is not being recorded", socket);
}

int record_detach(const struct record_settings *settings, struct ebb_error *error)
{
    struct qmp *qmp = qmp_connect(settings->detach, error);
    int recording = qmp ? is_recording(qmp, error) : -1, status = -1;

    if (recording == 0) {
        fail_idle(settings->detach, error);
    } else if (recording > 0) {
        status = qmp_set(qmp, RECORDER, "recording", json_false(), error);
    }
    qmp_close(qmp);
    return status;
}

static int get_number(struct qmp *qmp, const char *property, uint64_t *number,
                      struct ebb_error *error)
{
    json_t *value = qmp_get(qmp, RECORDER, property, error);

    *number = (uint64_t)json_integer_value(value);
    json_decref(value);
    return value ? 0 : -1;
}

static int rescan(struct qmp *qmp, struct ebb_error *error)
{
    uint64_t replaced, left_alone;

    if (qmp_set(qmp, RECORDER, "rescan", json_true(), error) < 0) {
        return -1;
    }
    /* A guest that has waited for this may end at once, and QEMU with it. */
    if (get_number(qmp, "rescan-replaced", &replaced, NULL) < 0 ||
        get_number(qmp, "rescan-left-alone", &left_alone, NULL) < 0) {
        puts("done; the guest has ended since, and its ebb record has said what was replaced");
        return 0;
    }
    printf("%" PRIu64 " replaced, %" PRIu64 " that look like one left alone\n", replaced,
           left_alone);
    return 0;
}

int record_rescan(const struct record_settings *settings, struct ebb_error *error)
{
    struct qmp *qmp = qmp_connect(settings->rescan, error);
    int recording = qmp ? is_recording(qmp, error) : -1, status = -1;

    if (recording == 0) {
        fail_idle(settings->rescan, error);
    } else if (recording > 0) {
        status = rescan(qmp, error);
    }
    qmp_close(qmp);
    return status;
}

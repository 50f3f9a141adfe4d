/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void opening_init(struct opening *opening)
{
    *opening = (struct opening){.progress = "opening the recording"};
    pthread_mutex_init(&opening->lock, NULL);
    pthread_cond_init(&opening->changed, NULL);
}

void opening_free(struct opening *opening)
{
    while (opening->documents) {
        struct opening_document *next = opening->documents->next;

        free(opening->documents->name);
        free(opening->documents->text);
        free(opening->documents);
        opening->documents = next;
    }
    pthread_cond_destroy(&opening->changed);
    pthread_mutex_destroy(&opening->lock);
}

int opening_wait(void *opaque, unsigned milliseconds, struct timeline **timeline, char *progress,
                 size_t size)
{
    struct opening *opening = opaque;
    struct timespec until;
    int status;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&opening->lock);
    while (!opening->open && !opening->failed &&
           pthread_cond_timedwait(&opening->changed, &opening->lock, &until) == 0) {
    }
    *timeline = opening->timeline;
    snprintf(progress, size, "%s", opening->progress);
    status = opening->failed ? -1 : opening->open;
    pthread_mutex_unlock(&opening->lock);
    return status;
}

const char *opening_document(void *opaque, const char *name)
{
    struct opening *opening = opaque;
    const char *text = NULL;

    pthread_mutex_lock(&opening->lock);
    while (!opening->described && !opening->open && !opening->failed) {
        pthread_cond_wait(&opening->changed, &opening->lock);
    }
    for (const struct opening_document *document = opening->documents; document && !text;
         document = document->next) {
        text = strcmp(document->name, name) == 0 ? document->text : NULL;
    }
    pthread_mutex_unlock(&opening->lock);
    return text; /* documents stay until opening_free() */
}

void opening_tell(struct opening *opening, const char *what, int percent)
{
    pthread_mutex_lock(&opening->lock);
    snprintf(opening->progress, sizeof(opening->progress), "%s the recording: %d %%", what,
             percent);
    pthread_mutex_unlock(&opening->lock);
}

void opening_publish(struct opening *opening, struct timeline *timeline)
{
    pthread_mutex_lock(&opening->lock);
    opening->timeline = timeline;
    opening->open = timeline != NULL;
    opening->failed = timeline == NULL;
    pthread_cond_broadcast(&opening->changed);
    pthread_mutex_unlock(&opening->lock);
}

/* Adds the document of that name, if there is one, in front. */
static struct opening_document *add(struct opening_document *list, const char *name, size_t length,
                                    opening_describer describe, void *opaque)
{
    struct opening_document *document = calloc(1, sizeof(*document));

    if (!document) {
        return list;
    }
    document->name = strndup(name, length);
    document->text = document->name ? describe(opaque, document->name) : NULL;
    document->next = list;
    if (!document->text) {
        free(document->name);
        free(document);
        return list;
    }
    return document;
}

void opening_describe(struct opening *opening, opening_describer describe, void *opaque)
{
    static const char main_document[] = "target.xml", include[] = "href=\"";
    struct opening_document *list =
        add(NULL, main_document, sizeof(main_document) - 1, describe, opaque);
    const char *from = list ? strstr(list->text, include) : NULL;

    for (; from; from = strstr(from, include)) {
        from += sizeof(include) - 1;
        list = add(list, from, strcspn(from, "\""), describe, opaque);
    }
    pthread_mutex_lock(&opening->lock);
    opening->documents = list;
    opening->described = list != NULL;
    pthread_cond_broadcast(&opening->changed);
    pthread_mutex_unlock(&opening->lock);
}

void opening_abandon(struct opening *opening)
{
    pthread_mutex_lock(&opening->lock);
    opening->abandoned = true;
    pthread_mutex_unlock(&opening->lock);
}

bool opening_is_abandoned(struct opening *opening)
{
    bool abandoned;

    pthread_mutex_lock(&opening->lock);
    abandoned = opening->abandoned;
    pthread_mutex_unlock(&opening->lock);
    return abandoned;
}

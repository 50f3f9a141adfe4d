/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ram_image.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * Whoever changes a page copies the nodes above it, unless it owned them alone: with 32 to a node,
 * 136 bytes for a page and 264 for each level above, of which 1 GiB of RAM has three. Wider nodes
 * make a shallower tree and larger copies, which pays where changed pages are neighbours. A guess.
 */
#define FAN_OUT_BITS 5u
#define FAN_OUT (1u << FAN_OUT_BITS)

/* Level 0 nodes hold pages, the others hold nodes. A missing node stands for pages of zeroes. */
struct node {
    uint32_t owners;
    union {
        struct node *child[FAN_OUT];
        uint32_t page[FAN_OUT];
    };
};

struct ram_image {
    struct page_store *store;
    struct node *root;
    uint64_t page_count;
    unsigned top_level;
    unsigned owners;
};

static size_t node_size(unsigned level)
{
    return level ? sizeof(struct node) : offsetof(struct node, page) + FAN_OUT * sizeof(uint32_t);
}

static unsigned slot_of(uint64_t number, unsigned level)
{
    return (number >> (FAN_OUT_BITS * level)) & (FAN_OUT - 1);
}

static struct node *node_new(struct page_store *store, unsigned level)
{
    struct node *node = calloc(1, node_size(level));

    if (node) {
        node->owners = 1;
        page_store_account(store, (int64_t)node_size(level));
    }
    return node;
}

static void node_release(struct page_store *store, struct node *node, unsigned level)
{
    if (!node || --node->owners) {
        return;
    }
    for (unsigned i = 0; i < FAN_OUT; i++) {
        if (level) {
            node_release(store, node->child[i], level - 1);
        } else {
            page_store_release(store, node->page[i]);
        }
    }
    page_store_account(store, -(int64_t)node_size(level));
    free(node);
}

/* Makes *slot a node that only this image owns. */
static int node_make_own(struct page_store *store, struct node **slot, unsigned level)
{
    struct node *old = *slot, *own;

    if (old && old->owners == 1) {
        return 0;
    }
    own = node_new(store, level);
    if (!own) {
        return -1;
    }
    if (old) {
        memcpy((char *)own + offsetof(struct node, child),
               (char *)old + offsetof(struct node, child),
               node_size(level) - offsetof(struct node, child));
        for (unsigned i = 0; i < FAN_OUT; i++) {
            if (!level) {
                page_store_take(store, own->page[i]);
            } else if (own->child[i]) {
                own->child[i]->owners++;
            }
        }
        old->owners--;
    }
    *slot = own;
    return 0;
}

struct ram_image *ram_image_new(struct page_store *store, uint64_t page_count)
{
    struct ram_image *image = calloc(1, sizeof(*image));

    if (!image) {
        return NULL;
    }
    image->store = store;
    image->page_count = page_count;
    image->owners = 1;
    while (FAN_OUT_BITS * (image->top_level + 1) < 64 &&
           page_count > (uint64_t)1 << (FAN_OUT_BITS * (image->top_level + 1))) {
        image->top_level++;
    }
    return image;
}

struct ram_image *ram_image_copy(const struct ram_image *image)
{
    struct ram_image *copy = malloc(sizeof(*copy));

    if (copy) {
        *copy = *image;
        copy->owners = 1;
        if (copy->root) {
            copy->root->owners++;
        }
    }
    return copy;
}

struct ram_image *ram_image_take(struct ram_image *image)
{
    image->owners++;
    return image;
}

void ram_image_release(struct ram_image *image)
{
    if (image && --image->owners == 0) {
        node_release(image->store, image->root, image->top_level);
        free(image);
    }
}

struct page_store *ram_image_store(const struct ram_image *image)
{
    return image->store;
}

uint64_t ram_image_page_count(const struct ram_image *image)
{
    return image->page_count;
}

uint32_t ram_image_get(const struct ram_image *image, uint64_t number)
{
    const struct node *node = image->root;

    for (unsigned level = image->top_level; node && level; level--) {
        node = node->child[slot_of(number, level)];
    }
    return node ? node->page[slot_of(number, 0)] : PAGE_STORE_ZERO;
}

const void *ram_image_data(const struct ram_image *image, uint64_t number)
{
    return page_store_data(image->store, ram_image_get(image, number));
}

/* Puts a page in place; on success the image owns the reference that was the caller's. */
static int put(struct ram_image *image, uint64_t number, uint32_t page)
{
    struct node **slot = &image->root;
    uint32_t *leaf;

    for (unsigned level = image->top_level;; level--) {
        if (node_make_own(image->store, slot, level)) {
            return -1;
        }
        if (!level) {
            break;
        }
        slot = &(*slot)->child[slot_of(number, level)];
    }
    leaf = &(*slot)->page[slot_of(number, 0)];
    page_store_release(image->store, *leaf);
    *leaf = page;
    return 0;
}

int ram_image_set(struct ram_image *image, uint64_t number, const void *data)
{
    uint32_t page = page_store_add(image->store, data);

    if (page == PAGE_STORE_FAILED) {
        return -1;
    }
    if (page == ram_image_get(image, number)) {
        page_store_release(image->store, page);
        return 0;
    }
    if (put(image, number, page)) {
        page_store_release(image->store, page);
        return -1;
    }
    return 0;
}

int ram_image_share(struct ram_image *image, uint64_t number, uint32_t page)
{
    if (ram_image_get(image, number) == page) {
        return 0;
    }
    page_store_take(image->store, page);
    if (put(image, number, page)) {
        page_store_release(image->store, page);
        return -1;
    }
    return 0;
}

static int diff_nodes(const struct node *a, const struct node *b, unsigned level, uint64_t first,
                      ram_image_visitor visit, void *opaque)
{
    int result = 0;

    if (a == b) {
        return 0;
    }
    for (unsigned i = 0; i < FAN_OUT && !result; i++) {
        uint64_t number = first + ((uint64_t)i << (FAN_OUT_BITS * level));

        if (level) {
            result = diff_nodes(a ? a->child[i] : NULL, b ? b->child[i] : NULL, level - 1, number,
                                visit, opaque);
        } else {
            uint32_t page_a = a ? a->page[i] : PAGE_STORE_ZERO;
            uint32_t page_b = b ? b->page[i] : PAGE_STORE_ZERO;

            result = page_a == page_b ? 0 : visit(opaque, number, page_a, page_b);
        }
    }
    return result;
}

int ram_image_diff(const struct ram_image *a, const struct ram_image *b, ram_image_visitor visit,
                   void *opaque)
{
    return diff_nodes(a->root, b->root, a->top_level, 0, visit, opaque);
}

static uint64_t own_bytes(const struct page_store *store, const struct node *node, unsigned level)
{
    uint64_t bytes;

    if (!node || node->owners > 1) {
        return 0;
    }
    bytes = node_size(level);
    for (unsigned i = 0; i < FAN_OUT; i++) {
        if (level) {
            bytes += own_bytes(store, node->child[i], level - 1);
        } else if (page_store_owners(store, node->page[i]) == 1) {
            bytes += page_store_page_bytes(store, node->page[i]);
        }
    }
    return bytes;
}

uint64_t ram_image_own_bytes(const struct ram_image *image)
{
    return image->owners > 1 ? 0 : own_bytes(image->store, image->root, image->top_level);
}

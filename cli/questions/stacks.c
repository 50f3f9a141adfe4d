/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stacks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void stacks_free(struct stacks *stacks)
{
    name_table_free(&stacks->names);
    free(stacks->functions);
    free(stacks->nodes);
    *stacks = (struct stacks){0};
}

long stacks_function(struct stacks *stacks, const char *name)
{
    size_t capacity = stacks->function_capacity ? stacks->function_capacity * 2 : 256;
    struct stacks_function *functions;

    if (stacks->names.count == stacks->function_capacity) {
        functions = realloc(stacks->functions, capacity * sizeof(*functions));
        if (!functions) {
            return -1;
        }
        memset(functions + stacks->function_capacity, 0,
               (capacity - stacks->function_capacity) * sizeof(*functions));
        stacks->functions = functions;
        stacks->function_capacity = capacity;
    }
    return name_table_add(&stacks->names, name);
}

/* The place of a new node; 0: out of memory. */
static uint32_t add_node(struct stacks *stacks, uint32_t function, uint32_t parent)
{
    size_t capacity = stacks->node_capacity ? stacks->node_capacity * 2 : 1024;
    struct stacks_node *nodes;
    uint32_t place;

    if (stacks->node_count == stacks->node_capacity) {
        nodes = realloc(stacks->nodes, capacity * sizeof(*nodes));
        if (!nodes) {
            return 0;
        }
        stacks->nodes = nodes;
        stacks->node_capacity = capacity;
    }
    if (stacks->node_count == 0) {
        stacks->nodes[stacks->node_count++] = (struct stacks_node){0}; /* the root */
    }
    place = (uint32_t)stacks->node_count++;
    stacks->nodes[place] = (struct stacks_node){
        .function = function, .parent = parent, .sibling = stacks->nodes[parent].child};
    stacks->nodes[parent].child = place;
    return place;
}

static uint32_t child_of(struct stacks *stacks, uint32_t parent, uint32_t function)
{
    uint32_t child = stacks->node_count ? stacks->nodes[parent].child : 0;

    while (child && stacks->nodes[child].function != function) {
        child = stacks->nodes[child].sibling;
    }
    return child ? child : add_node(stacks, function, parent);
}

int stacks_add(struct stacks *stacks, const uint32_t *functions, size_t depth)
{
    uint32_t node = 0;

    stacks->count++;
    for (size_t i = 0; i < depth; i++) {
        struct stacks_function *function = &stacks->functions[functions[i]];

        node = child_of(stacks, node, functions[i]);
        if (!node) {
            return -1;
        }
        stacks->nodes[node].total++;
        function->total += function->seen != stacks->count;
        function->seen = stacks->count;
        function->self += i + 1 == depth;
        stacks->nodes[node].self += i + 1 == depth;
    }
    return 0;
}

static const char *name_of(const struct stacks *stacks, uint32_t node)
{
    return stacks->names.names[stacks->nodes[node].function];
}

static void print_names(const struct stacks *stacks, uint32_t node, FILE *file)
{
    uint32_t path[STACKS_DEPTH_MAX];
    size_t depth = 0;

    for (; node && depth < STACKS_DEPTH_MAX; node = stacks->nodes[node].parent) {
        path[depth++] = node;
    }
    while (depth > 0) {
        for (const char *c = name_of(stacks, path[--depth]); *c; c++) {
            fputc(*c == ';' || *c == '\n' ? ':' : *c, file);
        }
        if (depth > 0) {
            fputc(';', file);
        }
    }
}

void stacks_print_folded(const struct stacks *stacks, FILE *file)
{
    for (uint32_t i = 1; i < stacks->node_count; i++) {
        if (stacks->nodes[i].self) {
            print_names(stacks, i, file);
            fprintf(file, " %" PRIu64 "\n", stacks->nodes[i].self);
        }
    }
}

/* The picture, in its own units. */
#define WIDTH 1200.0
#define ROW 17u
#define MARGIN 24u
#define LEAST 0.1     /* narrower ones are left out */
#define LETTER 6.6    /* width of one */
#define LABEL_LEAST 3 /* letters */

struct drawing {
    const struct stacks *stacks;
    const char *unit;
    unsigned height;
    FILE *file;
};

/* The first letters of a text, as XML has them. UTF-8 is not cut in its middle. */
static void print_text(const char *text, size_t letters, FILE *file)
{
    for (; *text && letters > 0; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc((unsigned char)*text < ' ' ? '?' : *text, file);
        }
        letters -= (text[1] & 0xc0) != 0x80;
    }
}

static double width_of(const struct drawing *drawing, uint32_t node)
{
    return WIDTH * (double)drawing->stacks->nodes[node].total / (double)drawing->stacks->count;
}

static void draw_node(const struct drawing *drawing, uint32_t node, unsigned depth, double x)
{
    const char *name = name_of(drawing->stacks, node);
    uint64_t total = drawing->stacks->nodes[node].total;
    double width = width_of(drawing, node);
    unsigned y = drawing->height - MARGIN - (depth + 1) * ROW;
    uint32_t hash = name_table_hash(name);
    size_t letters = (size_t)(width / LETTER);

    fputs("<g><title>", drawing->file);
    print_text(name, SIZE_MAX, drawing->file);
    fprintf(drawing->file, " (%" PRIu64 " %s, %.2f%%)</title>", total, drawing->unit,
            100.0 * (double)total / (double)drawing->stacks->count);
    fprintf(drawing->file,
            "<rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%u\" fill=\"rgb(%u,%u,%u)\"/>", x, y,
            width, ROW - 1, 205 + hash % 50, 90 + (hash >> 8) % 120, 40 + (hash >> 16) % 40);
    if (letters >= LABEL_LEAST) {
        fprintf(drawing->file, "<text x=\"%.2f\" y=\"%u\">", x + 2, y + ROW - 5);
        print_text(name, letters, drawing->file);
        fputs("</text>", drawing->file);
    }
    fputs("</g>\n", drawing->file);
}

static void draw_children(const struct drawing *drawing, uint32_t parent, unsigned depth, double x)
{
    for (uint32_t node = drawing->stacks->nodes[parent].child; node;
         node = drawing->stacks->nodes[node].sibling) {
        if (width_of(drawing, node) >= LEAST) {
            draw_node(drawing, node, depth, x);
            draw_children(drawing, node, depth + 1, x); /* STACKS_DEPTH_MAX deep at most */
        }
        x += width_of(drawing, node);
    }
}

static unsigned depth_of(const struct stacks *stacks)
{
    unsigned deepest = 0;

    for (uint32_t i = 1; i < stacks->node_count; i++) {
        unsigned depth = 0;

        for (uint32_t node = i; node; node = stacks->nodes[node].parent) {
            depth++;
        }
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

void stacks_draw(const struct stacks *stacks, const char *title, const char *unit, FILE *file)
{
    struct drawing drawing = {
        .stacks = stacks,
        .unit = unit,
        .height = 2 * MARGIN + depth_of(stacks) * ROW,
        .file = file,
    };

    fprintf(file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%.0f\" "
            "height=\"%u\" viewBox=\"0 0 %.0f %u\" font-family=\"monospace\" font-size=\"11\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fdf6e3\"/>\n<text x=\"4\" y=\"16\">",
            WIDTH, drawing.height, WIDTH, drawing.height);
    print_text(title, SIZE_MAX, file);
    fputs("</text>\n", file);
    if (stacks->node_count) {
        draw_children(&drawing, 0, 0, 0);
    }
    fputs("</svg>\n", file);
}

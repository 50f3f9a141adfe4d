/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page store, RAM images and the set of checkpoints. */
#include "recording_fixture.h"
#include "unit.h"

#include "checkpoints/checkpoint_set.h"

#include <stdlib.h>
#include <string.h>

#define PAGE PAGE_STORE_PAGE_SIZE

static const uint8_t *page_of(uint64_t value)
{
    static uint64_t page[PAGE / 8];

    for (size_t i = 0; i < PAGE / 8; i++) {
        page[i] = value;
    }
    return (uint8_t *)page;
}

/* One that cannot be packed. */
static const uint8_t *noise_of(uint64_t value)
{
    static uint64_t page[PAGE / 8];

    for (size_t i = 0; i < PAGE / 8; i++) {
        page[i] = fixture_random(&value);
    }
    return (uint8_t *)page;
}

static void assert_empty(struct page_store *store)
{
    assert_int_equal(page_store_page_count(store), 0);
    assert_int_equal(page_store_used(store), 0);
}

static void test_store(void **state)
{
    struct page_store *store = page_store_new();
    uint32_t one, two;

    (void)state;
    assert_int_equal(page_store_add(store, page_of(0)), PAGE_STORE_ZERO);
    assert_empty(store);
    one = page_store_add(store, page_of(1));
    two = page_store_add(store, page_of(2));
    assert_int_not_equal(one, two);
    assert_memory_equal(page_store_data(store, one), page_of(1), PAGE);
    assert_memory_equal(page_store_data(store, two), page_of(2), PAGE);
    assert_memory_equal(page_store_data(store, PAGE_STORE_ZERO), page_of(0), PAGE);
    page_store_take(store, one);
    page_store_release(store, one);
    assert_int_equal(page_store_owners(store, one), 1);
    assert_int_equal(page_store_used(store), 2 * PAGE);
    page_store_release(store, one);
    page_store_release(store, two);
    assert_empty(store);
    page_store_free(store);
}

/* More pages than one chunk, freed and used again. */
static void test_store_grows(void **state)
{
    enum { COUNT = 9000 };
    struct page_store *store = page_store_new();
    uint32_t *pages = calloc(COUNT, sizeof(*pages));

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            pages[i] = page_store_add(store, page_of(i + round + 1));
        }
        for (unsigned i = 0; i < COUNT; i++) {
            assert_memory_equal(page_store_data(store, pages[i]), page_of(i + round + 1), PAGE);
        }
        for (unsigned i = 0; i < COUNT; i++) {
            assert_true(pages[i] <= 3 * 4096);
            page_store_release(store, pages[i]);
        }
        assert_empty(store);
    }
    free(pages);
    page_store_free(store);
}

static void test_store_shares(void **state)
{
    enum { COUNT = 5000, KINDS = 4500 };
    struct page_store *store = page_store_new();
    static uint32_t pages[COUNT];

    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        pages[i] = page_store_add(store, page_of(1 + i % KINDS));
    }
    assert_int_equal(page_store_page_count(store), KINDS);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(pages[i], pages[i % KINDS]);
        assert_int_equal(page_store_owners(store, pages[i]), 1 + (i % KINDS < COUNT - KINDS));
    }
    page_store_release(store, pages[0]);
    assert_memory_equal(page_store_data(store, pages[KINDS]), page_of(1), PAGE);
    for (unsigned i = 1; i < COUNT; i++) {
        page_store_release(store, pages[i]);
    }
    assert_empty(store);
    page_store_free(store);
}

static void test_store_packs(void **state)
{
    enum { COUNT = 100, PACKED = 300 };
    struct page_store *store = page_store_new();
    uint32_t pages[COUNT];

    (void)state;
    page_store_pack(store, 0, 0); /* there is nothing */
    for (unsigned i = 0; i < COUNT; i++) {
        pages[i] = page_store_add(store, i % 2 ? noise_of(i) : page_of(i + 1));
    }
    page_store_pack(store, COUNT * PAGE - 1, 0);
    assert_in_range(page_store_used(store), (COUNT - 1) * PAGE, COUNT * PAGE - 1);
    page_store_pack(store, 0, (COUNT - 10) * PAGE);
    assert_in_range(page_store_used(store), (COUNT - 10) * PAGE, (COUNT - 10) * PAGE + 10 * PACKED);
    page_store_pack(store, 0, 0);
    assert_in_range(page_store_used(store), COUNT / 2 * PAGE, COUNT / 2 * (PAGE + PACKED));
    assert_in_range(page_store_page_bytes(store, pages[0]), 1, PACKED);
    assert_int_equal(page_store_page_bytes(store, pages[1]), PAGE);
    /* Found again, and packed all the same. */
    assert_int_equal(page_store_add(store, page_of(1)), pages[0]);
    assert_in_range(page_store_page_bytes(store, pages[0]), 1, PACKED);
    page_store_release(store, pages[0]);
    assert_memory_equal(page_store_data(store, pages[0]), page_of(1), PAGE);
    assert_int_equal(page_store_page_bytes(store, pages[0]), PAGE);
    for (unsigned i = 0; i < COUNT; i++) {
        if (i % 3) {
            assert_memory_equal(page_store_data(store, pages[i]),
                                i % 2 ? noise_of(i) : page_of(i + 1), PAGE);
        }
        page_store_release(store, pages[i]);
    }
    assert_empty(store);
    page_store_free(store);
}

/* What was looked at lately is packed last. */
static void test_store_packs_cold(void **state)
{
    enum { COUNT = 50 };
    struct page_store *store = page_store_new();
    uint32_t pages[COUNT];

    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        pages[i] = page_store_add(store, page_of(i + 1));
    }
    page_store_pack(store, 0, (COUNT - 1) * PAGE); /* all are considered */
    for (unsigned i = 1; i < COUNT; i += 2) {
        page_store_data(store, pages[i]);
    }
    page_store_pack(store, 0, (COUNT + 1) / 2 * PAGE);
    for (unsigned i = 1; i < COUNT; i += 2) {
        assert_int_equal(page_store_page_bytes(store, pages[i]), PAGE);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        page_store_release(store, pages[i]);
    }
    assert_empty(store);
    page_store_free(store);
}

struct differences {
    uint64_t last, count;
    const struct ram_image *a, *b;
};

static int note_difference(void *opaque, uint64_t number, uint32_t page_a, uint32_t page_b)
{
    struct differences *seen = opaque;

    assert_true(seen->count == 0 || number > seen->last);
    assert_int_equal(page_a, ram_image_get(seen->a, number));
    assert_int_equal(page_b, ram_image_get(seen->b, number));
    seen->last = number;
    seen->count++;
    return 0;
}

static uint64_t count_differences(const struct ram_image *a, const struct ram_image *b)
{
    struct differences seen = {.a = a, .b = b};

    assert_int_equal(ram_image_diff(a, b, note_difference, &seen), 0);
    return seen.count;
}

static void test_image(void **state)
{
    struct page_store *store = page_store_new();
    struct ram_image *a = ram_image_new(store, 70000), *b;
    uint64_t shared;

    (void)state;
    assert_int_equal(ram_image_page_count(a), 70000);
    for (uint64_t i = 0; i < 70000; i += 7) {
        assert_int_equal(ram_image_set(a, i, page_of(i + 1)), 0);
    }
    b = ram_image_copy(a);
    assert_int_equal(count_differences(a, b), 0);
    shared = page_store_used(store);
    assert_int_equal(ram_image_set(b, 14, page_of(1234)), 0);
    assert_int_equal(ram_image_set(b, 69993, page_of(0)), 0);
    assert_int_equal(ram_image_set(b, 15, page_of(5)), 0);
    assert_int_equal(ram_image_set(b, 21, page_of(22)), 0); /* what is there already */
    assert_int_equal(count_differences(a, b), 3);
    assert_memory_equal(ram_image_data(a, 14), page_of(15), PAGE);
    assert_memory_equal(ram_image_data(b, 14), page_of(1234), PAGE);
    assert_int_equal(ram_image_get(b, 69993), PAGE_STORE_ZERO);
    /* Only what differs costs anything. */
    assert_in_range(page_store_used(store) - shared, 2 * PAGE, 2 * PAGE + 4000);
    assert_in_range(ram_image_own_bytes(b), 2 * PAGE, 2 * PAGE + 4000);
    assert_int_equal(ram_image_share(b, 16, ram_image_get(b, 14)), 0);
    assert_int_equal(page_store_owners(store, ram_image_get(b, 16)), 2);
    ram_image_release(a);
    assert_memory_equal(ram_image_data(b, 28), page_of(29), PAGE);
    ram_image_release(b);
    assert_empty(store);
    page_store_free(store);
}

/* Generations of images against plain arrays. */
static void test_image_random(void **state)
{
    enum { PAGES = 300, IMAGES = 12, ROUNDS = 4000 };
    static uint64_t plain[IMAGES][PAGES];
    struct page_store *store = page_store_new();
    struct ram_image *images[IMAGES] = {ram_image_new(store, PAGES)};
    uint64_t random = 42;

    (void)state;
    for (unsigned i = 1; i < IMAGES; i++) {
        images[i] = ram_image_copy(images[0]);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned to = fixture_random(&random) % IMAGES, from = fixture_random(&random) % IMAGES;
        uint64_t number = fixture_random(&random) % PAGES, value = fixture_random(&random) % 5;
        uint64_t expected = 0;

        if (to != from && round % 10 == 0) {
            ram_image_release(images[to]);
            images[to] = ram_image_copy(images[from]);
            memcpy(plain[to], plain[from], sizeof(plain[to]));
        }
        if (round % 50 == 0) {
            page_store_pack(store, 0, fixture_random(&random) % 4 * PAGE);
        }
        assert_int_equal(ram_image_set(images[to], number, page_of(value)), 0);
        plain[to][number] = value;
        for (unsigned i = 0; i < PAGES; i++) {
            expected += plain[to][i] != plain[from][i];
        }
        assert_true(count_differences(images[to], images[from]) >= expected);
        number = fixture_random(&random) % PAGES;
        assert_memory_equal(ram_image_data(images[from], number), page_of(plain[from][number]),
                            PAGE);
    }
    for (unsigned i = 0; i < IMAGES; i++) {
        ram_image_release(images[i]);
    }
    assert_empty(store);
    page_store_free(store);
}

struct keeper {
    struct page_store *store;
    struct ram_image *ram, *cpu;
    struct checkpoint_set *set;
};

static void keeper_open(struct keeper *keeper, uint64_t budget)
{
    keeper->store = page_store_new();
    keeper->ram = ram_image_new(keeper->store, 64);
    keeper->cpu = ram_image_new(keeper->store, 1);
    keeper->set = checkpoint_set_new(keeper->store, budget);
}

/* A checkpoint with a page of its own. */
static void keep_page(struct keeper *keeper, uint64_t position, const uint8_t *page)
{
    struct ram_image *ram = ram_image_copy(keeper->ram);
    struct checkpoint *checkpoint;

    assert_int_equal(ram_image_set(ram, position % 64, page), 0);
    checkpoint = checkpoint_new(position, ram, keeper->cpu, 100);
    assert_int_equal(checkpoint_set_insert(keeper->set, checkpoint), 0);
    checkpoint_release(checkpoint);
    ram_image_release(ram);
}

static void keep(struct keeper *keeper, uint64_t position)
{
    keep_page(keeper, position, noise_of(position + 1));
}

static void keeper_close(struct keeper *keeper)
{
    checkpoint_set_free(keeper->set);
    ram_image_release(keeper->ram);
    ram_image_release(keeper->cpu);
    assert_empty(keeper->store);
    page_store_free(keeper->store);
}

static uint64_t position_of(const struct checkpoint *checkpoint)
{
    assert_non_null(checkpoint);
    return checkpoint->position;
}

static void test_set_finds(void **state)
{
    static const uint64_t positions[] = {50, 10, 30, 20, 40, 30};
    struct keeper keeper;

    (void)state;
    keeper_open(&keeper, UINT64_MAX);
    for (size_t i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
        keep(&keeper, positions[i]);
    }
    assert_int_equal(checkpoint_set_count(keeper.set), 5);
    assert_null(checkpoint_set_before(keeper.set, 9));
    assert_int_equal(position_of(checkpoint_set_before(keeper.set, 10)), 10);
    assert_int_equal(position_of(checkpoint_set_before(keeper.set, 39)), 30);
    assert_int_equal(position_of(checkpoint_set_before(keeper.set, UINT64_MAX)), 50);
    assert_int_equal(position_of(checkpoint_set_after(keeper.set, 0)), 10);
    assert_int_equal(position_of(checkpoint_set_after(keeper.set, 30)), 40);
    assert_null(checkpoint_set_after(keeper.set, 50));
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(position_of(checkpoint_set_at(keeper.set, i)), 10 * (i + 1));
    }
    assert_null(checkpoint_set_at(keeper.set, 5));
    assert_true(checkpoint_own_bytes(checkpoint_set_at(keeper.set, 2)) >= PAGE);
    keeper_close(&keeper);
}

/* What is left grows thinner with the distance from the point of interest. */
static void test_set_evicts(void **state)
{
    enum { COUNT = 1000, INTEREST = 600000 };
    struct keeper keeper;
    uint64_t budget = 60 * (PAGE + 600), last = 0, near = 0;

    (void)state;
    keeper_open(&keeper, budget);
    for (uint64_t i = 0; i < COUNT; i++) {
        keep(&keeper, i * 1000);
        checkpoint_set_evict(keeper.set, INTEREST, 0);
        assert_true(page_store_used(keeper.store) <= budget);
    }
    assert_in_range(checkpoint_set_count(keeper.set), 30, 70);
    assert_int_equal(position_of(checkpoint_set_at(keeper.set, 0)), 0);
    for (size_t i = 1; i < checkpoint_set_count(keeper.set); i++) {
        uint64_t position = position_of(checkpoint_set_at(keeper.set, i));

        if (position <= INTEREST) {
            /* A gap is never much longer than the way from it to the point of interest. */
            assert_true(position - last <= INTEREST - position + 4000 + position / 2);
            near += position + 5000 >= INTEREST;
        }
        last = position;
    }
    assert_true(near >= 3);
    keeper_close(&keeper);
}

/* What can be packed is not given up. */
static void test_set_packs(void **state)
{
    enum { COUNT = 100 };
    struct keeper keeper;

    (void)state;
    keeper_open(&keeper, COUNT / 4 * PAGE);
    for (uint64_t i = 0; i < COUNT; i++) {
        keep_page(&keeper, i * 1000, page_of(i + 1));
        checkpoint_set_evict(keeper.set, i * 1000, 0);
    }
    assert_int_equal(checkpoint_set_count(keeper.set), COUNT);
    assert_true(page_store_used(keeper.store) <= COUNT / 4 * PAGE);
    for (uint64_t i = 0; i < COUNT; i++) {
        assert_memory_equal(ram_image_data(checkpoint_set_at(keeper.set, i)->ram, i * 1000 % 64),
                            page_of(i + 1), PAGE);
    }
    keeper_close(&keeper);
}

/* Without any room one checkpoint stays: the first. */
static void test_set_keeps_first(void **state)
{
    struct keeper keeper;
    struct checkpoint *held;

    (void)state;
    keeper_open(&keeper, 0);
    keep(&keeper, 7);
    checkpoint_set_evict(keeper.set, 0, 0);
    assert_int_equal(checkpoint_set_count(keeper.set), 1);
    keep(&keeper, 100);
    keep(&keeper, 200);
    held = checkpoint_take(checkpoint_set_at(keeper.set, 2));
    checkpoint_set_evict(keeper.set, 300, 50);
    assert_int_equal(checkpoint_set_count(keeper.set), 1);
    assert_int_equal(position_of(checkpoint_set_at(keeper.set, 0)), 7);
    /* Whoever holds one that was evicted can use it on. */
    assert_memory_equal(ram_image_data(held->ram, 200 % 64), noise_of(201), PAGE);
    checkpoint_release(held);
    keeper_close(&keeper);
}

/* But the nearest before the point of interest stay as well. */
static void test_set_keeps_nearest(void **state)
{
    struct keeper keeper;

    (void)state;
    keeper_open(&keeper, 0);
    for (uint64_t i = 0; i < 20; i++) {
        keep(&keeper, i * 100);
    }
    checkpoint_set_evict(keeper.set, 1250, 1000);
    assert_int_equal(checkpoint_set_count(keeper.set), 1 + CHECKPOINT_SET_KEPT);
    for (uint64_t i = 1; i <= CHECKPOINT_SET_KEPT; i++) {
        assert_int_equal(position_of(checkpoint_set_at(keeper.set, i)),
                         1200 - (CHECKPOINT_SET_KEPT - i) * 100);
    }
    checkpoint_set_evict(keeper.set, 1250, 60);
    assert_int_equal(checkpoint_set_count(keeper.set), 2);
    keeper_close(&keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_store_grows),
        cmocka_unit_test(test_store_shares),
        cmocka_unit_test(test_store_packs),
        cmocka_unit_test(test_store_packs_cold),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_image_random),
        cmocka_unit_test(test_set_finds),
        cmocka_unit_test(test_set_evicts),
        cmocka_unit_test(test_set_packs),
        cmocka_unit_test(test_set_keeps_first),
        cmocka_unit_test(test_set_keeps_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf_builder.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define LINKED_AT 0x80000000u
#define NAME_SIZE 8

enum section_index { SECTION_NULL, SECTION_TEXT, SECTION_RODATA, SECTION_SYMTAB, SECTION_STRTAB };
#define SECTION_COUNT 5

struct place {
    size_t loaded, symbols, strings, sections, end;
};

static struct place place_parts(const struct elf_layout *layout)
{
    size_t symbol = layout->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    size_t section = layout->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
    struct place place = {.loaded = 0x200};

    place.symbols = place.loaded + ((layout->text_size + layout->rodata_size + 7) & ~(size_t)7);
    place.strings = place.symbols + layout->mark_count * symbol;
    place.sections = place.strings + layout->mark_count * NAME_SIZE;
    place.end = place.sections + SECTION_COUNT * section;
    return place;
}

/* Fills in a structure that has an ELF32 and an ELF64 variant with members of the same names. */
#define FILL(wide, at, structure, ...)                                                             \
    do {                                                                                           \
        if (wide) {                                                                                \
            memcpy((at), &(Elf64_##structure){__VA_ARGS__}, sizeof(Elf64_##structure));            \
        } else {                                                                                   \
            memcpy((at), &(Elf32_##structure){__VA_ARGS__}, sizeof(Elf32_##structure));            \
        }                                                                                          \
    } while (0)

static void write_headers(const struct elf_layout *layout, const struct place *place, uint8_t *file)
{
    bool wide = layout->wide;
    size_t loaded = layout->text_size + layout->rodata_size;
    size_t header = wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);

    FILL(wide, file, Ehdr,
         .e_ident = {0x7f, 'E', 'L', 'F', wide ? ELFCLASS64 : ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
         .e_type = ET_EXEC, .e_machine = wide ? EM_AARCH64 : EM_ARM, .e_version = EV_CURRENT,
         .e_phoff = header, .e_phnum = 1,
         .e_phentsize = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr),
         .e_shoff = layout->without_sections ? 0 : place->sections,
         .e_shnum = layout->without_sections ? 0 : SECTION_COUNT,
         .e_shentsize = wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
    FILL(wide, file + header, Phdr, .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
         .p_offset = place->loaded, .p_vaddr = LINKED_AT, .p_paddr = layout->address,
         .p_filesz = loaded, .p_memsz = loaded);
}

static void write_sections(const struct elf_layout *layout, const struct place *place,
                           uint8_t *file)
{
    bool wide = layout->wide;
    size_t header = wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
    size_t symbol = wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    uint8_t *at = file + place->sections;

    FILL(wide, at + SECTION_TEXT * header, Shdr, .sh_type = SHT_PROGBITS,
         .sh_flags = SHF_ALLOC | SHF_EXECINSTR, .sh_addr = LINKED_AT, .sh_offset = place->loaded,
         .sh_size = layout->text_size);
    FILL(wide, at + SECTION_RODATA * header, Shdr, .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC,
         .sh_addr = LINKED_AT + layout->text_size, .sh_offset = place->loaded + layout->text_size,
         .sh_size = layout->rodata_size);
    FILL(wide, at + SECTION_SYMTAB * header, Shdr, .sh_type = SHT_SYMTAB,
         .sh_offset = place->symbols, .sh_size = layout->mark_count * symbol, .sh_entsize = symbol,
         .sh_link = SECTION_STRTAB);
    FILL(wide, at + SECTION_STRTAB * header, Shdr, .sh_type = SHT_STRTAB,
         .sh_offset = place->strings, .sh_size = layout->mark_count * NAME_SIZE);
}

static void write_symbols(const struct elf_layout *layout, const struct place *place, uint8_t *file)
{
    size_t symbol = layout->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);

    for (size_t i = 0; i < layout->mark_count; i++) {
        FILL(layout->wide, file + place->symbols + i * symbol, Sym, .st_name = i * NAME_SIZE,
             .st_shndx = SECTION_TEXT, .st_value = LINKED_AT + layout->marks[i].offset);
        memcpy(file + place->strings + i * NAME_SIZE, layout->marks[i].name,
               strnlen(layout->marks[i].name, NAME_SIZE - 1));
    }
}

uint8_t *elf_build(const struct elf_layout *layout, size_t *size)
{
    struct place place = place_parts(layout);
    uint8_t *file = calloc(1, place.end);

    if (!file) {
        abort();
    }
    write_headers(layout, &place, file);
    write_sections(layout, &place, file);
    write_symbols(layout, &place, file);
    memcpy(file + place.loaded, layout->loaded, layout->text_size + layout->rodata_size);
    *size = place.end;
    return file;
}

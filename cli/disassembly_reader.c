/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "disassembly_reader.h"

#include "reader_process.h"

/* bfd.h wants to be included by a configured package only. */
#define PACKAGE "ebb"
#define PACKAGE_VERSION "1"
#include <dis-asm.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MORE_MEMORY (64ull << 20) /* bytes that libopcodes may take */

struct work {
    struct disassembly_question question;
    struct disassembly_answer answer;
    size_t length; /* of the text */
};

static int add_text(struct work *work, const char *format, va_list arguments)
{
    size_t room = sizeof(work->answer.text) - work->length;
    int length = vsnprintf(work->answer.text + work->length, room, format, arguments);

    if (length > 0) {
        work->length += (size_t)length < room ? (size_t)length : room - 1;
    }
    return length;
}

__attribute__((format(printf, 2, 3))) static int print(void *opaque, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = add_text(opaque, format, arguments);
    va_end(arguments);
    return length;
}

__attribute__((format(printf, 3, 4))) static int
print_styled(void *opaque, enum disassembler_style style, const char *format, ...)
{
    va_list arguments;
    int length;

    (void)style;
    va_start(arguments, format);
    length = add_text(opaque, format, arguments);
    va_end(arguments);
    return length;
}

static void print_address(bfd_vma address, struct disassemble_info *info)
{
    struct work *work = info->stream;

    work->answer.has_target = 1;
    work->answer.target = address;
    print(work, "0x%llx", (unsigned long long)address);
}

static int read_bytes(bfd_vma address, bfd_byte *to, unsigned length, struct disassemble_info *info)
{
    const struct disassembly_question *question = &((struct work *)info->stream)->question;
    uint64_t offset = address - question->address;

    if (offset > question->size || length > question->size - offset) {
        return -1;
    }
    memcpy(to, question->bytes + offset, length);
    return 0;
}

static void report(int status, bfd_vma address, struct disassemble_info *info)
{
    (void)status;
    (void)address;
    (void)info;
}

/* Thumb is no architecture of its own, and the option stays until another one comes. */
static void describe(struct disassemble_info *info, struct work *work)
{
    bool wide = work->question.set == DISASSEMBLY_A64;

    init_disassemble_info(info, work, print, print_styled);
    info->arch = wide ? bfd_arch_aarch64 : bfd_arch_arm;
    info->mach = wide ? bfd_mach_aarch64 : bfd_mach_arm_unknown;
    info->endian = info->endian_code = BFD_ENDIAN_LITTLE; /* instructions are, whatever data is */
    info->read_memory_func = read_bytes;
    info->memory_error_func = report;
    info->print_address_func = print_address;
    disassemble_init_for_target(info);
    if (!wide) {
        /* Registers have the names that gdb has for them. */
        info->disassembler_options = work->question.set == DISASSEMBLY_T32
                                         ? "reg-names-std,force-thumb"
                                         : "reg-names-std,no-force-thumb";
    }
}

static void think(struct work *work)
{
    struct disassemble_info info;
    disassembler_ftype disassemble;
    int size;

    describe(&info, work);
    disassemble = disassembler(info.arch, false, info.mach, NULL);
    size = disassemble && work->question.size <= DISASSEMBLY_BYTES
               ? disassemble(work->question.address, &info)
               : -1;
    disassemble_free_target(&info);
    work->answer.size = size > 0 ? (uint32_t)size : 0;
}

void disassembly_reader_serve(const void *unused, int socket)
{
    static struct work work;

    (void)unused;
    reader_process_close_others(socket);
    reader_process_enclose(MORE_MEMORY);
    while (read(socket, &work.question, sizeof(work.question)) == sizeof(work.question)) {
        memset(&work.answer, 0, sizeof(work.answer));
        work.length = 0;
        think(&work);
        reader_process_answer(socket, &work.answer, sizeof(work.answer));
    }
    _exit(0);
}

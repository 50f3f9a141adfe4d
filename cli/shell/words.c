/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words.h"

#include <string.h>

static const char blanks[] = " \t\r\n";

char *words_trim(char *text)
{
    size_t length;

    text += strspn(text, blanks);
    for (length = strlen(text); length > 0 && strchr(blanks, text[length - 1]); length--) {
        text[length - 1] = '\0';
    }
    return text;
}

char *words_next(char **rest)
{
    char *word = *rest + strspn(*rest, blanks), *end = word + strcspn(word, blanks);

    *rest = end + strspn(end, blanks);
    *end = '\0';
    return *word ? word : NULL;
}

bool words_take(char **rest, const char *word)
{
    char *text = *rest + strspn(*rest, blanks);
    size_t length = strlen(word);

    if (strncmp(text, word, length) != 0 || (text[length] && !strchr(blanks, text[length]))) {
        return false;
    }
    text += length;
    *rest = text + strspn(text, blanks);
    return true;
}

int words_option(char **rest, const char *word, char **value, struct ebb_error *error)
{
    *value = NULL;
    if (words_take(rest, word) && !(*value = words_next(rest))) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%s is followed by a word", word);
    }
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints what may do harm where a console is put into a page: markup, the ends of what pages
 * consist of, control characters, bytes that are no text. */
#include "guest.h"

#define LONG_LINE 3000
#define CONTROLS "zero\0one\001escape\033[31m"
#define NO_TEXT "bad\xff\xc0\xaf\xed\xa0\x80."

static void print_bytes(const char *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        console_put(bytes[i]);
    }
    console_put('\n');
}

int main(void)
{
    print("</script><img src=x onerror=document.title='taken'>\n");
    print("<script>document.title='taken'</script><style>body{display:none}</style>\n");
    print("<!--<script>\n");
    print("]]> &lt;b&gt; &amp; \"quotes\" 'apostrophes' \\u003c \\\\ </textarea></title>\n");
    print_bytes(CONTROLS, sizeof(CONTROLS) - 1);
    print_bytes(NO_TEXT, sizeof(NO_TEXT) - 1);
    print("line\xe2\x80\xa8separator, \xe2\x80\xae"
          "override, \xf0\x9f\x98\x80\n");
    for (unsigned i = 0; i < LONG_LINE; i++) {
        console_put('x');
    }
    print("\n");
    finish("hostile");
}

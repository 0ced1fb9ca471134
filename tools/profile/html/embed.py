#!/usr/bin/env python3
"""embed.py PAGE OUT: makes one page out of the template and the files that it names, as C++.

A line `@file:NAME@` of the template stands for that file, and `@slot:NAME@` for what a run says. The page's
pieces between the slots become strings (page_template.h).
"""
import re
import sys
from pathlib import Path

SLOTS = ["title", "glance", "details", "data"]  # in the order of page_template.h
LITERAL = 8192  # bytes: compilers need not take longer ones


def read(folder, name):
    text = (folder / name).read_text(encoding="utf-8").rstrip("\n")
    if re.search(r"</(?:script|style)", text, re.IGNORECASE):
        sys.exit(f"{name}: ends the element that it is put into")
    return text


def assemble(page):
    """The template with its files in their places."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"@file:([\w./-]+)@", lambda found: read(page.parent, found[1]), text)


def pieces_of(text):
    """What is before, between and after the slots."""
    parts = re.split(r"@slot:(\w+)@", text)
    if parts[1::2] != SLOTS:
        sys.exit(f"the page's slots are {parts[1::2]}, they have to be {SLOTS}")
    return parts[0::2]


def literal(text):
    """Octal escapes have three digits at most, so that nothing that follows becomes part of them."""
    plain = bytes(range(0x20, 0x7F)).translate(None, b'"\\?')
    data = text.encode("utf-8")
    chunks = [data[i : i + LITERAL] for i in range(0, len(data), LITERAL)]
    return "\n".join('    "' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in chunk) + '"'
                     for chunk in chunks)


def main():
    page, out = map(Path, sys.argv[1:])
    pieces = ",\n".join(literal(piece) for piece in pieces_of(assemble(page)))
    out.write_text("// Made by embed.py: change the files of tools/profile/html instead.\n"
                   '#include "tools/profile/page_template.h"\n\n'
                   "namespace hawser::profile {\n\n"
                   f"const PageTemplate kPage = {{\n{pieces}}};\n\n"
                   "}  // namespace hawser::profile\n", encoding="utf-8")


if __name__ == "__main__":
    main()

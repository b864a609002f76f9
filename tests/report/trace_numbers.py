#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""trace_numbers.py TEXTS.def DIR: does each number in DIR/report.html stand among the facts of DIR/report.json?

A number may be a fact, stand in a fact that is text, be how many there are of something, or be the short form of a
fact (1.37 GiB). Numbers of chapters and tables, and those in the words of the report itself (TEXTS.def), are none of
the evidence's. Of the files beside the report, digest and size are facts too.
"""
import hashlib
import html.parser
import json
import os
import re
import sys

NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
HEX = re.compile(r"[0-9a-f]{32,}")
# a root or a signature in the form of a checkpoint: its digits are no numbers
BASE64 = re.compile(r"[A-Za-z0-9+/]{42,}=")
# names that are no numbers: techniques of a catalogue, what a program is called, what a note begins with, how long a
# signature is by its definition
NAMES = re.compile(r"DFT-[0-9]+|base64|sha256|sha1|md5|head-v1|ed25519|C2SP|tail -c 64", re.IGNORECASE)
UNITS = 7


class Text(html.parser.HTMLParser):
    """The text of a document, block by block; what only numbers the document itself is left out."""

    OWN = {"no", "tno"}
    INLINE = {"span", "wbr", "b", "bdi", "a"}
    VOID = {"meta", "wbr", "br", "rect", "path", "img", "link"}

    def __init__(self):
        super().__init__()
        self.skipped, self.stack, self.blocks = 0, [], [""]

    def handle_starttag(self, tag, attributes):
        if tag not in self.INLINE:
            self.blocks.append("")
        if tag in self.VOID:
            return
        skip = tag == "style" or bool(self.OWN & set((dict(attributes).get("class") or "").split()))
        self.stack.append(skip)
        self.skipped += skip

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        if tag not in self.INLINE:
            self.blocks.append("")
        self.skipped -= self.stack.pop()

    def handle_data(self, data):
        if not self.skipped:
            self.blocks[-1] += data


def numbers_in(text):
    return NUMBER.findall(text)


def short_forms(value):
    for unit in range(1, UNITS):
        size = value / 1024**unit
        yield f"{size:.2f}"
        yield f"{size:.1f}"


class Facts:
    def __init__(self):
        self.numbers, self.digests = set(), set()

    def add(self, value):
        if isinstance(value, dict):
            self.number(len(value))
            for key, member in value.items():
                self.text(key)
                self.add(member)
        elif isinstance(value, list):
            self.number(len(value))
            for member in value:
                self.add(member)
        elif isinstance(value, str):
            self.text(value)
        elif isinstance(value, float):
            self.numbers.update((f"{value:.1f}", f"{value:.2f}", f"{value:.3f}"))
        elif isinstance(value, int) and not isinstance(value, bool):
            self.number(value)
            self.numbers.update(short_forms(value))

    def number(self, value):
        self.numbers.add(str(value))

    def text(self, text):
        self.digests.update(HEX.findall(text.lower()))
        self.numbers.update(numbers_in(text))
        # an identifier, a path or a time breaks into its parts where a line does
        self.numbers.update(re.findall("[0-9]+", text))

    def file(self, path):
        with open(path, "rb") as f:
            content = f.read()
        self.digests.add(hashlib.sha256(content).hexdigest())
        self.number(len(content))

    def knows(self, token):
        plain = token.replace(",", "")
        return token in self.numbers or plain in self.numbers


def untraced(blocks, facts):
    for block in blocks:
        for digest in HEX.findall(block):
            if digest not in facts.digests:
                yield digest, block
        for token in numbers_in(NAMES.sub(" ", BASE64.sub(" ", HEX.sub(" ", block)))):
            if not facts.knows(token):
                yield token, block


def main(texts, directory):
    facts = Facts()
    with open(os.path.join(directory, "report.json"), encoding="utf-8") as f:
        facts.add(json.load(f))
    for name in os.listdir(directory):
        if not name.endswith((".html", ".pdf")):
            facts.file(os.path.join(directory, name))
    with open(texts, encoding="utf-8") as f:
        facts.numbers.update(numbers_in(f.read()))
    document = Text()
    with open(os.path.join(directory, "report.html"), encoding="utf-8") as f:
        document.feed(f.read())
    seen = sum(len(numbers_in(block)) for block in document.blocks)
    bad = list(untraced(document.blocks, facts))
    for token, block in bad:
        print(f"{token} is in no fact: {' '.join(block.split())[:160]}")
    print(f"{directory}: {seen} numbers, {len(bad)} of them in no fact")
    return 1 if bad or seen < 20 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))

"""Reads what callgrind wrote: the own instructions (without callees') of each function and object file."""
import re
from collections import Counter
from typing import NamedTuple

NAME = re.compile(r"\((\d+)\)(?: (.*))?$")


class Costs(NamedTuple):
    total: int
    by_object: Counter
    by_function: Counter

    def minus(self, other):
        """Counter's own minus drops negative differences; a function may well run less often."""
        by_object, by_function = Counter(self.by_object), Counter(self.by_function)
        by_object.subtract(other.by_object)
        by_function.subtract(other.by_function)
        return Costs(self.total - other.total, by_object, by_function)


class Names:
    """The file writes a name once, as `(12) name`, and `(12)` from then on."""

    def __init__(self):
        self._names = {}

    def read(self, text):
        found = NAME.match(text)
        if not found:
            return text
        number, name = found.groups()
        if name is not None:
            self._names[number] = name
        return self._names[number]


def parse(lines):
    """Callgrind format 1 (valgrind manual, "Callgrind Format Specification")."""
    objects, functions = Names(), Names()
    by_object, by_function = Counter(), Counter()
    current_object = current_function = "?"
    is_callee_cost = False
    for line in lines:
        key, equals, value = line.rstrip("\n").partition("=")
        if equals and key == "ob":
            current_object = objects.read(value)
        elif equals and key == "fn":
            current_function = functions.read(value)
        elif equals and key == "cob":
            objects.read(value)
        elif equals and key == "cfn":
            functions.read(value)
        elif equals and key == "calls":
            is_callee_cost = True  # the next line is the callee's inclusive cost
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            fields = line.split()
            if not is_callee_cost and len(fields) > 1:
                by_object[current_object] += int(fields[1])
                by_function[current_function] += int(fields[1])
            is_callee_cost = False
    return Costs(sum(by_object.values()), by_object, by_function)

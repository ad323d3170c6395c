"""The resources of the interface `echo`."""

import re

from componentize_py_types import Err
from wit_world.exports import echo


class Counter(echo.Counter):
    """A number that lives in the component."""

    def __init__(self, start):
        self.count = start

    def value(self):
        return self.count

    def next(self):
        return self.go_up(1)

    def add(self, other):
        return self.go_up(other.count)

    def absorb(self, other):
        return self.go_up(other.count)

    def copy(self):
        return Counter(self.count)

    @classmethod
    def parse(cls, text):
        if not re.fullmatch("[0-9]{1,9}", text):
            raise Err(f"`{text}` is no number")
        return cls(int(text))

    def go_up(self, by):
        self.count = (self.count + by) % 2**32
        return self.count

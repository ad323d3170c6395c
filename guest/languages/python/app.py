"""The world `languages`, in Python."""

import echo  # noqa: F401, its classes are looked up there
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.echo import (
    NoQuotient_ByZero,
    NoQuotient_Remainder,
    NoQuotient_Unwanted,
)


def same(self, value):
    return value


class Echo(exports.Echo):
    """The functions of the interface. Its resources are classes of the module `echo`."""

    echo_bool = echo_char = echo_string = same
    echo_u8 = echo_u16 = echo_u32 = echo_u64 = same
    echo_s8 = echo_s16 = echo_s32 = echo_s64 = same
    echo_f32 = echo_f64 = same
    echo_bytes = echo_integers = echo_floats = echo_strings = echo_rows = echo_pair = same
    echo_person = echo_people = echo_color = echo_shapes = echo_rights = same
    echo_option = echo_options = echo_results = same

    def echo_result(self, value):
        if isinstance(value, Err):
            raise value
        return value.value

    def divide(self, a, b, unwanted):
        if b == 0:
            raise Err(NoQuotient_ByZero())
        sign = 1 if (a < 0) == (b < 0) else -1
        quotient = sign * (abs(a) // abs(b))
        if quotient * b != a:
            raise Err(NoQuotient_Remainder(a - quotient * b))
        if quotient in unwanted:
            raise Err(NoQuotient_Unwanted(str(quotient)))
        return quotient

    def reverse(self, counters):
        return counters[::-1]

    def say(self, line):
        print(line, flush=True)

    def fail(self, why):
        raise RuntimeError(why)

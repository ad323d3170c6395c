//! The world `languages`, in Rust.

use std::cell::Cell;

use crate::bindings::exports::test::languages::echo::*;

mod bindings {
    wit_bindgen::generate!({ path: "../languages.wit" });
    export!(Component with_types_in self);
    use super::Component;
}

struct Component;

/// Functions that take one value and give it back.
macro_rules! echo {
    ($($name:ident: $type:ty,)*) => {
        $(fn $name(value: $type) -> $type {
            value
        })*
    };
}

impl Guest for Component {
    type Counter = CounterState;

    echo! {
        echo_bool: bool,
        echo_u8: u8,
        echo_u16: u16,
        echo_u32: u32,
        echo_u64: u64,
        echo_s8: i8,
        echo_s16: i16,
        echo_s32: i32,
        echo_s64: i64,
        echo_f32: f32,
        echo_f64: f64,
        echo_char: char,
        echo_string: String,
        echo_bytes: Vec<u8>,
        echo_integers: Vec<i64>,
        echo_floats: Vec<f64>,
        echo_strings: Vec<String>,
        echo_rows: Vec<Vec<u16>>,
        echo_pair: (u8, String),
        echo_person: Person,
        echo_people: Vec<Person>,
        echo_color: Color,
        echo_shapes: Vec<Shape>,
        echo_rights: Rights,
        echo_option: Option<u32>,
        echo_options: Option<Option<String>>,
        echo_results: Vec<Result<u8, String>>,
        echo_result: Result<String, Color>,
    }

    fn divide(a: i32, b: i32, unwanted: Vec<i32>) -> Result<i32, NoQuotient> {
        if b == 0 {
            return Err(NoQuotient::ByZero);
        }
        if a.wrapping_rem(b) != 0 {
            return Err(NoQuotient::Remainder(a % b));
        }
        let quotient = a.wrapping_div(b);
        match unwanted.contains(&quotient) {
            true => Err(NoQuotient::Unwanted(quotient.to_string())),
            false => Ok(quotient),
        }
    }

    fn reverse(mut counters: Vec<Counter>) -> Vec<Counter> {
        counters.reverse();
        counters
    }

    fn say(line: String) {
        println!("{line}");
    }

    fn fail(why: String) {
        panic!("{why}");
    }
}

/// The resource `counter`.
struct CounterState(Cell<u32>);

impl CounterState {
    fn go_up(&self, by: u32) -> u32 {
        self.0.set(self.0.get().wrapping_add(by));
        self.0.get()
    }
}

impl GuestCounter for CounterState {
    fn new(start: u32) -> Self {
        Self(Cell::new(start))
    }

    fn value(&self) -> u32 {
        self.0.get()
    }

    fn next(&self) -> u32 {
        self.go_up(1)
    }

    fn add(&self, other: CounterBorrow<'_>) -> u32 {
        self.go_up(other.get::<Self>().value())
    }

    fn absorb(&self, other: Counter) -> u32 {
        self.go_up(other.get::<Self>().value())
    }

    fn copy(&self) -> Counter {
        Counter::new(Self::new(self.value()))
    }

    fn parse(text: String) -> Result<Counter, String> {
        let is_number = matches!(text.len(), 1..=9) && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(start) if is_number => Ok(Counter::new(Self::new(start))),
            _ => Err(format!("`{text}` is no number")),
        }
    }
}

// The world `languages`, in C.
//
// `languages.h` and `languages.c` are made from the WIT by wit-bindgen. What a function is given is its own: it frees it
// or gives it back; what it gives back is freed for it.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "languages.h"

#define CONSTANT(name) EXPORTS_TEST_LANGUAGES_ECHO_##name
#define EXPORT(name) exports_test_languages_echo_##name
#define TYPE(name) exports_test_languages_echo_##name##_t

// Functions that take one value and give it back: a scalar, or something in memory.
#define ECHO(name, type) \
  type EXPORT(echo_##name)(type value) { return value; }
#define ECHO_AT(name, type) \
  void EXPORT(echo_##name)(type *value, type *ret) { *ret = *value; }

ECHO(bool, bool)
ECHO(u8, uint8_t)
ECHO(u16, uint16_t)
ECHO(u32, uint32_t)
ECHO(u64, uint64_t)
ECHO(s8, int8_t)
ECHO(s16, int16_t)
ECHO(s32, int32_t)
ECHO(s64, int64_t)
ECHO(f32, float)
ECHO(f64, double)
ECHO(char, uint32_t)
ECHO(color, TYPE(color))
ECHO(rights, TYPE(rights))

ECHO_AT(string, languages_string_t)
ECHO_AT(bytes, languages_list_u8_t)
ECHO_AT(integers, languages_list_s64_t)
ECHO_AT(floats, languages_list_f64_t)
ECHO_AT(strings, languages_list_string_t)
ECHO_AT(rows, languages_list_list_u16_t)
ECHO_AT(pair, languages_tuple2_u8_string_t)
ECHO_AT(person, TYPE(person))
ECHO_AT(people, TYPE(list_person))
ECHO_AT(shapes, TYPE(list_shape))
ECHO_AT(results, TYPE(list_result_u8_string))

// An option is a pointer, null where there is none, and comes back as whether there is one.

bool EXPORT(echo_option)(uint32_t *value, uint32_t *ret) {
  if (value) *ret = *value;
  return value != NULL;
}

bool EXPORT(echo_options)(languages_option_string_t *value, languages_option_string_t *ret) {
  if (value) *ret = *value;
  return value != NULL;
}

// A result is whether it went well.

bool EXPORT(echo_result)(TYPE(result_string_color) *value, languages_string_t *ret, TYPE(color) *err) {
  if (value->is_err) *err = value->val.err;
  else *ret = value->val.ok;
  return !value->is_err;
}

static bool contains(languages_list_s32_t *list, int32_t number) {
  for (size_t index = 0; index < list->len; index++) {
    if (list->ptr[index] == number) return true;
  }
  return false;
}

bool EXPORT(divide)(int32_t a, int32_t b, languages_list_s32_t *unwanted, int32_t *ret, TYPE(no_quotient) *err) {
  bool whole = b != 0 && (int64_t)a % b == 0;
  int32_t quotient = whole ? (int32_t)((int64_t)a / b) : 0;
  bool wanted = whole && !contains(unwanted, quotient);
  languages_list_s32_free(unwanted);
  if (wanted) {
    *ret = quotient;
  } else if (b == 0) {
    err->tag = CONSTANT(NO_QUOTIENT_BY_ZERO);
  } else if (!whole) {
    err->tag = CONSTANT(NO_QUOTIENT_REMAINDER);
    err->val.remainder = a % b;
  } else {
    char text[12];
    snprintf(text, sizeof text, "%d", (int)quotient);
    err->tag = CONSTANT(NO_QUOTIENT_UNWANTED);
    languages_string_dup(&err->val.unwanted, text);
  }
  return wanted;
}

// The resource `counter`. An owned one is a handle; a borrowed one is the counter itself.

struct TYPE(counter) {
  uint32_t value;
};

static uint32_t go_up(TYPE(counter) *self, uint32_t by) {
  return self->value += by;
}

TYPE(own_counter) EXPORT(constructor_counter)(uint32_t start) {
  TYPE(counter) *counter = malloc(sizeof *counter);
  if (!counter) abort();
  counter->value = start;
  return EXPORT(counter_new)(counter);
}

void EXPORT(counter_destructor)(TYPE(counter) *self) {
  free(self);
}

uint32_t EXPORT(method_counter_value)(TYPE(borrow_counter) self) {
  return self->value;
}

uint32_t EXPORT(method_counter_next)(TYPE(borrow_counter) self) {
  return go_up(self, 1);
}

uint32_t EXPORT(method_counter_add)(TYPE(borrow_counter) self, TYPE(borrow_counter) other) {
  return go_up(self, other->value);
}

uint32_t EXPORT(method_counter_absorb)(TYPE(borrow_counter) self, TYPE(own_counter) other) {
  uint32_t value = go_up(self, EXPORT(counter_rep)(other)->value);
  EXPORT(counter_drop_own)(other);
  return value;
}

TYPE(own_counter) EXPORT(method_counter_copy)(TYPE(borrow_counter) self) {
  return EXPORT(constructor_counter)(self->value);
}

bool EXPORT(static_counter_parse)(languages_string_t *text, TYPE(own_counter) *ret, languages_string_t *err) {
  bool number = text->len >= 1 && text->len <= 9;
  uint32_t value = 0;
  for (size_t index = 0; number && index < text->len; index++) {
    number = text->ptr[index] >= '0' && text->ptr[index] <= '9';
    value = value * 10 + (text->ptr[index] - '0');
  }
  if (number) {
    *ret = EXPORT(constructor_counter)(value);
  } else {
    const char *words = "` is no number";
    err->len = 1 + text->len + strlen(words);
    err->ptr = malloc(err->len);
    if (!err->ptr) abort();
    err->ptr[0] = '`';
    memcpy(err->ptr + 1, text->ptr, text->len);
    memcpy(err->ptr + 1 + text->len, words, strlen(words));
  }
  languages_string_free(text);
  return number;
}

void EXPORT(reverse)(TYPE(list_own_counter) *counters, TYPE(list_own_counter) *ret) {
  for (size_t index = 0; index < counters->len / 2; index++) {
    TYPE(own_counter) swapped = counters->ptr[index];
    counters->ptr[index] = counters->ptr[counters->len - 1 - index];
    counters->ptr[counters->len - 1 - index] = swapped;
  }
  *ret = *counters;
}

void EXPORT(say)(languages_string_t *line) {
  fwrite(line->ptr, 1, line->len, stdout);
  putchar('\n');
  fflush(stdout); // it is no terminal, and nothing flushes it at the end: a component has none
  languages_string_free(line);
}

void EXPORT(fail)(languages_string_t *why) {
  fwrite(why->ptr, 1, why->len, stderr);
  fputc('\n', stderr);
  abort();
}

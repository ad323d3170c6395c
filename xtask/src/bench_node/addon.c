// What `fixture-echo` has of the loops in benches/call, as a native addon: the shortest code that does it, no status checked.
#include <node_api.h>
#include <stdlib.h>

// Each function begins with its arguments, and with the object that it is called on.
#define FUNCTION(name, count)                                     \
  static napi_value name(napi_env env, napi_callback_info info) { \
    napi_value args[count + 1], self, result = NULL;              \
    size_t given = count;                                         \
    napi_get_cb_info(env, info, &given, args, &self, NULL);

FUNCTION(nop, 0) return result; }

FUNCTION(add, 2)
  uint32_t a, b;
  napi_get_value_uint32(env, args[0], &a);
  napi_get_value_uint32(env, args[1], &b);
  napi_create_uint32(env, a + b, &result);
  return result;
}

FUNCTION(echo_string, 1)
  char text[4096];
  size_t length;
  napi_get_value_string_utf8(env, args[0], text, sizeof text, &length);
  napi_create_string_utf8(env, text, length, &result);
  return result;
}

FUNCTION(echo_bytes, 1)
  void *bytes;
  size_t length;
  napi_get_typedarray_info(env, args[0], NULL, &length, &bytes, NULL, NULL);
  napi_create_buffer_copy(env, length, bytes, NULL, &result);
  return result;
}

FUNCTION(sum_bytes, 1)
  void *bytes;
  size_t length;
  napi_get_typedarray_info(env, args[0], NULL, &length, &bytes, NULL, NULL);
  uint64_t sum = 0;
  for (size_t i = 0; i < length; i++) sum += ((uint8_t *)bytes)[i];
  napi_create_bigint_uint64(env, sum, &result);
  return result;
}

FUNCTION(echo_eight, 1)
  static const char *const names[8] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  uint32_t numbers[8];
  napi_value value;
  for (int i = 0; i < 8; i++) {
    napi_get_named_property(env, args[0], names[i], &value);
    napi_get_value_uint32(env, value, &numbers[i]);
  }
  napi_create_object(env, &result);
  for (int i = 0; i < 8; i++) {
    napi_create_uint32(env, numbers[i], &value);
    napi_set_named_property(env, result, names[i], value);
  }
  return result;
}

static void drop(napi_env env, void *counter, void *hint) { free(counter); }

FUNCTION(counter_new, 1)
  uint32_t *counter = malloc(sizeof *counter);
  napi_get_value_uint32(env, args[0], counter);
  napi_wrap(env, self, counter, drop, NULL, NULL);
  return self;
}

FUNCTION(counter_value, 0)
  uint32_t *counter;
  napi_unwrap(env, self, (void **)&counter);
  napi_create_uint32(env, *counter, &result);
  return result;
}

static void export(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value);
  napi_set_named_property(env, exports, name, value);
}

NAPI_MODULE_INIT() {
  export(env, exports, "nop", nop);
  export(env, exports, "add", add);
  export(env, exports, "echoString", echo_string);
  export(env, exports, "echoListU8", echo_bytes);
  export(env, exports, "sumBytes", sum_bytes);
  export(env, exports, "echoEight", echo_eight);
  napi_property_descriptor value = {"value", NULL, counter_value, NULL, NULL, NULL, napi_default, NULL};
  napi_value counter;
  napi_define_class(env, "Counter", NAPI_AUTO_LENGTH, counter_new, NULL, 1, &value, &counter);
  napi_set_named_property(env, exports, "Counter", counter);
  return exports;
}

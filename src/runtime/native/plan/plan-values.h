/* The types of a launch plan's values. Strings and bytes point into the encoded plan, lists into an arena. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob {
  const uint8_t *data;
  uint32_t size;
};

struct list {
  uint32_t count;
  void *items;
};

/* Item `i` of a list of `type`. */
#define LIST_AT(type, list, i) (&((type const *)(list).items)[i])

/* Optional values: `present` fills eight bytes, so every value sits at offset 8. */
#define OPTIONAL(type) \
  struct {             \
    uint64_t present;  \
    type value;        \
  }

struct namespace_source {
  enum { NS_HOST, NS_NEW, NS_PATH } kind;
  const char *path;
};

/* Decodes (as plan and as network ops) and prints every plan of stdin, each after its u32 length; for sanitizer builds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plan.h"

int main(void) {
  struct buffer in = {0};
  for (size_t n; (n = fread(buffer_reserve(&in, 65536), 1, 65536, stdin)) > 0;) in.end += n;
  struct reader all = {.at = in.data, .end = in.data + in.end};
  unsigned plans = 0, accepted = 0;
  while (all.at < all.end) {
    uint32_t size = get_u32(&all);
    const uint8_t *data = get_raw(&all, size);
    if (all.bad) return 1;
    /* a copy of its own, so that a read beyond the end is seen */
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    struct plan plan;
    struct list ops;
    struct arena arena = {0};
    struct buffer out = {0};
    if (!plan_decode(copy, size, &plan, &arena)) {
      plan_print(&plan, &out);
      accepted++;
    }
    buffer_free(&out);
    arena_free(&arena);
    network_ops_decode(copy, size, &ops, &arena);
    arena_free(&arena);
    free(copy);
    plans++;
  }
  buffer_free(&in);
  printf("%u plans, %u accepted\n", plans, accepted);
  return 0;
}

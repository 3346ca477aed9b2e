/* Decodes an input as a launch plan and as network ops, and prints a valid plan. A libFuzzer target. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "replay.h"

unsigned replay_accepted;

static void decode(const uint8_t *data, size_t size) {
  struct plan plan;
  struct list ops;
  struct arena arena = {0};
  struct buffer out = {0};
  if (!plan_decode(data, size, &plan, &arena)) {
    plan_print(&plan, &out);
    replay_accepted++;
  }
  buffer_free(&out);
  arena_free(&arena);
  network_ops_decode(data, size, &ops, &arena);
  arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* a separate copy, so that a read beyond the end is detected */
  uint8_t *copy = calloc(1, size ? size : 1);
  if (size) memcpy(copy, data, size);
  decode(copy, size);
  if (size >= 12) {
    /* magic, version, size: if they are right, the fields are reached */
    const uint8_t header[12] = {'T', 'C', 'L', 'P', PLAN_VERSION, 0, 0, 0,
                                (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), (uint8_t)(size >> 24)};
    memcpy(copy, header, sizeof header);
    decode(copy, size);
  }
  free(copy);
  return 0;
}

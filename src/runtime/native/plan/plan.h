/* The launch plan in C: generated/plan-types.h has its structures, launch-plan.ts says what each of them means. */
#pragma once
#include "bytes.h"
#include "generated/plan-types.h"

enum { PROTOCOL_VERSION = 1 };

/* Memory of decoded lists; arena_free gives it all back. */
struct arena {
  struct arena_block *blocks;
};
void arena_free(struct arena *arena);

/* Decode a whole encoded plan (or list of network ops). NULL when good, else a sentence. `data` must outlive the result. */
const char *plan_decode(const uint8_t *data, size_t size, struct plan *plan, struct arena *arena);
const char *network_ops_decode(const uint8_t *data, size_t size, struct list *ops, struct arena *arena);
/* The text of formatLaunchPlan. */
void plan_print(const struct plan *plan, struct buffer *out);

/* Names of ops for errors. */
extern const char *const host_op_names[], *const network_op_names[], *const setup_op_names[];

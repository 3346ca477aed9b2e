/* The launch plan in C: generated/plan-types.h has its structures, launch-plan.ts says what they mean. */
#pragma once
#include "bytes.h"
#include "generated/plan-types.h"

enum { PROTOCOL_VERSION = 1 };

/* Memory of decoded lists; arena_free frees all of it. */
struct arena {
  struct arena_block *blocks;
};
void arena_free(struct arena *arena);

/*
 * Decodes a complete encoded plan (or list of network ops). Returns NULL on success, else a sentence. `data` must outlive the
 * result.
 */
const char *plan_decode(const uint8_t *data, size_t size, struct plan *plan, struct arena *arena);
const char *network_ops_decode(const uint8_t *data, size_t size, struct list *ops, struct arena *arena);
/* Prints the text of formatLaunchPlan. */
void plan_print(const struct plan *plan, struct buffer *out);

/* Names of ops for errors. */
extern const char *const host_op_names[], *const network_op_names[], *const setup_op_names[];

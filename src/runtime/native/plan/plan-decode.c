#include <stdio.h>
#include <stdlib.h>

#include "plan-fields.h"

enum { MAGIC = 0x504c4354 };

struct arena_block {
  struct arena_block *next;
  uint64_t data[];
};

static void *arena_alloc(struct arena *arena, size_t count, size_t size) {
  if (size && count > (SIZE_MAX - sizeof(struct arena_block)) / size) return NULL;
  struct arena_block *block = calloc(1, sizeof *block + count * size);
  if (!block) return NULL;
  block->next = arena->blocks;
  arena->blocks = block;
  return block->data;
}

void arena_free(struct arena *arena) {
  for (struct arena_block *block = arena->blocks, *next; block; block = next) {
    next = block->next;
    free(block);
  }
  arena->blocks = NULL;
}

static void decode_fields(struct reader *in, const struct field *fields, uint8_t *to, struct arena *arena);

static unsigned decode_choice(struct reader *in, const char *const *names) {
  unsigned index = get_u8(in), count = 0;
  while (names[count]) count++;
  if (index >= count) in->bad = true;
  return in->bad ? 0 : index;
}

static bool decode_flag(struct reader *in) {
  uint8_t value = get_u8(in);
  if (value > 1) in->bad = true;
  return value == 1;
}

/* Decodes one value of `type` into `to`, which contains zeros; on bad input the value is left incomplete and in->bad is set. */
static void decode_namespace(struct reader *in, struct namespace_source *source) {
  uint8_t kind = get_u8(in);
  if (kind > NS_PATH) in->bad = true;
  if (in->bad) return;
  source->kind = kind;
  if (kind == NS_PATH) source->path = get_text(in);
}

static void decode(struct reader *in, const struct type *type, uint8_t *to, struct arena *arena);

/* An item takes at least one byte, so a count beyond the rest is refused before memory is allocated for it. */
static void decode_list(struct reader *in, const struct type *inner, struct list *list, struct arena *arena) {
  uint32_t count = get_u32(in);
  if (in->bad || count > (size_t)(in->end - in->at) || !(list->items = arena_alloc(arena, count, inner->size))) {
    in->bad = true;
    return;
  }
  list->count = count;
  for (uint32_t i = 0; i < count && !in->bad; i++) decode(in, inner, (uint8_t *)list->items + (size_t)i * inner->size, arena);
}

static void decode(struct reader *in, const struct type *type, uint8_t *to, struct arena *arena) {
  if (in->bad) return;
  switch (type->kind) {
    case T_TEXT:
      *(const char **)to = get_text(in);
      break;
    case T_FLAG:
      *(bool *)to = decode_flag(in);
      break;
    case T_U32: case T_OCTAL: case T_HEX: case T_I32:
      *(uint32_t *)to = get_u32(in);
      break;
    case T_SIZE: case T_WIDE: case T_MASK: case T_LIMIT:
      *(uint64_t *)to = get_u64(in);
      if (type->kind == T_SIZE && *(uint64_t *)to > (1ull << 53) - 1) in->bad = true;
      break;
    case T_BYTES: case T_PROGRAM: {
      struct blob *blob = (struct blob *)to;
      blob->size = get_u32(in);
      blob->data = get_raw(in, blob->size);
      break;
    }
    case T_CHOICE:
      *to = (uint8_t)decode_choice(in, type->names);
      break;
    case T_OPTIONAL:
      *(uint64_t *)to = decode_flag(in);
      if (*(uint64_t *)to) decode(in, type->inner, to + 8, arena);
      break;
    case T_LIST:
      decode_list(in, type->inner, (struct list *)to, arena);
      break;
    case T_RECORD:
      decode_fields(in, type->fields, to, arena);
      break;
    case T_OP: {
      unsigned code = decode_choice(in, type->names);
      *(uint64_t *)to = code;
      if (!in->bad) decode_fields(in, type->ops[code], to, arena);
      break;
    }
    case T_NAMESPACE:
      decode_namespace(in, (struct namespace_source *)to);
      break;
  }
}

static void decode_fields(struct reader *in, const struct field *fields, uint8_t *to, struct arena *arena) {
  for (; fields->name && !in->bad; fields++) decode(in, fields->type, to + fields->offset, arena);
}

static const char *check_header(struct reader *in, size_t size) {
  static char sentence[96];
  if (get_u32(in) != MAGIC || in->bad) return "this is not a launch plan";
  uint32_t version = get_u32(in);
  if (in->bad) return "the launch plan is cut off";
  if (version != PLAN_VERSION) {
    snprintf(sentence, sizeof sentence, "the launch plan is of version %u, this shim reads %d", version, PLAN_VERSION);
    return sentence;
  }
  if (get_u32(in) != size || in->bad) return "the launch plan is cut off or has data behind its end";
  return NULL;
}

static const char *check_end(const struct reader *in) {
  if (in->bad) return "the launch plan holds a value that cannot be";
  if (in->at != in->end) return "the launch plan has data behind its end";
  return NULL;
}

const char *plan_decode(const uint8_t *data, size_t size, struct plan *plan, struct arena *arena) {
  struct reader in = {.at = data, .end = data + size};
  *plan = (struct plan){0};
  const char *error = check_header(&in, size);
  if (error) return error;
  decode_fields(&in, plan_fields, (uint8_t *)plan, arena);
  return check_end(&in);
}

const char *network_ops_decode(const uint8_t *data, size_t size, struct list *ops, struct arena *arena) {
  struct reader in = {.at = data, .end = data + size};
  *ops = (struct list){0};
  const char *error = check_header(&in, size);
  if (error) return error;
  decode(&in, network_ops_type, (uint8_t *)ops, arena);
  return check_end(&in);
}

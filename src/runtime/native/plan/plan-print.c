#include <inttypes.h>
#include <string.h>

#include "plan-fields.h"

static void print_fields(const struct field *fields, const uint8_t *from, struct buffer *out);

static void print_text(const char *text, struct buffer *out) {
  put_u8(out, '"');
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
      put_format(out, "\\x%02x", c);
    else
      put_u8(out, c);
  }
  put_u8(out, '"');
}

static void print_hash(const struct blob *blob, struct buffer *out) {
  uint32_t hash = 0x811c9dc5;
  for (uint32_t i = 0; i < blob->size; i++) hash = (hash ^ blob->data[i]) * 0x01000193u;
  put_format(out, "%u-bytes:%08x", blob->size, hash);
}

static void print_bytes(const struct blob *blob, struct buffer *out) {
  if (!blob->size) put_u8(out, '-');
  for (uint32_t i = 0; i < blob->size; i++) put_format(out, "%02x", blob->data[i]);
}

static void print_limit(uint64_t limit, struct buffer *out) {
  if (limit == UINT64_MAX)
    put_format(out, "unlimited");
  else
    put_format(out, "%" PRIu64, limit);
}

static void print_namespace(const struct namespace_source *source, struct buffer *out) {
  if (source->kind == NS_PATH)
    print_text(source->path, out);
  else
    put_format(out, "%s", source->kind == NS_NEW ? "new" : "host");
}

static void print(const struct type *type, const uint8_t *from, struct buffer *out);

static void print_list(const struct type *inner, const struct list *list, struct buffer *out) {
  put_u8(out, '[');
  for (uint32_t i = 0; i < list->count; i++) {
    if (i) put_u8(out, ' ');
    print(inner, (const uint8_t *)list->items + (size_t)i * inner->size, out);
  }
  put_u8(out, ']');
}

static void print(const struct type *type, const uint8_t *from, struct buffer *out) {
  switch (type->kind) {
    case T_TEXT:
      print_text(*(const char *const *)from, out);
      break;
    case T_FLAG:
      put_format(out, "%s", *(const bool *)from ? "yes" : "no");
      break;
    case T_U32:
      put_format(out, "%" PRIu32, *(const uint32_t *)from);
      break;
    case T_OCTAL:
      put_format(out, "0%" PRIo32, *(const uint32_t *)from);
      break;
    case T_HEX:
      put_format(out, "0x%" PRIx32, *(const uint32_t *)from);
      break;
    case T_I32:
      put_format(out, "%" PRId32, *(const int32_t *)from);
      break;
    case T_SIZE: case T_WIDE:
      put_format(out, "%" PRIu64, *(const uint64_t *)from);
      break;
    case T_MASK:
      put_format(out, "0x%" PRIx64, *(const uint64_t *)from);
      break;
    case T_LIMIT:
      print_limit(*(const uint64_t *)from, out);
      break;
    case T_BYTES:
      print_bytes((const struct blob *)from, out);
      break;
    case T_PROGRAM:
      print_hash((const struct blob *)from, out);
      break;
    case T_CHOICE:
      put_format(out, "%s", type->names[*from]);
      break;
    case T_OPTIONAL:
      if (*(const uint64_t *)from)
        print(type->inner, from + 8, out);
      else
        put_u8(out, '-');
      break;
    case T_LIST:
      print_list(type->inner, (const struct list *)from, out);
      break;
    case T_RECORD:
      print_fields(type->fields, from, out);
      break;
    case T_OP: {
      uint64_t code = *(const uint64_t *)from;
      put_format(out, "%s", type->names[code]);
      if (type->ops[code]->name) put_u8(out, ' ');
      print_fields(type->ops[code], from, out);
      break;
    }
    case T_NAMESPACE:
      print_namespace((const struct namespace_source *)from, out);
      break;
  }
}

static void print_fields(const struct field *fields, const uint8_t *from, struct buffer *out) {
  for (const struct field *field = fields; field->name; field++) {
    if (field != fields) put_u8(out, ' ');
    put_format(out, "%s=", field->name);
    print(field->type, from + field->offset, out);
  }
}

static void print_op_list(const struct field *field, const struct list *list, struct buffer *out) {
  const struct type *inner = field->type->inner;
  for (uint32_t i = 0; i < list->count; i++) {
    put_format(out, "%s %" PRIu32 " ", field->name, i);
    print(inner, (const uint8_t *)list->items + (size_t)i * inner->size, out);
    put_u8(out, '\n');
  }
}

void plan_print(const struct plan *plan, struct buffer *out) {
  put_format(out, "launch-plan %d\n", PLAN_VERSION);
  for (const struct field *field = plan_fields; field->name; field++) {
    const uint8_t *from = (const uint8_t *)plan + field->offset;
    if (field->type->kind == T_LIST) {
      print_op_list(field, (const struct list *)from, out);
    } else if (strcmp(field->name, "process") == 0) {
      for (const struct field *inner = field->type->fields; inner->name; inner++) {
        put_format(out, "process %s ", inner->name);
        print(inner->type, from + inner->offset, out);
        put_u8(out, '\n');
      }
    } else {
      put_format(out, "%s ", field->name);
      print(field->type, from, out);
      put_u8(out, '\n');
    }
  }
}

/*
 * Tables that describe the launch plan's fields: their encoding, their offsets in struct plan, their printed form. They are in
 * generated/plan-tables.c.
 */
#pragma once
#include "plan.h"

enum type_kind {
  T_TEXT, T_FLAG, T_U32, T_OCTAL, T_HEX, T_I32, T_SIZE, T_WIDE, T_MASK, T_LIMIT, T_BYTES, T_PROGRAM,
  T_CHOICE, T_OPTIONAL, T_LIST, T_RECORD, T_OP, T_NAMESPACE,
};

struct field;

struct type {
  enum type_kind kind;
  uint32_t size;              /* bytes of the value in C */
  const struct type *inner;   /* optional, list */
  const char *const *names;   /* choice, op: NULL-terminated */
  const struct field *fields; /* record: ends with a nameless field */
  const struct field *const *ops; /* op: the fields of each, offsets from the op's start */
};

struct field {
  const char *name;
  const struct type *type;
  size_t offset;
};

extern const struct field *const plan_fields;
extern const struct type *const network_ops_type;

#include "bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const uint8_t *get_raw(struct reader *in, size_t size) {
  if (in->bad || size > (size_t)(in->end - in->at)) {
    in->bad = true;
    return NULL;
  }
  const uint8_t *at = in->at;
  in->at += size;
  return at;
}

uint8_t get_u8(struct reader *in) {
  const uint8_t *p = get_raw(in, 1);
  return p ? *p : 0;
}

uint32_t get_u32(struct reader *in) {
  const uint8_t *p = get_raw(in, 4);
  return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

uint64_t get_u64(struct reader *in) {
  uint64_t low = get_u32(in);
  return low | (uint64_t)get_u32(in) << 32;
}

const char *get_text(struct reader *in) {
  size_t size = get_u32(in);
  const uint8_t *p = get_raw(in, size + 1);
  if (!p || memchr(p, 0, size + 1) != p + size) {
    in->bad = true;
    return NULL;
  }
  return (const char *)p;
}

uint8_t *buffer_reserve(struct buffer *b, size_t size) {
  if (b->capacity - b->end >= size && b->data) return b->data + b->end;
  if (b->start > 0) {
    memmove(b->data, b->data + b->start, b->end - b->start);
    b->end -= b->start;
    b->start = 0;
  }
  if (b->capacity - b->end < size || !b->data) {
    size_t capacity = b->capacity ? b->capacity * 2 : 256;
    while (capacity - b->end < size) capacity *= 2;
    uint8_t *data = realloc(b->data, capacity);
    if (!data) _exit(71);
    b->data = data;
    b->capacity = capacity;
  }
  return b->data + b->end;
}

void buffer_consume(struct buffer *b, size_t size) {
  b->start += size;
  if (b->start == b->end) b->start = b->end = 0;
}

void buffer_free(struct buffer *b) {
  free(b->data);
  *b = (struct buffer){0};
}

void put_raw(struct buffer *b, const void *data, size_t size) {
  uint8_t *at = buffer_reserve(b, size);
  if (size) memcpy(at, data, size);
  b->end += size;
}

void put_u8(struct buffer *b, uint8_t value) { put_raw(b, &value, 1); }

void put_u32(struct buffer *b, uint32_t value) {
  uint8_t bytes[4] = {value, value >> 8, value >> 16, value >> 24};
  put_raw(b, bytes, 4);
}

void put_u64(struct buffer *b, uint64_t value) {
  put_u32(b, (uint32_t)value);
  put_u32(b, (uint32_t)(value >> 32));
}

void put_text(struct buffer *b, const char *text) {
  size_t size = strlen(text);
  put_u32(b, (uint32_t)size);
  put_raw(b, text, size + 1);
}

void put_format(struct buffer *b, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int size = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (size > 0) {
    vsnprintf((char *)buffer_reserve(b, (size_t)size + 1), (size_t)size + 1, format, again);
    b->end += (size_t)size;
  }
  va_end(again);
}

size_t frame_begin(struct buffer *b, uint8_t type) {
  buffer_reserve(b, 5);
  size_t frame = b->end - b->start;
  put_u32(b, 0);
  put_u8(b, type);
  return frame;
}

void frame_end(struct buffer *b, size_t frame) {
  uint32_t length = (uint32_t)(b->end - b->start - frame - 4);
  uint8_t *at = b->data + b->start + frame;
  at[0] = (uint8_t)length;
  at[1] = (uint8_t)(length >> 8);
  at[2] = (uint8_t)(length >> 16);
  at[3] = (uint8_t)(length >> 24);
}

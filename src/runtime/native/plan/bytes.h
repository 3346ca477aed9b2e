/* Reads and writes the primitives of byte-codec.ts with bounds checks; also growable buffers and frames. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A read position; `bad` is set, permanently, when something beyond the end was requested. */
struct reader {
  const uint8_t *at, *end;
  bool bad;
};

uint8_t get_u8(struct reader *in);
uint32_t get_u32(struct reader *in);
uint64_t get_u64(struct reader *in);
/* A NUL-terminated string inside the input, or NULL (and bad). */
const char *get_text(struct reader *in);
/* `size` bytes inside the input, or NULL (and bad). */
const uint8_t *get_raw(struct reader *in, size_t size);

/* Bytes [start, end) are filled. If growing fails the process ends, because nothing sensible can be done. */
struct buffer {
  uint8_t *data;
  size_t start, end, capacity;
};

static inline size_t buffer_size(const struct buffer *b) { return b->end - b->start; }
/* Makes room for `size` more bytes; returns their address, without counting them as filled. */
uint8_t *buffer_reserve(struct buffer *b, size_t size);
void buffer_consume(struct buffer *b, size_t size);
/* Frees the memory. */
void buffer_free(struct buffer *b);

void put_raw(struct buffer *b, const void *data, size_t size);
void put_u8(struct buffer *b, uint8_t value);
void put_u32(struct buffer *b, uint32_t value);
void put_u64(struct buffer *b, uint64_t value);
void put_text(struct buffer *b, const char *text);
__attribute__((format(printf, 2, 3))) void put_format(struct buffer *b, const char *format, ...);

/* Frames: u32 length of the rest, u8 type, payload. frame_end takes the return value of frame_begin. */
size_t frame_begin(struct buffer *b, uint8_t type);
void frame_end(struct buffer *b, size_t frame);

enum { MAX_FRAME = 16 << 20 };

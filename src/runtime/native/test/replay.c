#include "replay.h"

#include <stdio.h>

#include "bytes.h"

int main(void) {
  struct buffer in = {0};
  for (size_t n; (n = fread(buffer_reserve(&in, 65536), 1, 65536, stdin)) > 0;) in.end += n;
  struct reader all = {.at = in.data, .end = in.data + in.end};
  unsigned inputs = 0;
  for (; all.at < all.end; inputs++) {
    uint32_t size = get_u32(&all);
    const uint8_t *data = get_raw(&all, size);
    if (all.bad) return 1;
    LLVMFuzzerTestOneInput(data, size);
  }
  buffer_free(&in);
  printf("%u inputs, %u accepted\n", inputs, replay_accepted);
  return 0;
}

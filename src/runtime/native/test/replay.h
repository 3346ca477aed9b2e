/* Fuzz targets without libFuzzer: replay.c feeds them every input from stdin, each preceded by its u32 length. */
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* How many inputs the target found valid. */
extern unsigned replay_accepted;

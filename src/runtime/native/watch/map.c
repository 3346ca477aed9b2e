#include <stdlib.h>
#include <string.h>

#include "watch.h"

void *watch_alloc(size_t size) {
  void *made = calloc(1, size);
  if (!made) abort();
  return made;
}

char *watch_text(const char *text) {
  char *made = strdup(text);
  if (!made) abort();
  return made;
}

static size_t slot_of(const struct map *map, uint32_t key) {
  size_t at = (uint32_t)(key * 2654435761u) & (map->size - 1);
  while (map->pairs[at].value && map->pairs[at].key != key) at = (at + 1) & (map->size - 1);
  return at;
}

void *map_get(const struct map *map, uint32_t key) {
  return map->size ? map->pairs[slot_of(map, key)].value : NULL;
}

static void grow(struct map *map) {
  struct map larger = {.size = map->size ? map->size * 2 : 64, .used = map->used};
  larger.pairs = watch_alloc(larger.size * sizeof *larger.pairs);
  for (size_t i = 0; i < map->size; i++)
    if (map->pairs[i].value) larger.pairs[slot_of(&larger, map->pairs[i].key)] = map->pairs[i];
  free(map->pairs);
  *map = larger;
}

/* Closes the gap, so that a search never ends too early. */
static void take_away(struct map *map, size_t at) {
  map->pairs[at].value = NULL;
  map->used--;
  for (size_t next = (at + 1) & (map->size - 1); map->pairs[next].value; next = (next + 1) & (map->size - 1)) {
    struct pair moved = map->pairs[next];
    map->pairs[next].value = NULL;
    map->pairs[slot_of(map, moved.key)] = moved;
  }
}

void map_put(struct map *map, uint32_t key, void *value) {
  if (value && (map->used + 1) * 2 > map->size) grow(map);
  if (!map->size) return;
  size_t at = slot_of(map, key);
  if (!value) {
    if (map->pairs[at].value) take_away(map, at);
    return;
  }
  if (!map->pairs[at].value) map->used++;
  map->pairs[at] = (struct pair){.key = key, .value = value};
}

void map_free(struct map *map) {
  free(map->pairs);
  *map = (struct map){0};
}

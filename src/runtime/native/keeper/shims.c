/* The shims that are children of this keeper. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keeper-state.h"
#include "monitor.h"
#include "sys.h"

void shims_ended(struct keeper *k, pid_t pid, int status) {
  for (struct shim **at = &k->shims; *at; at = &(*at)->next) {
    struct shim *shim = *at;
    if (shim->pid != pid) continue;
    *at = shim->next;
    if (k->socket >= 0) {
      size_t frame = frame_begin(&k->out, KEEPER_SHIM_GONE);
      put_u32(&k->out, (uint32_t)pid);
      put_text(&k->out, shim->run_dir);
      put_u32(&k->out, (uint32_t)status);
      frame_end(&k->out, frame);
    }
    free(shim);
    return;
  }
}

static void spawn_failed(struct keeper *k, uint32_t seq, int error, const char *what) {
  size_t frame = frame_begin(&k->out, KEEPER_SPAWN_FAILED);
  put_u32(&k->out, seq);
  put_u32(&k->out, (uint32_t)error);
  put_text(&k->out, what);
  frame_end(&k->out, frame);
}

void shims_spawn(struct keeper *k, uint32_t seq, const char *path, const uint8_t *plan, uint32_t size) {
  int run_dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (run_dir < 0) {
    spawn_failed(k, seq, errno, path);
    return;
  }
  int listener = monitor_listen(run_dir);
  if (listener < 0) {
    spawn_failed(k, seq, errno, "shim.sock");
    close(run_dir);
    return;
  }
  struct shim *shim = malloc(sizeof *shim + strlen(path) + 1);
  if (!shim) _exit(71);
  strcpy(shim->run_dir, path);
  pid_t pid = fork();
  if (pid == 0) monitor_run(listener, run_dir, (uint8_t *)plan, size, 0, true);
  int error = errno;
  close(listener);
  close(run_dir);
  if (pid < 0) {
    spawn_failed(k, seq, error, "fork");
    free(shim);
    return;
  }
  shim->pid = pid;
  shim->next = k->shims;
  k->shims = shim;
  size_t frame = frame_begin(&k->out, KEEPER_SPAWNED);
  put_u32(&k->out, seq);
  put_u32(&k->out, (uint32_t)pid);
  frame_end(&k->out, frame);
}

void shims_list(struct keeper *k, uint32_t seq) {
  uint32_t count = 0;
  for (struct shim *shim = k->shims; shim; shim = shim->next) count++;
  size_t frame = frame_begin(&k->out, KEEPER_SHIMS);
  put_u32(&k->out, seq);
  put_u32(&k->out, count);
  for (struct shim *shim = k->shims; shim; shim = shim->next) {
    put_u32(&k->out, (uint32_t)shim->pid);
    put_text(&k->out, shim->run_dir);
  }
  frame_end(&k->out, frame);
}

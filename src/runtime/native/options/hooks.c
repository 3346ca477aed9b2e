#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "sys.h"

/* config.md, POSIX-platform Hooks: the status that each hook receives. */
static const struct { const char *name, *status; } points[] = {
    [HOOK_PRESTART] = {"prestart", "created"},
    [HOOK_CREATE_RUNTIME] = {"createRuntime", "creating"},
    [HOOK_CREATE_CONTAINER] = {"createContainer", "creating"},
    [HOOK_START_CONTAINER] = {"startContainer", "created"},
};

bool has_hooks(const struct plan *plan, enum hook_choice point) {
  for (uint32_t i = 0; plan->hooks.present && i < plan->hooks.value.list.count; i++)
    if (LIST_AT(struct hook_plan, plan->hooks.value.list, i)->point == point) return true;
  return false;
}

int run_hooks(const struct plan *plan, enum hook_choice point, uint32_t pid, struct failure *failure) {
  if (!has_hooks(plan, point)) return 0;
  const struct hooks_plan *hooks = &plan->hooks.value;
  char *state;
  if (asprintf(&state, "%s,\"status\":\"%s\",\"pid\":%u}\n", hooks->state, points[point].status, pid) < 0) _exit(71);
  int result = 0;
  for (uint32_t i = 0; result == 0 && i < hooks->list.count; i++) {
    const struct hook_plan *hook = LIST_AT(struct hook_plan, hooks->list, i);
    if (hook->point == point) result = run_hook(hook, points[point].name, state, failure);
  }
  free(state);
  return result;
}

/* This process's pid outside, because in its own namespace it may be 1. */
static uint32_t pid_outside(const struct launch *launch) {
  char text[16] = "";
  ssize_t size = readlinkat(launch->host_proc, "self", text, sizeof text - 1);
  return size > 0 ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

int hooks_op(struct setup *setup, struct failure *failure) {
  struct launch *launch = setup->launch;
  CHECK(sync_send(launch->sync[1], SYNC_HOOKS, NULL, -1), "write", "sync");
  await_monitor(launch);
  return run_hooks(&launch->plan, HOOK_CREATE_CONTAINER, pid_outside(launch), failure);
}

/* Signals for a container of another runtime: only the runtime knows which process they are for. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "foreign.h"
#include "monitor.h"
#include "sys.h"

enum { KILL_MS = 10000 };

static int send_directly(struct monitor *m, int signal) {
  if (m->launch.init_pid <= 0 || m->init_reaped) return ESRCH;
  return sys_pidfd_send_signal(m->launch.init_pidfd, signal) < 0 ? errno : 0;
}

/* Handles a signal for a command that does not exist yet: all it can do is end the launch. */
static int interrupt(struct monitor *m, int signal) {
  if (m->launch.init_pid > 0 || signal != SIGKILL) return ESRCH;
  if (m->state == STATE_CREATED) { /* an exec that the runtime has not started: it would wait for ever */
    m->launch.failure.phase = PHASE_RUNTIME;
    m->launch.failure.step = -1;
    fail(&m->launch.failure, "exec", ECANCELED, "it was interrupted");
    monitor_failed(m);
    return 0;
  }
  if (!foreign_busy(m)) return ESRCH;
  m->foreign.cancelled = true;
  return kill(m->foreign.pid, SIGKILL) < 0 ? errno : 0;
}

void foreign_signal(struct monitor *m, struct client *client, uint32_t seq, int signal) {
  if (m->state >= STATE_EXITED || m->init_reaped || m->launch.init_pid <= 0) {
    client_answer(client, seq, m->state >= STATE_EXITED || m->init_reaped ? ESRCH : interrupt(m, signal), -1, "signal");
    return;
  }
  /* the command line has no signals for an exec: either it is a process of this machine, or it ends with one */
  if (m->launch.plan.kind == KIND_EXEC) {
    client_answer(client, seq, send_directly(m, signal), -1, "signal");
    return;
  }
  char number[8];
  snprintf(number, sizeof number, "%d", signal);
  struct foreign_kill *one = calloc(1, sizeof *one);
  pid_t pid = one ? foreign_run(m, &m->launch.plan.foreign.value.kill, number, (struct foreign_stdio){-1, -1, -1}) : -1;
  if (pid < 0) {
    free(one);
    client_answer(client, seq, send_directly(m, signal), -1, "signal");
    return;
  }
  *one = (struct foreign_kill){m->foreign.kills, client, seq, signal, pid, monotonic_ms() + KILL_MS};
  m->foreign.kills = one;
}

bool foreign_kill_ended(struct monitor *m, pid_t pid, int status) {
  for (struct foreign_kill **at = &m->foreign.kills; *at; at = &(*at)->next) {
    struct foreign_kill *one = *at;
    if (one->pid != pid) continue;
    *at = one->next;
    int error = 0;
    /* even if the runtime fails (its program may be gone), a container can be ended */
    if (status != 0) error = m->init_reaped ? ESRCH : one->signal == SIGKILL ? send_directly(m, SIGKILL) : EIO;
    if (one->client) client_answer(one->client, one->seq, error, -1, "signal");
    free(one);
    return true;
  }
  return false;
}

void foreign_forget_client(struct monitor *m, const struct client *client) {
  for (struct foreign_kill *one = m->foreign.kills; one; one = one->next)
    if (one->client == client) one->client = NULL;
}

/* <runDir>/pid and <runDir>/exit: lines `key value`, complete when the last one is `end 1`; parsed by exit-file.ts. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "monitor.h"
#include "sys.h"

static const char *const phase_names[] = {"plan", "host", "network", "clone", "setup", "process", "exec", "runtime"};

static void put_common(struct buffer *out) {
  put_format(out, "version 1\nboot %s\n", boot_id());
}

/* In one write, and once in the life of a run directory, so no temporary name is needed. */
static void write_whole(int dir, const char *name, struct buffer *content) {
  put_format(content, "end 1\n");
  int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0) write_all(fd, content->data + content->start, buffer_size(content));
  close_fd(&fd);
  buffer_free(content);
}

void write_pid_file(const struct monitor *m) {
  if (m->engine && !is_foreign(m)) return;
  struct buffer out = {0};
  put_common(&out);
  put_format(&out, "pid %d\nstart-time %" PRIu64 "\nshim-pid %d\n", m->launch.init_pid, m->launch.start_time, getpid());
  write_whole(m->launch.run_dir, "pid", &out);
}

int failure_exit_code(const struct failure *failure) {
  if (failure->phase != PHASE_EXEC) return 128;
  return failure->error == ENOENT || failure->error == ENOTDIR ? 127 : 126;
}

void exit_of(int status, int *code, int *signal) {
  *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  *code = *signal ? 128 + *signal : WEXITSTATUS(status);
}

static void put_line(struct buffer *out, const char *key, const char *text) {
  put_format(out, "%s ", key);
  for (; *text; text++) put_u8(out, (unsigned char)*text < 0x20 ? ' ' : (uint8_t)*text);
  put_u8(out, '\n');
}

void write_exit_file(const struct monitor *m) {
  struct buffer out = {0};
  put_common(&out);
  put_format(&out, "started-at %" PRIu64 "\nfinished-at %" PRIu64 "\n", m->started_at, m->finished_at);
  if (m->state == STATE_FAILED) {
    const struct failure *failure = &m->launch.failure;
    put_format(&out, "code %d\nfailed-phase %s\nfailed-step %d\nfailed-errno %d\n", failure_exit_code(failure),
               phase_names[failure->phase], failure->step, failure->error);
    put_line(&out, "failed-op", failure->op);
    put_line(&out, "failed-detail", failure->detail);
  } else {
    int code, signal;
    exit_of(m->wait_status, &code, &signal);
    put_format(&out, "code %d\nsignal %d\noom-killed %d\ndropped-lines %" PRIu64 "\n", code, signal, m->oom_killed, m->log.dropped);
  }
  write_whole(m->launch.run_dir, "exit", &out);
}

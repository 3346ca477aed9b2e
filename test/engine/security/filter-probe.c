/*
 * What the seccomp filter this process runs under says to every call, without making any: a second filter hands each
 * call with a certain fifth argument to a responder of ours, unless the first one refuses it (of two filters the stricter
 * answer counts). Prints `INTERFACE FIRST-LAST VERDICT` lines; a verdict is `allow`, `kill` or an errno.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MARK = 0x5ec0de, ANSWER = 200, UNKNOWN = -1, KILLED = -2 };
typedef long (*caller)(long number, uint64_t first);

static long plain(long number, uint64_t first) {
  long result = syscall(number, first, 0L, 0L, 0L, (long)MARK, 0L);
  return result < 0 ? errno : 0;
}

#ifdef __x86_64__
static long x32(long number, uint64_t first) {
  return plain(number | 0x40000000, first);
}

#endif

/* Kernels may be built or booted without the calls of 32-bit programs: then the instruction itself ends the process. */
#ifdef WITH_I386
static long i386(long number, uint64_t first) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"((uint32_t)first), "c"(0), "d"(0), "S"(0), "D"(MARK)
                   : "memory", "r8", "r9", "r10", "r11");
  return -(int)result;
}
#endif

static int install(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void respond(int listener) {
  for (;;) {
    struct seccomp_notif call = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) {
      if (errno == EINTR || errno == ENOENT) continue;
      _exit(0);
    }
    struct seccomp_notif_resp answer = {.id = call.id, .error = -ANSWER};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
}

/* Verdicts of `count` trials in shared memory; a trial that kills its process is noted, and a new process goes on. */
static void tries(int *verdicts, int count, long (*try)(int)) {
  for (int i = 0; i < count; i++) verdicts[i] = UNKNOWN;
  for (int at = 0; at < count;) {
    pid_t child = fork();
    if (child == 0) {
      for (int i = at; i < count; i++) verdicts[i] = (int)try(i);
      _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    while (at < count && verdicts[at] != UNKNOWN) at++;
    if (at < count) verdicts[at++] = KILLED;
  }
}

static void print(const char *name, const int *verdicts, int count) {
  for (int i = 0, first = 0; i < count; i++) {
    if (i + 1 < count && verdicts[i + 1] == verdicts[first]) continue;
    printf("%s %d-%d ", name, first, i);
    if (verdicts[first] == ANSWER)
      puts("allow");
    else if (verdicts[first] == KILLED)
      puts("kill");
    else
      printf("%d\n", verdicts[first]);
    first = i + 1;
  }
}

static caller by;
static long by_number(int i) { return by(i, 0); }
static const uint64_t personas[] = {0, 8, 0x20000, 0x20008, 0xffffffff, 0x40000, 0x400000, 1, 6, 0x28, 0xffffffffffffffff};
static long by_persona(int i) { return plain(SYS_personality, personas[i]); }
static long by_family(int i) { return plain(SYS_socket, (uint64_t)i); }
static long by_flag(int i) { return plain(SYS_clone, 1ULL << i); }
#ifdef WITH_I386
static long by_socketcall(int i) { return i386(102, (uint64_t)i); }
static long by_i386_family(int i) { return i386(359, (uint64_t)i); }
#endif

int main(void) {
  enum { MOST = 700 };
  int *verdicts = mmap(NULL, MOST * sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int listener = install();
  if (verdicts == MAP_FAILED || listener < 0) return 1;
  pid_t responder = fork();
  if (responder == 0) respond(listener);
  close(listener);
  by = plain;
  tries(verdicts, 480, by_number);
  print("native", verdicts, 480);
#ifdef __x86_64__
#ifdef WITH_I386
  by = i386;
  tries(verdicts, 480, by_number);
  print("i386", verdicts, 480);
#endif
  by = x32;
  tries(verdicts, 600, by_number);
  print("x32", verdicts, 600);
#ifdef WITH_I386
  tries(verdicts, 22, by_socketcall);
  print("socketcall", verdicts, 22);
  tries(verdicts, 64, by_i386_family);
  print("i386-socket", verdicts, 64);
#endif
#endif
  tries(verdicts, sizeof personas / sizeof *personas, by_persona);
  print("personality", verdicts, sizeof personas / sizeof *personas);
  tries(verdicts, 64, by_family);
  print("socket", verdicts, 64);
  tries(verdicts, 64, by_flag);
  print("clone-flag", verdicts, 64);
  kill(responder, SIGKILL);
  return 0;
}

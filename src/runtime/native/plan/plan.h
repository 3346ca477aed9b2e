/* The launch plan in C. Strings and bytes point into the encoded plan, lists into an arena. See launch-plan.ts. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

enum { PLAN_VERSION = 4, PROTOCOL_VERSION = 1 };

struct blob {
  const uint8_t *data;
  uint32_t size;
};

struct list {
  uint32_t count;
  void *items;
};

/* Item `i` of a list of `type`. */
#define LIST_AT(type, list, i) (&((type const *)(list).items)[i])

/* Optional values: `present` fills eight bytes, so every value sits at offset 8. */
#define OPTIONAL(type) \
  struct {             \
    uint64_t present;  \
    type value;        \
  }

struct log_plan {
  const char *path;
  uint64_t max_size;
  uint32_t max_files;
};

struct stdio_plan {
  bool tty, stdin_open, stdin_once;
  uint32_t rows, columns;
};

struct namespace_source {
  enum { NS_HOST, NS_NEW, NS_PATH } kind;
  const char *path;
};

struct namespace_plan {
  struct namespace_source mount, pid, net, ipc, uts, cgroup, user;
};

struct user_maps {
  const char *uid, *gid;
};

struct op_write {
  const char *path, *data;
  bool optional;
};

struct op_hold_socket {
  const char *name, *address;
  uint8_t family; /* 0: 4, 1: 6 */
  uint8_t protocol; /* 0: tcp, 1: udp */
  uint32_t port, backlog;
};

/* Where what comes in by a held socket goes. */
struct op_forward {
  const char *socket, *address;
  uint8_t family; /* of `address`; 0: 4, 1: 6 */
  uint32_t port;
  bool keep_client; /* IPv4: the container sees the client's own address */
};

enum host_code { HOST_MKDIR, HOST_WRITE, HOST_JOIN_CGROUP, HOST_DEVICE_FILTER, HOST_HOLD_SOCKET, HOST_RMDIR, HOST_UNLINK, HOST_KILL_CGROUP, HOST_ENTER_NETWORK };

struct host_op {
  uint64_t code;
  union {
    struct { const char *path; uint32_t mode; bool exist_ok; } mkdir;
    struct op_write write;
    struct { const char *path; bool optional; } join_cgroup;
    struct { const char *cgroup; struct blob program; } device_filter;
    struct op_hold_socket hold_socket;
    const char *path; /* rmdir, unlink, kill-cgroup, enter-network */
  };
};

enum network_code { NETWORK_NETLINK, NETWORK_WRITE, NETWORK_HOLD_SOCKET, NETWORK_WRITE_HOST, NETWORK_FORWARD };

struct network_op {
  uint64_t code;
  union {
    struct {
      uint32_t protocol;
      uint8_t from; /* 0: container, 1: host */
      struct blob message;
      OPTIONAL(uint32_t) netns_fd_at;
      const char *what;
    } netlink;
    struct op_write write;
    struct op_hold_socket hold_socket;
    struct op_forward forward;
  };
};

enum setup_code {
  SETUP_ROOTFS_OVERLAY, SETUP_ROOTFS_BIND, SETUP_MOUNT, SETUP_BIND, SETUP_MKDIR, SETUP_SYMLINK, SETUP_DEVICE,
  SETUP_WRITE_FILE, SETUP_SYSCTL, SETUP_HOSTNAME, SETUP_DOMAINNAME, SETUP_CONSOLE, SETUP_PIVOT, SETUP_READONLY_ROOT,
  SETUP_MASK, SETUP_READONLY_PATH, SETUP_HOOKS, SETUP_ATTRIBUTES, SETUP_TMPFS_COPY, SETUP_MOVE_ROOT,
};

enum create_kind { CREATE_DIR, CREATE_FILE, CREATE_NONE };
enum readonly_kind { READONLY_NO, READONLY_YES, READONLY_RECURSIVE };
enum propagation_kind { PROPAGATION_PRIVATE, PROPAGATION_RPRIVATE, PROPAGATION_SHARED, PROPAGATION_RSHARED, PROPAGATION_SLAVE, PROPAGATION_RSLAVE };

struct idmap_plan {
  const char *uid, *gid;
  bool recursive;
};

struct setup_op {
  uint64_t code;
  union {
    struct { struct list lower; const char *upper, *work, *mount_point; bool userxattr; } overlay;
    struct { const char *source, *mount_point; } rootfs_bind;
    struct { const char *source, *target, *fstype, *data; uint32_t flags; uint8_t create; } mount;
    struct {
      const char *source, *subpath, *target;
      bool recursive, nosuid, nodev, noexec;
      uint8_t read_only, propagation, create;
      OPTIONAL(struct idmap_plan) idmap;
    } bind;
    struct { const char *target; uint32_t mode, uid, gid; } mkdir;
    struct { const char *text, *target; } symlink;
    struct { const char *target; uint8_t type; uint32_t major, minor, mode, uid, gid; } device;
    struct { const char *target, *data; uint32_t mode; } write_file;
    struct { const char *key, *value; } sysctl;
    struct { const char *target; bool recursive; uint32_t set, clear, propagation; } attributes;
    struct { const char *target, *data; uint32_t flags; } tmpfs_copy;
    const char *name;   /* hostname, domainname */
    const char *target; /* mask, readonly-path */
  };
};

struct capability_sets {
  uint64_t bounding, effective, permitted, inheritable, ambient;
};

struct resource_limit {
  uint32_t resource;
  uint64_t soft, hard;
};

struct scheduler_plan {
  uint32_t policy, priority;
  int32_t nice;
  uint64_t flags, runtime, deadline, period;
};

struct affinity_plan {
  struct blob initial, final;
};

struct process_plan {
  struct list argv, env; /* const char * */
  const char *cwd;
  uint32_t uid, gid;
  struct list groups; /* uint32_t */
  OPTIONAL(uint32_t) umask;
  struct capability_sets capabilities;
  bool no_new_privileges;
  OPTIONAL(struct blob) seccomp;
  OPTIONAL(uint32_t) seccomp_flags;
  struct list rlimits; /* struct resource_limit */
  OPTIONAL(int32_t) oom_score_adj;
  bool init;
  OPTIONAL(uint32_t) personality;
  OPTIONAL(uint32_t) io_priority;
  OPTIONAL(struct scheduler_plan) scheduler;
  OPTIONAL(struct affinity_plan) affinity;
  OPTIONAL(uint32_t) join_pid;
  OPTIONAL(uint64_t) join_start_time;
};

/* A file or directory below `root`, bound to `name` in the bundle. */
struct foreign_source {
  const char *root, *path, *name;
};

/* Another OCI runtime that carries the launch out; see ForeignPlan of launch-plan.ts. */
struct foreign_plan {
  const char *bundle;
  struct list env;                              /* const char * */
  struct list create, start, kill, delete_args; /* const char *, absolute program first; exec: only `create` */
  struct list hide;                             /* const char * */
  struct list sources;                          /* struct foreign_source */
};

struct time_namespace_plan {
  struct namespace_source source;
  const char *offsets;
};

struct caller_plan {
  bool outlives;
  uint32_t preserve_fds;
  OPTIONAL(const char *) console_socket;
};

enum hook_point { HOOK_PRESTART, HOOK_CREATE_RUNTIME, HOOK_CREATE_CONTAINER, HOOK_START_CONTAINER };

struct hook_plan {
  uint8_t point;
  const char *path;
  struct list args, env; /* const char * */
  uint32_t timeout;
};

struct hooks_plan {
  const char *state;
  struct list list; /* struct hook_plan */
};

struct plan {
  enum { KIND_RUN, KIND_EXEC } kind;
  const char *id, *run_dir;
  struct stdio_plan stdio;
  OPTIONAL(struct log_plan) log;
  bool wait_for_start;
  OPTIONAL(const char *) oom_counter;
  struct list host; /* struct host_op */
  struct namespace_plan namespaces;
  OPTIONAL(struct user_maps) user_maps;
  struct list network; /* struct network_op */
  struct list setup;   /* struct setup_op */
  struct process_plan process;
  struct list teardown; /* struct host_op */
  OPTIONAL(struct foreign_plan) foreign;
  OPTIONAL(struct time_namespace_plan) time_namespace;
  OPTIONAL(struct caller_plan) caller;
  OPTIONAL(struct hooks_plan) hooks;
};

/* Memory of decoded lists; arena_free gives it all back. */
struct arena {
  struct arena_block *blocks;
};
void arena_free(struct arena *arena);

/* Decode a whole encoded plan (or list of network ops). NULL when good, else a sentence. `data` must outlive the result. */
const char *plan_decode(const uint8_t *data, size_t size, struct plan *plan, struct arena *arena);
const char *network_ops_decode(const uint8_t *data, size_t size, struct list *ops, struct arena *arena);
/* The text of formatLaunchPlan. */
void plan_print(const struct plan *plan, struct buffer *out);

/* Names of ops for errors. */
extern const char *const host_op_names[], *const network_op_names[], *const setup_op_names[];

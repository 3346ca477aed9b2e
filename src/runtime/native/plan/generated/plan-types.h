/* Made by scripts/generate-plan.mjs from src/runtime/launch/plan-fields.ts. Do not edit. */
#pragma once
#include "plan-values.h"

enum { PLAN_VERSION = 6 };

enum kind_choice {
  KIND_RUN,
  KIND_EXEC,
};

struct stdio_plan {
  bool tty;
  uint32_t rows;
  uint32_t columns;
  bool stdin_open;
  bool stdin_once;
};

struct log_plan {
  const char *path;
  uint64_t max_size;
  uint32_t max_files;
  uint32_t await_follower;
};

struct op_write {
  const char *path;
  const char *data;
  bool optional;
};

enum family_choice {
  FAMILY_4,
  FAMILY_6,
};

enum protocol_choice {
  PROTOCOL_TCP,
  PROTOCOL_UDP,
};

struct op_hold_socket {
  const char *name;
  uint8_t family;
  uint8_t protocol;
  const char *address;
  uint32_t port;
  uint32_t backlog;
};

enum host_code {
  HOST_MKDIR,
  HOST_WRITE,
  HOST_JOIN_CGROUP,
  HOST_DEVICE_FILTER,
  HOST_HOLD_SOCKET,
  HOST_RMDIR,
  HOST_UNLINK,
  HOST_KILL_CGROUP,
  HOST_ENTER_NETWORK,
};

struct host_op {
  uint64_t code;
  union {
    struct {
      const char *path;
      uint32_t mode;
      bool exist_ok;
    } mkdir;
    struct op_write write;
    struct {
      const char *path;
      bool optional;
    } join_cgroup;
    struct {
      const char *cgroup;
      struct blob program;
    } device_filter;
    struct op_hold_socket hold_socket;
    struct {
      const char *path;
    } rmdir;
    struct {
      const char *path;
    } unlink;
    struct {
      const char *path;
    } kill_cgroup;
    struct {
      const char *path;
    } enter_network;
  };
};

struct namespace_plan {
  struct namespace_source mount;
  struct namespace_source pid;
  struct namespace_source net;
  struct namespace_source ipc;
  struct namespace_source uts;
  struct namespace_source cgroup;
  struct namespace_source user;
};

struct user_maps {
  const char *uid;
  const char *gid;
};

enum from_choice {
  FROM_CONTAINER,
  FROM_HOST,
};

struct op_write_host {
  const char *path;
  const char *data;
};

struct op_forward {
  const char *socket;
  uint8_t family;
  const char *address;
  uint32_t port;
  bool keep_client;
};

enum network_code {
  NETWORK_NETLINK,
  NETWORK_WRITE,
  NETWORK_HOLD_SOCKET,
  NETWORK_WRITE_HOST,
  NETWORK_FORWARD,
};

struct network_op {
  uint64_t code;
  union {
    struct {
      uint32_t protocol;
      uint8_t from;
      struct blob message;
      OPTIONAL(uint32_t) netns_fd_at;
      const char *what;
    } netlink;
    struct op_write write;
    struct op_hold_socket hold_socket;
    struct op_write_host write_host;
    struct op_forward forward;
  };
};

enum create_choice {
  CREATE_DIR,
  CREATE_FILE,
  CREATE_NONE,
};

enum readonly_choice {
  READONLY_NO,
  READONLY_YES,
  READONLY_RECURSIVE,
};

enum propagation_choice {
  PROPAGATION_PRIVATE,
  PROPAGATION_RPRIVATE,
  PROPAGATION_SHARED,
  PROPAGATION_RSHARED,
  PROPAGATION_SLAVE,
  PROPAGATION_RSLAVE,
};

struct idmap_plan {
  const char *uid;
  const char *gid;
  bool recursive;
};

enum device_choice {
  DEVICE_C,
  DEVICE_B,
  DEVICE_P,
};

enum setup_code {
  SETUP_ROOTFS_OVERLAY,
  SETUP_ROOTFS_BIND,
  SETUP_MOUNT,
  SETUP_BIND,
  SETUP_MKDIR,
  SETUP_SYMLINK,
  SETUP_DEVICE,
  SETUP_WRITE_FILE,
  SETUP_SYSCTL,
  SETUP_HOSTNAME,
  SETUP_DOMAINNAME,
  SETUP_CONSOLE,
  SETUP_PIVOT,
  SETUP_READONLY_ROOT,
  SETUP_MASK,
  SETUP_READONLY_PATH,
  SETUP_HOOKS,
  SETUP_ATTRIBUTES,
  SETUP_TMPFS_COPY,
  SETUP_MOVE_ROOT,
};

struct setup_op {
  uint64_t code;
  union {
    struct {
      struct list lower; /* const char * */
      const char *upper;
      const char *work;
      const char *mount_point;
      bool userxattr;
    } rootfs_overlay;
    struct {
      const char *source;
      const char *mount_point;
    } rootfs_bind;
    struct {
      const char *source;
      const char *target;
      const char *fstype;
      uint32_t flags;
      const char *data;
      uint8_t create;
    } mount;
    struct {
      const char *source;
      const char *subpath;
      const char *target;
      bool recursive;
      uint8_t read_only;
      bool nosuid;
      bool nodev;
      bool noexec;
      uint8_t propagation;
      uint8_t create;
      OPTIONAL(struct idmap_plan) idmap;
    } bind;
    struct {
      const char *target;
      uint32_t mode;
      uint32_t uid;
      uint32_t gid;
    } mkdir;
    struct {
      const char *text;
      const char *target;
    } symlink;
    struct {
      const char *target;
      uint8_t type;
      uint32_t major;
      uint32_t minor;
      uint32_t mode;
      uint32_t uid;
      uint32_t gid;
    } device;
    struct {
      const char *target;
      const char *data;
      uint32_t mode;
    } write_file;
    struct {
      const char *key;
      const char *value;
    } sysctl;
    struct {
      const char *name;
    } hostname;
    struct {
      const char *name;
    } domainname;
    struct {
      const char *target;
    } mask;
    struct {
      const char *target;
    } readonly_path;
    struct {
      const char *target;
      bool recursive;
      uint32_t set;
      uint32_t clear;
      uint32_t propagation;
    } attributes;
    struct {
      const char *target;
      uint32_t flags;
      const char *data;
    } tmpfs_copy;
  };
};

struct capability_sets {
  uint64_t bounding;
  uint64_t effective;
  uint64_t permitted;
  uint64_t inheritable;
  uint64_t ambient;
};

struct resource_limit {
  uint32_t resource;
  uint64_t soft;
  uint64_t hard;
};

struct scheduler_plan {
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;
  uint64_t deadline;
  uint64_t period;
};

struct affinity_plan {
  struct blob initial;
  struct blob final;
};

struct process_plan {
  struct list argv; /* const char * */
  struct list env; /* const char * */
  const char *cwd;
  uint32_t uid;
  uint32_t gid;
  struct list groups; /* uint32_t */
  bool keep_groups;
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

struct foreign_source {
  const char *root;
  const char *path;
  const char *name;
};

struct foreign_plan {
  const char *bundle;
  struct list env; /* const char * */
  struct list create; /* const char * */
  struct list start; /* const char * */
  struct list kill; /* const char * */
  struct list delete_args; /* const char * */
  struct list hide; /* const char * */
  struct list sources; /* struct foreign_source */
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

enum hook_choice {
  HOOK_PRESTART,
  HOOK_CREATE_RUNTIME,
  HOOK_CREATE_CONTAINER,
  HOOK_START_CONTAINER,
};

struct hook_plan {
  uint8_t point;
  const char *path;
  struct list args; /* const char * */
  struct list env; /* const char * */
  uint32_t timeout;
};

struct hooks_plan {
  const char *state;
  struct list list; /* struct hook_plan */
};

struct plan {
  uint8_t kind;
  const char *id;
  const char *run_dir;
  struct stdio_plan stdio;
  OPTIONAL(struct log_plan) log;
  bool wait_for_start;
  OPTIONAL(const char *) oom_counter;
  struct list host; /* struct host_op */
  struct namespace_plan namespaces;
  OPTIONAL(struct user_maps) user_maps;
  struct list network; /* struct network_op */
  struct list setup; /* struct setup_op */
  struct process_plan process;
  struct list teardown; /* struct host_op */
  OPTIONAL(struct foreign_plan) foreign;
  OPTIONAL(struct time_namespace_plan) time_namespace;
  OPTIONAL(struct caller_plan) caller;
  OPTIONAL(struct hooks_plan) hooks;
};

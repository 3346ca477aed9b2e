/* The same tables as plan-fields.ts, in the same order. */
#include "plan-fields.h"

#define KIND(k, c_type) {.kind = (k), .size = sizeof(c_type)}
static const struct type text = KIND(T_TEXT, const char *), flag = KIND(T_FLAG, bool), number = KIND(T_U32, uint32_t),
                         octal = KIND(T_OCTAL, uint32_t), hex = KIND(T_HEX, uint32_t), signed_number = KIND(T_I32, int32_t),
                         size = KIND(T_SIZE, uint64_t), wide = KIND(T_WIDE, uint64_t), mask = KIND(T_MASK, uint64_t),
                         limit = KIND(T_LIMIT, uint64_t), bytes = KIND(T_BYTES, struct blob),
                         program = KIND(T_PROGRAM, struct blob), namespace = KIND(T_NAMESPACE, struct namespace_source);

#define CHOICE(variable, width, ...)                                        \
  static const char *const variable##_names[] = {__VA_ARGS__, NULL};        \
  static const struct type variable = {.kind = T_CHOICE##width, .size = (width) / 8, .names = variable##_names}
#define OPTIONAL_OF(c_type, in) {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(c_type)), .inner = &(in)}
#define LIST_OF(in) {.kind = T_LIST, .size = sizeof(struct list), .inner = &(in)}
#define RECORD_OF(c_type, f) {.kind = T_RECORD, .size = sizeof(c_type), .fields = (f)}
#define END {.name = NULL}

CHOICE(family, 8, "4", "6");
CHOICE(protocol, 8, "tcp", "udp");
CHOICE(create, 8, "dir", "file", "none");
CHOICE(from, 8, "container", "host");
CHOICE(read_only, 8, "no", "yes", "recursive");
CHOICE(propagation, 8, "private", "rprivate", "shared", "rshared", "slave", "rslave");
CHOICE(device_type, 8, "c", "b", "p");
CHOICE(kind, 32, "run", "exec");
CHOICE(hook_point, 8, "prestart", "createRuntime", "createContainer", "startContainer");

static const struct type optional_number = OPTIONAL_OF(uint32_t, number), optional_octal = OPTIONAL_OF(uint32_t, octal),
                         optional_signed = OPTIONAL_OF(int32_t, signed_number), optional_wide = OPTIONAL_OF(uint64_t, wide),
                         optional_hex = OPTIONAL_OF(uint32_t, hex), optional_text = OPTIONAL_OF(const char *, text), optional_program = OPTIONAL_OF(struct blob, program);
static const struct type texts = LIST_OF(text), numbers = LIST_OF(number);

#define H(member) offsetof(struct host_op, member)
#define N(member) offsetof(struct network_op, member)
#define S(member) offsetof(struct setup_op, member)

#define WRITE_FIELDS(o) \
  {"path", &text, o(write.path)}, {"data", &text, o(write.data)}, {"optional", &flag, o(write.optional)}, END
#define HOLD_SOCKET_FIELDS(o)                                                                                  \
  {"name", &text, o(hold_socket.name)}, {"family", &family, o(hold_socket.family)},                            \
      {"protocol", &protocol, o(hold_socket.protocol)}, {"address", &text, o(hold_socket.address)},            \
      {"port", &number, o(hold_socket.port)}, {"backlog", &number, o(hold_socket.backlog)}, END

const char *const host_op_names[] = {"mkdir", "write", "join-cgroup", "device-filter", "hold-socket", "rmdir", "unlink", "kill-cgroup", "enter-network", NULL};
static const struct field *const host_ops[] = {
    (const struct field[]){{"path", &text, H(mkdir.path)}, {"mode", &octal, H(mkdir.mode)}, {"existOk", &flag, H(mkdir.exist_ok)}, END},
    (const struct field[]){WRITE_FIELDS(H)},
    (const struct field[]){{"path", &text, H(join_cgroup.path)}, {"optional", &flag, H(join_cgroup.optional)}, END},
    (const struct field[]){{"cgroup", &text, H(device_filter.cgroup)}, {"program", &program, H(device_filter.program)}, END},
    (const struct field[]){HOLD_SOCKET_FIELDS(H)},
    (const struct field[]){{"path", &text, H(path)}, END},
    (const struct field[]){{"path", &text, H(path)}, END},
    (const struct field[]){{"path", &text, H(path)}, END},
    (const struct field[]){{"path", &text, H(path)}, END},
};
static const struct type host_op = {.kind = T_OP, .size = sizeof(struct host_op), .names = host_op_names, .ops = host_ops};
static const struct type host_op_list = LIST_OF(host_op);

const char *const network_op_names[] = {"netlink", "write", "hold-socket", "write-host", "forward", NULL};
static const struct field *const network_ops[] = {
    (const struct field[]){{"protocol", &number, N(netlink.protocol)},
                           {"from", &from, N(netlink.from)},
                           {"message", &bytes, N(netlink.message)},
                           {"netnsFdAt", &optional_number, N(netlink.netns_fd_at)},
                           {"what", &text, N(netlink.what)},
                           END},
    (const struct field[]){WRITE_FIELDS(N)},
    (const struct field[]){HOLD_SOCKET_FIELDS(N)},
    (const struct field[]){{"path", &text, N(write.path)}, {"data", &text, N(write.data)}, END},
    (const struct field[]){{"socket", &text, N(forward.socket)},
                           {"family", &family, N(forward.family)},
                           {"address", &text, N(forward.address)},
                           {"port", &number, N(forward.port)},
                           {"keepClient", &flag, N(forward.keep_client)},
                           END},
};
static const struct type network_op = {.kind = T_OP, .size = sizeof(struct network_op), .names = network_op_names, .ops = network_ops};
const struct type network_ops_type = LIST_OF(network_op);

static const struct field idmap_fields[] = {{"uid", &text, offsetof(struct idmap_plan, uid)},
                                            {"gid", &text, offsetof(struct idmap_plan, gid)},
                                            {"recursive", &flag, offsetof(struct idmap_plan, recursive)},
                                            END};
static const struct type idmap_record = RECORD_OF(struct idmap_plan, idmap_fields);
static const struct type optional_idmap = OPTIONAL_OF(struct idmap_plan, idmap_record);

const char *const setup_op_names[] = {"rootfs-overlay", "rootfs-bind", "mount", "bind", "mkdir", "symlink", "device", "write-file", "sysctl",
                                      "hostname", "domainname", "console", "pivot", "readonly-root", "mask", "readonly-path", "hooks", "attributes",
                                      "tmpfs-copy", "move-root", NULL};
static const struct field *const setup_ops[] = {
    (const struct field[]){{"lower", &texts, S(overlay.lower)},
                           {"upper", &text, S(overlay.upper)},
                           {"work", &text, S(overlay.work)},
                           {"mountPoint", &text, S(overlay.mount_point)},
                           {"userxattr", &flag, S(overlay.userxattr)},
                           END},
    (const struct field[]){{"source", &text, S(rootfs_bind.source)}, {"mountPoint", &text, S(rootfs_bind.mount_point)}, END},
    (const struct field[]){{"source", &text, S(mount.source)},
                           {"target", &text, S(mount.target)},
                           {"fstype", &text, S(mount.fstype)},
                           {"flags", &hex, S(mount.flags)},
                           {"data", &text, S(mount.data)},
                           {"create", &create, S(mount.create)},
                           END},
    (const struct field[]){{"source", &text, S(bind.source)},
                           {"subpath", &text, S(bind.subpath)},
                           {"target", &text, S(bind.target)},
                           {"recursive", &flag, S(bind.recursive)},
                           {"readOnly", &read_only, S(bind.read_only)},
                           {"nosuid", &flag, S(bind.nosuid)},
                           {"nodev", &flag, S(bind.nodev)},
                           {"noexec", &flag, S(bind.noexec)},
                           {"propagation", &propagation, S(bind.propagation)},
                           {"create", &create, S(bind.create)},
                           {"idmap", &optional_idmap, S(bind.idmap)},
                           END},
    (const struct field[]){{"target", &text, S(mkdir.target)},
                           {"mode", &octal, S(mkdir.mode)},
                           {"uid", &number, S(mkdir.uid)},
                           {"gid", &number, S(mkdir.gid)},
                           END},
    (const struct field[]){{"text", &text, S(symlink.text)}, {"target", &text, S(symlink.target)}, END},
    (const struct field[]){{"target", &text, S(device.target)},
                           {"type", &device_type, S(device.type)},
                           {"major", &number, S(device.major)},
                           {"minor", &number, S(device.minor)},
                           {"mode", &octal, S(device.mode)},
                           {"uid", &number, S(device.uid)},
                           {"gid", &number, S(device.gid)},
                           END},
    (const struct field[]){{"target", &text, S(write_file.target)}, {"data", &text, S(write_file.data)}, {"mode", &octal, S(write_file.mode)}, END},
    (const struct field[]){{"key", &text, S(sysctl.key)}, {"value", &text, S(sysctl.value)}, END},
    (const struct field[]){{"name", &text, S(name)}, END},
    (const struct field[]){{"name", &text, S(name)}, END},
    (const struct field[]){END},
    (const struct field[]){END},
    (const struct field[]){END},
    (const struct field[]){{"target", &text, S(target)}, END},
    (const struct field[]){{"target", &text, S(target)}, END},
    (const struct field[]){END},
    (const struct field[]){{"target", &text, S(attributes.target)},
                           {"recursive", &flag, S(attributes.recursive)},
                           {"set", &hex, S(attributes.set)},
                           {"clear", &hex, S(attributes.clear)},
                           {"propagation", &hex, S(attributes.propagation)},
                           END},
    (const struct field[]){{"target", &text, S(tmpfs_copy.target)}, {"flags", &hex, S(tmpfs_copy.flags)}, {"data", &text, S(tmpfs_copy.data)}, END},
    (const struct field[]){END},
};
static const struct type setup_op = {.kind = T_OP, .size = sizeof(struct setup_op), .names = setup_op_names, .ops = setup_ops};
static const struct type setup_op_list = LIST_OF(setup_op);

static const struct field capability_fields[] = {{"bounding", &mask, offsetof(struct capability_sets, bounding)},
                                                 {"effective", &mask, offsetof(struct capability_sets, effective)},
                                                 {"permitted", &mask, offsetof(struct capability_sets, permitted)},
                                                 {"inheritable", &mask, offsetof(struct capability_sets, inheritable)},
                                                 {"ambient", &mask, offsetof(struct capability_sets, ambient)},
                                                 END};
static const struct type capabilities = RECORD_OF(struct capability_sets, capability_fields);

static const struct field rlimit_fields[] = {{"resource", &number, offsetof(struct resource_limit, resource)},
                                             {"soft", &limit, offsetof(struct resource_limit, soft)},
                                             {"hard", &limit, offsetof(struct resource_limit, hard)},
                                             END};
static const struct type rlimit = RECORD_OF(struct resource_limit, rlimit_fields);
static const struct type rlimits = LIST_OF(rlimit);

#define C(member) offsetof(struct scheduler_plan, member)
static const struct field scheduler_fields[] = {{"policy", &number, C(policy)},
                                                {"flags", &mask, C(flags)},
                                                {"nice", &signed_number, C(nice)},
                                                {"priority", &number, C(priority)},
                                                {"runtime", &wide, C(runtime)},
                                                {"deadline", &wide, C(deadline)},
                                                {"period", &wide, C(period)},
                                                END};
static const struct type scheduler_record = RECORD_OF(struct scheduler_plan, scheduler_fields);
static const struct type optional_scheduler = OPTIONAL_OF(struct scheduler_plan, scheduler_record);
static const struct field affinity_fields[] = {{"initial", &bytes, offsetof(struct affinity_plan, initial)},
                                               {"final", &bytes, offsetof(struct affinity_plan, final)},
                                               END};
static const struct type affinity_record = RECORD_OF(struct affinity_plan, affinity_fields);
static const struct type optional_affinity = OPTIONAL_OF(struct affinity_plan, affinity_record);

#define P(member) offsetof(struct process_plan, member)
static const struct field process_fields[] = {{"argv", &texts, P(argv)},
                                              {"env", &texts, P(env)},
                                              {"cwd", &text, P(cwd)},
                                              {"uid", &number, P(uid)},
                                              {"gid", &number, P(gid)},
                                              {"groups", &numbers, P(groups)},
                                              {"umask", &optional_octal, P(umask)},
                                              {"capabilities", &capabilities, P(capabilities)},
                                              {"noNewPrivileges", &flag, P(no_new_privileges)},
                                              {"seccomp", &optional_program, P(seccomp)},
                                              {"seccompFlags", &optional_hex, P(seccomp_flags)},
                                              {"rlimits", &rlimits, P(rlimits)},
                                              {"oomScoreAdj", &optional_signed, P(oom_score_adj)},
                                              {"init", &flag, P(init)},
                                              {"personality", &optional_hex, P(personality)},
                                              {"ioPriority", &optional_hex, P(io_priority)},
                                              {"scheduler", &optional_scheduler, P(scheduler)},
                                              {"affinity", &optional_affinity, P(affinity)},
                                              {"joinPid", &optional_number, P(join_pid)},
                                              {"joinStartTime", &optional_wide, P(join_start_time)},
                                              END};
static const struct type process = RECORD_OF(struct process_plan, process_fields);

static const struct field log_fields[] = {{"path", &text, offsetof(struct log_plan, path)},
                                          {"maxSize", &size, offsetof(struct log_plan, max_size)},
                                          {"maxFiles", &number, offsetof(struct log_plan, max_files)},
                                          END};
static const struct type log_record = RECORD_OF(struct log_plan, log_fields);
static const struct type optional_log = OPTIONAL_OF(struct log_plan, log_record);

static const struct field stdio_fields[] = {{"tty", &flag, offsetof(struct stdio_plan, tty)},
                                            {"rows", &number, offsetof(struct stdio_plan, rows)},
                                            {"columns", &number, offsetof(struct stdio_plan, columns)},
                                            {"stdin", &flag, offsetof(struct stdio_plan, stdin_open)},
                                            {"stdinOnce", &flag, offsetof(struct stdio_plan, stdin_once)},
                                            END};
static const struct type stdio_record = RECORD_OF(struct stdio_plan, stdio_fields);

static const struct field user_map_fields[] = {{"uid", &text, offsetof(struct user_maps, uid)}, {"gid", &text, offsetof(struct user_maps, gid)}, END};
static const struct type user_maps_record = RECORD_OF(struct user_maps, user_map_fields);
static const struct type optional_user_maps = OPTIONAL_OF(struct user_maps, user_maps_record);

#define NS(member) {#member, &namespace, offsetof(struct namespace_plan, member)}
static const struct field namespace_fields[] = {NS(mount), NS(pid), NS(net), NS(ipc), NS(uts), NS(cgroup), NS(user), END};
static const struct type namespaces = RECORD_OF(struct namespace_plan, namespace_fields);

static const struct field foreign_source_fields[] = {{"root", &text, offsetof(struct foreign_source, root)},
                                                     {"path", &text, offsetof(struct foreign_source, path)},
                                                     {"name", &text, offsetof(struct foreign_source, name)},
                                                     END};
static const struct type foreign_source = RECORD_OF(struct foreign_source, foreign_source_fields);
static const struct type foreign_sources = LIST_OF(foreign_source);

#define F(member) offsetof(struct foreign_plan, member)
static const struct field foreign_fields[] = {{"bundle", &text, F(bundle)}, {"env", &texts, F(env)},       {"create", &texts, F(create)},
                                              {"start", &texts, F(start)},  {"kill", &texts, F(kill)},     {"delete", &texts, F(delete_args)},
                                              {"hide", &texts, F(hide)},    {"sources", &foreign_sources, F(sources)},
                                              END};
static const struct type foreign_record = RECORD_OF(struct foreign_plan, foreign_fields);
static const struct type optional_foreign = OPTIONAL_OF(struct foreign_plan, foreign_record);
static const struct field time_fields[] = {{"source", &namespace, offsetof(struct time_namespace_plan, source)},
                                           {"offsets", &text, offsetof(struct time_namespace_plan, offsets)},
                                           END};
static const struct type time_record = RECORD_OF(struct time_namespace_plan, time_fields);
static const struct type optional_time = OPTIONAL_OF(struct time_namespace_plan, time_record);

static const struct field caller_fields[] = {{"outlives", &flag, offsetof(struct caller_plan, outlives)},
                                             {"preserveFds", &number, offsetof(struct caller_plan, preserve_fds)},
                                             {"consoleSocket", &optional_text, offsetof(struct caller_plan, console_socket)},
                                             END};
static const struct type caller_record = RECORD_OF(struct caller_plan, caller_fields);
static const struct type optional_caller = OPTIONAL_OF(struct caller_plan, caller_record);

static const struct field hook_fields[] = {{"point", &hook_point, offsetof(struct hook_plan, point)},
                                           {"path", &text, offsetof(struct hook_plan, path)},
                                           {"args", &texts, offsetof(struct hook_plan, args)},
                                           {"env", &texts, offsetof(struct hook_plan, env)},
                                           {"timeout", &number, offsetof(struct hook_plan, timeout)},
                                           END};
static const struct type hook_record = RECORD_OF(struct hook_plan, hook_fields);
static const struct type hook_list = LIST_OF(hook_record);
static const struct field hooks_fields[] = {{"state", &text, offsetof(struct hooks_plan, state)}, {"list", &hook_list, offsetof(struct hooks_plan, list)}, END};
static const struct type hooks_record = RECORD_OF(struct hooks_plan, hooks_fields);
static const struct type optional_hooks = OPTIONAL_OF(struct hooks_plan, hooks_record);

#define L(member) offsetof(struct plan, member)
const struct field plan_fields[] = {{"kind", &kind, L(kind)},
                                    {"id", &text, L(id)},
                                    {"runDir", &text, L(run_dir)},
                                    {"stdio", &stdio_record, L(stdio)},
                                    {"log", &optional_log, L(log)},
                                    {"waitForStart", &flag, L(wait_for_start)},
                                    {"oomCounter", &optional_text, L(oom_counter)},
                                    {"host", &host_op_list, L(host)},
                                    {"namespaces", &namespaces, L(namespaces)},
                                    {"userMaps", &optional_user_maps, L(user_maps)},
                                    {"network", &network_ops_type, L(network)},
                                    {"setup", &setup_op_list, L(setup)},
                                    {"process", &process, L(process)},
                                    {"teardown", &host_op_list, L(teardown)},
                                    {"foreign", &optional_foreign, L(foreign)},
                                    {"timeNamespace", &optional_time, L(time_namespace)},
                                    {"caller", &optional_caller, L(caller)},
                                    {"hooks", &optional_hooks, L(hooks)},
                                    END};

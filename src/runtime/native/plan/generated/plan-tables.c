/* Made by scripts/generate-plan.mjs from src/runtime/launch/plan-fields.ts. Do not edit. */
#include "plan-fields.h"

static const char *const names_kind[] = {"run", "exec", NULL};
static const struct type choice_kind = {.kind = T_CHOICE, .size = sizeof(uint8_t), .names = names_kind};
static const struct type type_text = {.kind = T_TEXT, .size = sizeof(const char *)};
static const struct type type_flag = {.kind = T_FLAG, .size = sizeof(bool)};
static const struct type type_number = {.kind = T_U32, .size = sizeof(uint32_t)};
static const struct field fields_stdio_plan[] = {
    {"tty", &type_flag, offsetof(struct stdio_plan, tty)},
    {"rows", &type_number, offsetof(struct stdio_plan, rows)},
    {"columns", &type_number, offsetof(struct stdio_plan, columns)},
    {"stdin", &type_flag, offsetof(struct stdio_plan, stdin_open)},
    {"stdinOnce", &type_flag, offsetof(struct stdio_plan, stdin_once)},
    {.name = NULL},
};
static const struct type record_stdio_plan = {.kind = T_RECORD, .size = sizeof(struct stdio_plan), .fields = fields_stdio_plan};
static const struct type type_size = {.kind = T_SIZE, .size = sizeof(uint64_t)};
static const struct field fields_log_plan[] = {
    {"path", &type_text, offsetof(struct log_plan, path)},
    {"maxSize", &type_size, offsetof(struct log_plan, max_size)},
    {"maxFiles", &type_number, offsetof(struct log_plan, max_files)},
    {"awaitFollower", &type_number, offsetof(struct log_plan, await_follower)},
    {.name = NULL},
};
static const struct type record_log_plan = {.kind = T_RECORD, .size = sizeof(struct log_plan), .fields = fields_log_plan};
static const struct type optional_record_log_plan = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct log_plan)), .inner = &record_log_plan};
static const struct type optional_type_text = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(const char *)), .inner = &type_text};
static const struct type type_octal = {.kind = T_OCTAL, .size = sizeof(uint32_t)};
static const struct type type_program = {.kind = T_PROGRAM, .size = sizeof(struct blob)};
static const char *const names_family[] = {"4", "6", NULL};
static const struct type choice_family = {.kind = T_CHOICE, .size = sizeof(uint8_t), .names = names_family};
static const char *const names_protocol[] = {"tcp", "udp", NULL};
static const struct type choice_protocol = {.kind = T_CHOICE, .size = sizeof(uint8_t), .names = names_protocol};
const char *const host_op_names[] = {"mkdir", "write", "join-cgroup", "device-filter", "hold-socket", "rmdir", "unlink", "kill-cgroup", "enter-network", NULL};
static const struct field *const ops_host[] = {
(const struct field[]){
    {"path", &type_text, offsetof(struct host_op, mkdir.path)},
    {"mode", &type_octal, offsetof(struct host_op, mkdir.mode)},
    {"existOk", &type_flag, offsetof(struct host_op, mkdir.exist_ok)},
    {.name = NULL},
},
(const struct field[]){
    {"path", &type_text, offsetof(struct host_op, write.path)},
    {"data", &type_text, offsetof(struct host_op, write.data)},
    {"optional", &type_flag, offsetof(struct host_op, write.optional)},
    {.name = NULL},
},
(const struct field[]){
    {"path", &type_text, offsetof(struct host_op, join_cgroup.path)},
    {"optional", &type_flag, offsetof(struct host_op, join_cgroup.optional)},
    {.name = NULL},
},
(const struct field[]){
    {"cgroup", &type_text, offsetof(struct host_op, device_filter.cgroup)},
    {"program", &type_program, offsetof(struct host_op, device_filter.program)},
    {.name = NULL},
},
(const struct field[]){
    {"name", &type_text, offsetof(struct host_op, hold_socket.name)},
    {"family", &choice_family, offsetof(struct host_op, hold_socket.family)},
    {"protocol", &choice_protocol, offsetof(struct host_op, hold_socket.protocol)},
    {"address", &type_text, offsetof(struct host_op, hold_socket.address)},
    {"port", &type_number, offsetof(struct host_op, hold_socket.port)},
    {"backlog", &type_number, offsetof(struct host_op, hold_socket.backlog)},
    {.name = NULL},
},
(const struct field[]){
    {"path", &type_text, offsetof(struct host_op, rmdir.path)},
    {.name = NULL},
},
(const struct field[]){
    {"path", &type_text, offsetof(struct host_op, unlink.path)},
    {.name = NULL},
},
(const struct field[]){
    {"path", &type_text, offsetof(struct host_op, kill_cgroup.path)},
    {.name = NULL},
},
(const struct field[]){
    {"path", &type_text, offsetof(struct host_op, enter_network.path)},
    {.name = NULL},
},
};
static const struct type op_host = {.kind = T_OP, .size = sizeof(struct host_op), .names = host_op_names, .ops = ops_host};
static const struct type list_op_host = {.kind = T_LIST, .size = sizeof(struct list), .inner = &op_host};
static const struct type type_namespace = {.kind = T_NAMESPACE, .size = sizeof(struct namespace_source)};
static const struct field fields_namespace_plan[] = {
    {"mount", &type_namespace, offsetof(struct namespace_plan, mount)},
    {"pid", &type_namespace, offsetof(struct namespace_plan, pid)},
    {"net", &type_namespace, offsetof(struct namespace_plan, net)},
    {"ipc", &type_namespace, offsetof(struct namespace_plan, ipc)},
    {"uts", &type_namespace, offsetof(struct namespace_plan, uts)},
    {"cgroup", &type_namespace, offsetof(struct namespace_plan, cgroup)},
    {"user", &type_namespace, offsetof(struct namespace_plan, user)},
    {.name = NULL},
};
static const struct type record_namespace_plan = {.kind = T_RECORD, .size = sizeof(struct namespace_plan), .fields = fields_namespace_plan};
static const struct field fields_user_maps[] = {
    {"uid", &type_text, offsetof(struct user_maps, uid)},
    {"gid", &type_text, offsetof(struct user_maps, gid)},
    {.name = NULL},
};
static const struct type record_user_maps = {.kind = T_RECORD, .size = sizeof(struct user_maps), .fields = fields_user_maps};
static const struct type optional_record_user_maps = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct user_maps)), .inner = &record_user_maps};
static const char *const names_from[] = {"container", "host", NULL};
static const struct type choice_from = {.kind = T_CHOICE, .size = sizeof(uint8_t), .names = names_from};
static const struct type type_bytes = {.kind = T_BYTES, .size = sizeof(struct blob)};
static const struct type optional_type_number = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(uint32_t)), .inner = &type_number};
const char *const network_op_names[] = {"netlink", "write", "hold-socket", "write-host", "forward", NULL};
static const struct field *const ops_network[] = {
(const struct field[]){
    {"protocol", &type_number, offsetof(struct network_op, netlink.protocol)},
    {"from", &choice_from, offsetof(struct network_op, netlink.from)},
    {"message", &type_bytes, offsetof(struct network_op, netlink.message)},
    {"netnsFdAt", &optional_type_number, offsetof(struct network_op, netlink.netns_fd_at)},
    {"what", &type_text, offsetof(struct network_op, netlink.what)},
    {.name = NULL},
},
(const struct field[]){
    {"path", &type_text, offsetof(struct network_op, write.path)},
    {"data", &type_text, offsetof(struct network_op, write.data)},
    {"optional", &type_flag, offsetof(struct network_op, write.optional)},
    {.name = NULL},
},
(const struct field[]){
    {"name", &type_text, offsetof(struct network_op, hold_socket.name)},
    {"family", &choice_family, offsetof(struct network_op, hold_socket.family)},
    {"protocol", &choice_protocol, offsetof(struct network_op, hold_socket.protocol)},
    {"address", &type_text, offsetof(struct network_op, hold_socket.address)},
    {"port", &type_number, offsetof(struct network_op, hold_socket.port)},
    {"backlog", &type_number, offsetof(struct network_op, hold_socket.backlog)},
    {.name = NULL},
},
(const struct field[]){
    {"path", &type_text, offsetof(struct network_op, write_host.path)},
    {"data", &type_text, offsetof(struct network_op, write_host.data)},
    {.name = NULL},
},
(const struct field[]){
    {"socket", &type_text, offsetof(struct network_op, forward.socket)},
    {"family", &choice_family, offsetof(struct network_op, forward.family)},
    {"address", &type_text, offsetof(struct network_op, forward.address)},
    {"port", &type_number, offsetof(struct network_op, forward.port)},
    {"keepClient", &type_flag, offsetof(struct network_op, forward.keep_client)},
    {.name = NULL},
},
};
static const struct type op_network = {.kind = T_OP, .size = sizeof(struct network_op), .names = network_op_names, .ops = ops_network};
static const struct type list_op_network = {.kind = T_LIST, .size = sizeof(struct list), .inner = &op_network};
static const struct type list_type_text = {.kind = T_LIST, .size = sizeof(struct list), .inner = &type_text};
static const struct type type_hex = {.kind = T_HEX, .size = sizeof(uint32_t)};
static const char *const names_create[] = {"dir", "file", "none", NULL};
static const struct type choice_create = {.kind = T_CHOICE, .size = sizeof(uint8_t), .names = names_create};
static const char *const names_readonly[] = {"no", "yes", "recursive", NULL};
static const struct type choice_readonly = {.kind = T_CHOICE, .size = sizeof(uint8_t), .names = names_readonly};
static const char *const names_propagation[] = {"private", "rprivate", "shared", "rshared", "slave", "rslave", NULL};
static const struct type choice_propagation = {.kind = T_CHOICE, .size = sizeof(uint8_t), .names = names_propagation};
static const struct field fields_idmap_plan[] = {
    {"uid", &type_text, offsetof(struct idmap_plan, uid)},
    {"gid", &type_text, offsetof(struct idmap_plan, gid)},
    {"recursive", &type_flag, offsetof(struct idmap_plan, recursive)},
    {.name = NULL},
};
static const struct type record_idmap_plan = {.kind = T_RECORD, .size = sizeof(struct idmap_plan), .fields = fields_idmap_plan};
static const struct type optional_record_idmap_plan = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct idmap_plan)), .inner = &record_idmap_plan};
static const char *const names_device[] = {"c", "b", "p", NULL};
static const struct type choice_device = {.kind = T_CHOICE, .size = sizeof(uint8_t), .names = names_device};
const char *const setup_op_names[] = {"rootfs-overlay", "rootfs-bind", "mount", "bind", "mkdir", "symlink", "device", "write-file", "sysctl", "hostname", "domainname", "console", "pivot", "readonly-root", "mask", "readonly-path", "hooks", "attributes", "tmpfs-copy", "move-root", NULL};
static const struct field *const ops_setup[] = {
(const struct field[]){
    {"lower", &list_type_text, offsetof(struct setup_op, rootfs_overlay.lower)},
    {"upper", &type_text, offsetof(struct setup_op, rootfs_overlay.upper)},
    {"work", &type_text, offsetof(struct setup_op, rootfs_overlay.work)},
    {"mountPoint", &type_text, offsetof(struct setup_op, rootfs_overlay.mount_point)},
    {"userxattr", &type_flag, offsetof(struct setup_op, rootfs_overlay.userxattr)},
    {.name = NULL},
},
(const struct field[]){
    {"source", &type_text, offsetof(struct setup_op, rootfs_bind.source)},
    {"mountPoint", &type_text, offsetof(struct setup_op, rootfs_bind.mount_point)},
    {.name = NULL},
},
(const struct field[]){
    {"source", &type_text, offsetof(struct setup_op, mount.source)},
    {"target", &type_text, offsetof(struct setup_op, mount.target)},
    {"fstype", &type_text, offsetof(struct setup_op, mount.fstype)},
    {"flags", &type_hex, offsetof(struct setup_op, mount.flags)},
    {"data", &type_text, offsetof(struct setup_op, mount.data)},
    {"create", &choice_create, offsetof(struct setup_op, mount.create)},
    {.name = NULL},
},
(const struct field[]){
    {"source", &type_text, offsetof(struct setup_op, bind.source)},
    {"subpath", &type_text, offsetof(struct setup_op, bind.subpath)},
    {"target", &type_text, offsetof(struct setup_op, bind.target)},
    {"recursive", &type_flag, offsetof(struct setup_op, bind.recursive)},
    {"readOnly", &choice_readonly, offsetof(struct setup_op, bind.read_only)},
    {"nosuid", &type_flag, offsetof(struct setup_op, bind.nosuid)},
    {"nodev", &type_flag, offsetof(struct setup_op, bind.nodev)},
    {"noexec", &type_flag, offsetof(struct setup_op, bind.noexec)},
    {"propagation", &choice_propagation, offsetof(struct setup_op, bind.propagation)},
    {"create", &choice_create, offsetof(struct setup_op, bind.create)},
    {"idmap", &optional_record_idmap_plan, offsetof(struct setup_op, bind.idmap)},
    {.name = NULL},
},
(const struct field[]){
    {"target", &type_text, offsetof(struct setup_op, mkdir.target)},
    {"mode", &type_octal, offsetof(struct setup_op, mkdir.mode)},
    {"uid", &type_number, offsetof(struct setup_op, mkdir.uid)},
    {"gid", &type_number, offsetof(struct setup_op, mkdir.gid)},
    {.name = NULL},
},
(const struct field[]){
    {"text", &type_text, offsetof(struct setup_op, symlink.text)},
    {"target", &type_text, offsetof(struct setup_op, symlink.target)},
    {.name = NULL},
},
(const struct field[]){
    {"target", &type_text, offsetof(struct setup_op, device.target)},
    {"type", &choice_device, offsetof(struct setup_op, device.type)},
    {"major", &type_number, offsetof(struct setup_op, device.major)},
    {"minor", &type_number, offsetof(struct setup_op, device.minor)},
    {"mode", &type_octal, offsetof(struct setup_op, device.mode)},
    {"uid", &type_number, offsetof(struct setup_op, device.uid)},
    {"gid", &type_number, offsetof(struct setup_op, device.gid)},
    {.name = NULL},
},
(const struct field[]){
    {"target", &type_text, offsetof(struct setup_op, write_file.target)},
    {"data", &type_text, offsetof(struct setup_op, write_file.data)},
    {"mode", &type_octal, offsetof(struct setup_op, write_file.mode)},
    {.name = NULL},
},
(const struct field[]){
    {"key", &type_text, offsetof(struct setup_op, sysctl.key)},
    {"value", &type_text, offsetof(struct setup_op, sysctl.value)},
    {.name = NULL},
},
(const struct field[]){
    {"name", &type_text, offsetof(struct setup_op, hostname.name)},
    {.name = NULL},
},
(const struct field[]){
    {"name", &type_text, offsetof(struct setup_op, domainname.name)},
    {.name = NULL},
},
(const struct field[]){
    {.name = NULL},
},
(const struct field[]){
    {.name = NULL},
},
(const struct field[]){
    {.name = NULL},
},
(const struct field[]){
    {"target", &type_text, offsetof(struct setup_op, mask.target)},
    {.name = NULL},
},
(const struct field[]){
    {"target", &type_text, offsetof(struct setup_op, readonly_path.target)},
    {.name = NULL},
},
(const struct field[]){
    {.name = NULL},
},
(const struct field[]){
    {"target", &type_text, offsetof(struct setup_op, attributes.target)},
    {"recursive", &type_flag, offsetof(struct setup_op, attributes.recursive)},
    {"set", &type_hex, offsetof(struct setup_op, attributes.set)},
    {"clear", &type_hex, offsetof(struct setup_op, attributes.clear)},
    {"propagation", &type_hex, offsetof(struct setup_op, attributes.propagation)},
    {.name = NULL},
},
(const struct field[]){
    {"target", &type_text, offsetof(struct setup_op, tmpfs_copy.target)},
    {"flags", &type_hex, offsetof(struct setup_op, tmpfs_copy.flags)},
    {"data", &type_text, offsetof(struct setup_op, tmpfs_copy.data)},
    {.name = NULL},
},
(const struct field[]){
    {.name = NULL},
},
};
static const struct type op_setup = {.kind = T_OP, .size = sizeof(struct setup_op), .names = setup_op_names, .ops = ops_setup};
static const struct type list_op_setup = {.kind = T_LIST, .size = sizeof(struct list), .inner = &op_setup};
static const struct type list_type_number = {.kind = T_LIST, .size = sizeof(struct list), .inner = &type_number};
static const struct type optional_type_octal = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(uint32_t)), .inner = &type_octal};
static const struct type type_mask = {.kind = T_MASK, .size = sizeof(uint64_t)};
static const struct field fields_capability_sets[] = {
    {"bounding", &type_mask, offsetof(struct capability_sets, bounding)},
    {"effective", &type_mask, offsetof(struct capability_sets, effective)},
    {"permitted", &type_mask, offsetof(struct capability_sets, permitted)},
    {"inheritable", &type_mask, offsetof(struct capability_sets, inheritable)},
    {"ambient", &type_mask, offsetof(struct capability_sets, ambient)},
    {.name = NULL},
};
static const struct type record_capability_sets = {.kind = T_RECORD, .size = sizeof(struct capability_sets), .fields = fields_capability_sets};
static const struct type optional_type_program = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct blob)), .inner = &type_program};
static const struct type optional_type_hex = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(uint32_t)), .inner = &type_hex};
static const struct type type_limit = {.kind = T_LIMIT, .size = sizeof(uint64_t)};
static const struct field fields_resource_limit[] = {
    {"resource", &type_number, offsetof(struct resource_limit, resource)},
    {"soft", &type_limit, offsetof(struct resource_limit, soft)},
    {"hard", &type_limit, offsetof(struct resource_limit, hard)},
    {.name = NULL},
};
static const struct type record_resource_limit = {.kind = T_RECORD, .size = sizeof(struct resource_limit), .fields = fields_resource_limit};
static const struct type list_record_resource_limit = {.kind = T_LIST, .size = sizeof(struct list), .inner = &record_resource_limit};
static const struct type type_signed = {.kind = T_I32, .size = sizeof(int32_t)};
static const struct type optional_type_signed = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(int32_t)), .inner = &type_signed};
static const struct type type_wide = {.kind = T_WIDE, .size = sizeof(uint64_t)};
static const struct field fields_scheduler_plan[] = {
    {"policy", &type_number, offsetof(struct scheduler_plan, policy)},
    {"flags", &type_mask, offsetof(struct scheduler_plan, flags)},
    {"nice", &type_signed, offsetof(struct scheduler_plan, nice)},
    {"priority", &type_number, offsetof(struct scheduler_plan, priority)},
    {"runtime", &type_wide, offsetof(struct scheduler_plan, runtime)},
    {"deadline", &type_wide, offsetof(struct scheduler_plan, deadline)},
    {"period", &type_wide, offsetof(struct scheduler_plan, period)},
    {.name = NULL},
};
static const struct type record_scheduler_plan = {.kind = T_RECORD, .size = sizeof(struct scheduler_plan), .fields = fields_scheduler_plan};
static const struct type optional_record_scheduler_plan = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct scheduler_plan)), .inner = &record_scheduler_plan};
static const struct field fields_affinity_plan[] = {
    {"initial", &type_bytes, offsetof(struct affinity_plan, initial)},
    {"final", &type_bytes, offsetof(struct affinity_plan, final)},
    {.name = NULL},
};
static const struct type record_affinity_plan = {.kind = T_RECORD, .size = sizeof(struct affinity_plan), .fields = fields_affinity_plan};
static const struct type optional_record_affinity_plan = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct affinity_plan)), .inner = &record_affinity_plan};
static const struct type optional_type_wide = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(uint64_t)), .inner = &type_wide};
static const struct field fields_process_plan[] = {
    {"argv", &list_type_text, offsetof(struct process_plan, argv)},
    {"env", &list_type_text, offsetof(struct process_plan, env)},
    {"cwd", &type_text, offsetof(struct process_plan, cwd)},
    {"uid", &type_number, offsetof(struct process_plan, uid)},
    {"gid", &type_number, offsetof(struct process_plan, gid)},
    {"groups", &list_type_number, offsetof(struct process_plan, groups)},
    {"keepGroups", &type_flag, offsetof(struct process_plan, keep_groups)},
    {"umask", &optional_type_octal, offsetof(struct process_plan, umask)},
    {"capabilities", &record_capability_sets, offsetof(struct process_plan, capabilities)},
    {"noNewPrivileges", &type_flag, offsetof(struct process_plan, no_new_privileges)},
    {"seccomp", &optional_type_program, offsetof(struct process_plan, seccomp)},
    {"seccompFlags", &optional_type_hex, offsetof(struct process_plan, seccomp_flags)},
    {"rlimits", &list_record_resource_limit, offsetof(struct process_plan, rlimits)},
    {"oomScoreAdj", &optional_type_signed, offsetof(struct process_plan, oom_score_adj)},
    {"init", &type_flag, offsetof(struct process_plan, init)},
    {"personality", &optional_type_hex, offsetof(struct process_plan, personality)},
    {"ioPriority", &optional_type_hex, offsetof(struct process_plan, io_priority)},
    {"scheduler", &optional_record_scheduler_plan, offsetof(struct process_plan, scheduler)},
    {"affinity", &optional_record_affinity_plan, offsetof(struct process_plan, affinity)},
    {"joinPid", &optional_type_number, offsetof(struct process_plan, join_pid)},
    {"joinStartTime", &optional_type_wide, offsetof(struct process_plan, join_start_time)},
    {.name = NULL},
};
static const struct type record_process_plan = {.kind = T_RECORD, .size = sizeof(struct process_plan), .fields = fields_process_plan};
static const struct field fields_foreign_source[] = {
    {"root", &type_text, offsetof(struct foreign_source, root)},
    {"path", &type_text, offsetof(struct foreign_source, path)},
    {"name", &type_text, offsetof(struct foreign_source, name)},
    {.name = NULL},
};
static const struct type record_foreign_source = {.kind = T_RECORD, .size = sizeof(struct foreign_source), .fields = fields_foreign_source};
static const struct type list_record_foreign_source = {.kind = T_LIST, .size = sizeof(struct list), .inner = &record_foreign_source};
static const struct field fields_foreign_plan[] = {
    {"bundle", &type_text, offsetof(struct foreign_plan, bundle)},
    {"env", &list_type_text, offsetof(struct foreign_plan, env)},
    {"create", &list_type_text, offsetof(struct foreign_plan, create)},
    {"start", &list_type_text, offsetof(struct foreign_plan, start)},
    {"kill", &list_type_text, offsetof(struct foreign_plan, kill)},
    {"delete", &list_type_text, offsetof(struct foreign_plan, delete_args)},
    {"hide", &list_type_text, offsetof(struct foreign_plan, hide)},
    {"sources", &list_record_foreign_source, offsetof(struct foreign_plan, sources)},
    {.name = NULL},
};
static const struct type record_foreign_plan = {.kind = T_RECORD, .size = sizeof(struct foreign_plan), .fields = fields_foreign_plan};
static const struct type optional_record_foreign_plan = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct foreign_plan)), .inner = &record_foreign_plan};
static const struct field fields_time_namespace_plan[] = {
    {"source", &type_namespace, offsetof(struct time_namespace_plan, source)},
    {"offsets", &type_text, offsetof(struct time_namespace_plan, offsets)},
    {.name = NULL},
};
static const struct type record_time_namespace_plan = {.kind = T_RECORD, .size = sizeof(struct time_namespace_plan), .fields = fields_time_namespace_plan};
static const struct type optional_record_time_namespace_plan = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct time_namespace_plan)), .inner = &record_time_namespace_plan};
static const struct field fields_caller_plan[] = {
    {"outlives", &type_flag, offsetof(struct caller_plan, outlives)},
    {"preserveFds", &type_number, offsetof(struct caller_plan, preserve_fds)},
    {"consoleSocket", &optional_type_text, offsetof(struct caller_plan, console_socket)},
    {.name = NULL},
};
static const struct type record_caller_plan = {.kind = T_RECORD, .size = sizeof(struct caller_plan), .fields = fields_caller_plan};
static const struct type optional_record_caller_plan = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct caller_plan)), .inner = &record_caller_plan};
static const char *const names_hook[] = {"prestart", "createRuntime", "createContainer", "startContainer", NULL};
static const struct type choice_hook = {.kind = T_CHOICE, .size = sizeof(uint8_t), .names = names_hook};
static const struct field fields_hook_plan[] = {
    {"point", &choice_hook, offsetof(struct hook_plan, point)},
    {"path", &type_text, offsetof(struct hook_plan, path)},
    {"args", &list_type_text, offsetof(struct hook_plan, args)},
    {"env", &list_type_text, offsetof(struct hook_plan, env)},
    {"timeout", &type_number, offsetof(struct hook_plan, timeout)},
    {.name = NULL},
};
static const struct type record_hook_plan = {.kind = T_RECORD, .size = sizeof(struct hook_plan), .fields = fields_hook_plan};
static const struct type list_record_hook_plan = {.kind = T_LIST, .size = sizeof(struct list), .inner = &record_hook_plan};
static const struct field fields_hooks_plan[] = {
    {"state", &type_text, offsetof(struct hooks_plan, state)},
    {"list", &list_record_hook_plan, offsetof(struct hooks_plan, list)},
    {.name = NULL},
};
static const struct type record_hooks_plan = {.kind = T_RECORD, .size = sizeof(struct hooks_plan), .fields = fields_hooks_plan};
static const struct type optional_record_hooks_plan = {.kind = T_OPTIONAL, .size = sizeof(OPTIONAL(struct hooks_plan)), .inner = &record_hooks_plan};
static const struct field fields_plan[] = {
    {"kind", &choice_kind, offsetof(struct plan, kind)},
    {"id", &type_text, offsetof(struct plan, id)},
    {"runDir", &type_text, offsetof(struct plan, run_dir)},
    {"stdio", &record_stdio_plan, offsetof(struct plan, stdio)},
    {"log", &optional_record_log_plan, offsetof(struct plan, log)},
    {"waitForStart", &type_flag, offsetof(struct plan, wait_for_start)},
    {"oomCounter", &optional_type_text, offsetof(struct plan, oom_counter)},
    {"host", &list_op_host, offsetof(struct plan, host)},
    {"namespaces", &record_namespace_plan, offsetof(struct plan, namespaces)},
    {"userMaps", &optional_record_user_maps, offsetof(struct plan, user_maps)},
    {"network", &list_op_network, offsetof(struct plan, network)},
    {"setup", &list_op_setup, offsetof(struct plan, setup)},
    {"process", &record_process_plan, offsetof(struct plan, process)},
    {"teardown", &list_op_host, offsetof(struct plan, teardown)},
    {"foreign", &optional_record_foreign_plan, offsetof(struct plan, foreign)},
    {"timeNamespace", &optional_record_time_namespace_plan, offsetof(struct plan, time_namespace)},
    {"caller", &optional_record_caller_plan, offsetof(struct plan, caller)},
    {"hooks", &optional_record_hooks_plan, offsetof(struct plan, hooks)},
    {.name = NULL},
};
const struct field *const plan_fields = fields_plan;
const struct type *const network_ops_type = &list_op_network;

/* SPDX-License-Identifier: MIT */
#include "engine/linux/profile.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"

/* What every container may call. io_uring's three calls are not among them: Docker took them out in 2023
 * (release 25), as its kernel side was the way out of containers too often. ptrace and process_vm_* are: from kernel
 * 4.8 on, ptrace cannot be used to get round a filter. */
static const char *const always[] = {"accept",
				     "accept4",
				     "access",
				     "adjtimex",
				     "alarm",
				     "bind",
				     "brk",
				     "capget",
				     "capset",
				     "chdir",
				     "chmod",
				     "chown",
				     "chown32",
				     "clock_adjtime",
				     "clock_adjtime64",
				     "clock_getres",
				     "clock_getres_time64",
				     "clock_gettime",
				     "clock_gettime64",
				     "clock_nanosleep",
				     "clock_nanosleep_time64",
				     "close",
				     "close_range",
				     "connect",
				     "copy_file_range",
				     "creat",
				     "dup",
				     "dup2",
				     "dup3",
				     "epoll_create",
				     "epoll_create1",
				     "epoll_ctl",
				     "epoll_ctl_old",
				     "epoll_pwait",
				     "epoll_pwait2",
				     "epoll_wait",
				     "epoll_wait_old",
				     "eventfd",
				     "eventfd2",
				     "execve",
				     "execveat",
				     "exit",
				     "exit_group",
				     "faccessat",
				     "faccessat2",
				     "fadvise64",
				     "fadvise64_64",
				     "fallocate",
				     "fanotify_mark",
				     "fchdir",
				     "fchmod",
				     "fchmodat",
				     "fchown",
				     "fchown32",
				     "fchownat",
				     "fcntl",
				     "fcntl64",
				     "fdatasync",
				     "fgetxattr",
				     "flistxattr",
				     "flock",
				     "fork",
				     "fremovexattr",
				     "fsetxattr",
				     "fstat",
				     "fstat64",
				     "fstatat64",
				     "fstatfs",
				     "fstatfs64",
				     "fsync",
				     "ftruncate",
				     "ftruncate64",
				     "futex",
				     "futex_time64",
				     "futex_waitv",
				     "futimesat",
				     "getcpu",
				     "getcwd",
				     "getdents",
				     "getdents64",
				     "getegid",
				     "getegid32",
				     "geteuid",
				     "geteuid32",
				     "getgid",
				     "getgid32",
				     "getgroups",
				     "getgroups32",
				     "getitimer",
				     "getpeername",
				     "getpgid",
				     "getpgrp",
				     "getpid",
				     "getppid",
				     "getpriority",
				     "getrandom",
				     "getresgid",
				     "getresgid32",
				     "getresuid",
				     "getresuid32",
				     "getrlimit",
				     "get_robust_list",
				     "getrusage",
				     "getsid",
				     "getsockname",
				     "getsockopt",
				     "get_thread_area",
				     "gettid",
				     "gettimeofday",
				     "getuid",
				     "getuid32",
				     "getxattr",
				     "inotify_add_watch",
				     "inotify_init",
				     "inotify_init1",
				     "inotify_rm_watch",
				     "io_cancel",
				     "ioctl",
				     "io_destroy",
				     "io_getevents",
				     "io_pgetevents",
				     "io_pgetevents_time64",
				     "ioprio_get",
				     "ioprio_set",
				     "io_setup",
				     "io_submit",
				     "ipc",
				     "kill",
				     "landlock_add_rule",
				     "landlock_create_ruleset",
				     "landlock_restrict_self",
				     "lchown",
				     "lchown32",
				     "lgetxattr",
				     "link",
				     "linkat",
				     "listen",
				     "listxattr",
				     "llistxattr",
				     "_llseek",
				     "lremovexattr",
				     "lseek",
				     "lsetxattr",
				     "lstat",
				     "lstat64",
				     "madvise",
				     "membarrier",
				     "memfd_create",
				     "memfd_secret",
				     "mincore",
				     "mkdir",
				     "mkdirat",
				     "mknod",
				     "mknodat",
				     "mlock",
				     "mlock2",
				     "mlockall",
				     "mmap",
				     "mmap2",
				     "mprotect",
				     "mq_getsetattr",
				     "mq_notify",
				     "mq_open",
				     "mq_timedreceive",
				     "mq_timedreceive_time64",
				     "mq_timedsend",
				     "mq_timedsend_time64",
				     "mq_unlink",
				     "mremap",
				     "msgctl",
				     "msgget",
				     "msgrcv",
				     "msgsnd",
				     "msync",
				     "munlock",
				     "munlockall",
				     "munmap",
				     "name_to_handle_at",
				     "nanosleep",
				     "newfstatat",
				     "_newselect",
				     "open",
				     "openat",
				     "openat2",
				     "pause",
				     "pidfd_open",
				     "pidfd_send_signal",
				     "pipe",
				     "pipe2",
				     "pkey_alloc",
				     "pkey_free",
				     "pkey_mprotect",
				     "poll",
				     "ppoll",
				     "ppoll_time64",
				     "prctl",
				     "pread64",
				     "preadv",
				     "preadv2",
				     "prlimit64",
				     "process_mrelease",
				     "pselect6",
				     "pselect6_time64",
				     "pwrite64",
				     "pwritev",
				     "pwritev2",
				     "read",
				     "readahead",
				     "readlink",
				     "readlinkat",
				     "readv",
				     "recv",
				     "recvfrom",
				     "recvmmsg",
				     "recvmmsg_time64",
				     "recvmsg",
				     "remap_file_pages",
				     "removexattr",
				     "rename",
				     "renameat",
				     "renameat2",
				     "restart_syscall",
				     "rmdir",
				     "rseq",
				     "rt_sigaction",
				     "rt_sigpending",
				     "rt_sigprocmask",
				     "rt_sigqueueinfo",
				     "rt_sigreturn",
				     "rt_sigsuspend",
				     "rt_sigtimedwait",
				     "rt_sigtimedwait_time64",
				     "rt_tgsigqueueinfo",
				     "sched_getaffinity",
				     "sched_getattr",
				     "sched_getparam",
				     "sched_get_priority_max",
				     "sched_get_priority_min",
				     "sched_getscheduler",
				     "sched_rr_get_interval",
				     "sched_rr_get_interval_time64",
				     "sched_setaffinity",
				     "sched_setattr",
				     "sched_setparam",
				     "sched_setscheduler",
				     "sched_yield",
				     "seccomp",
				     "select",
				     "semctl",
				     "semget",
				     "semop",
				     "semtimedop",
				     "semtimedop_time64",
				     "send",
				     "sendfile",
				     "sendfile64",
				     "sendmmsg",
				     "sendmsg",
				     "sendto",
				     "setfsgid",
				     "setfsgid32",
				     "setfsuid",
				     "setfsuid32",
				     "setgid",
				     "setgid32",
				     "setgroups",
				     "setgroups32",
				     "setitimer",
				     "setpgid",
				     "setpriority",
				     "setregid",
				     "setregid32",
				     "setresgid",
				     "setresgid32",
				     "setresuid",
				     "setresuid32",
				     "setreuid",
				     "setreuid32",
				     "setrlimit",
				     "set_robust_list",
				     "setsid",
				     "setsockopt",
				     "set_thread_area",
				     "set_tid_address",
				     "setuid",
				     "setuid32",
				     "setxattr",
				     "shmat",
				     "shmctl",
				     "shmdt",
				     "shmget",
				     "shutdown",
				     "sigaltstack",
				     "signalfd",
				     "signalfd4",
				     "sigprocmask",
				     "sigreturn",
				     "socketcall",
				     "socketpair",
				     "splice",
				     "stat",
				     "stat64",
				     "statfs",
				     "statfs64",
				     "statx",
				     "symlink",
				     "symlinkat",
				     "sync",
				     "sync_file_range",
				     "syncfs",
				     "sysinfo",
				     "tee",
				     "tgkill",
				     "time",
				     "timer_create",
				     "timer_delete",
				     "timer_getoverrun",
				     "timer_gettime",
				     "timer_gettime64",
				     "timer_settime",
				     "timer_settime64",
				     "timerfd_create",
				     "timerfd_gettime",
				     "timerfd_gettime64",
				     "timerfd_settime",
				     "timerfd_settime64",
				     "times",
				     "tkill",
				     "truncate",
				     "truncate64",
				     "ugetrlimit",
				     "umask",
				     "uname",
				     "unlink",
				     "unlinkat",
				     "utime",
				     "utimensat",
				     "utimensat_time64",
				     "utimes",
				     "vfork",
				     "vmsplice",
				     "wait4",
				     "waitid",
				     "waitpid",
				     "write",
				     "writev",
				     "process_vm_readv",
				     "process_vm_writev",
				     "ptrace",
				     NULL};

#if defined(__x86_64__)
static const char *const of_processor[] = {"arch_prctl", "modify_ldt", NULL};
static const char *const processors[] = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32",
					 NULL};
#elif defined(__aarch64__)
static const char *const of_processor[] = {
	"arm_fadvise64_64",
	"arm_sync_file_range",
	"sync_file_range2",
	"breakpoint",
	"cacheflush",
	"set_tls",
	NULL,
};
static const char *const processors[] = {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", NULL};
#else
static const char *const of_processor[] = {NULL};
static const char *const processors[] = {NULL}; /* the one that runs */
#endif

#define NAMES(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/* What a capability allows besides. */
static const struct {
	const char *capability;
	const char *const *names;
} allowed[] = {
	{"CAP_DAC_READ_SEARCH", NAMES("open_by_handle_at")},
	{"CAP_SYS_ADMIN",
	 NAMES("bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick",
	       "lookup_dcookie", "mount", "mount_setattr", "move_mount", "open_tree",
	       "perf_event_open", "quotactl", "quotactl_fd", "setdomainname", "sethostname",
	       "setns", "syslog", "umount", "umount2", "unshare")},
	{"CAP_SYS_BOOT", NAMES("reboot")},
	{"CAP_SYS_CHROOT", NAMES("chroot")},
	{"CAP_SYS_MODULE", NAMES("delete_module", "init_module", "finit_module")},
	{"CAP_SYS_PACCT", NAMES("acct")},
	{"CAP_SYS_PTRACE", NAMES("kcmp", "pidfd_getfd", "process_madvise")},
	{"CAP_SYS_RAWIO", NAMES("iopl", "ioperm")},
	{"CAP_SYS_TIME", NAMES("settimeofday", "stime", "clock_settime", "clock_settime64")},
	{"CAP_SYS_TTY_CONFIG", NAMES("vhangup")},
	{"CAP_SYS_NICE",
	 NAMES("get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node")},
	{"CAP_SYSLOG", NAMES("syslog")},
	{"CAP_BPF", NAMES("bpf")},
	{"CAP_PERFMON", NAMES("perf_event_open")},
};

/* What is allowed with certain arguments only. */
static const struct {
	const char *name;
	int64_t index;
	uint64_t value;
	uint64_t value_two;
	const char *op;
} conditional[] = {
	/* AF_VSOCK would reach the hypervisor, which no namespace divides. */
	{"socket", 0, 40, 0, "SCMP_CMP_NE"},
	/* PER_LINUX, PER_LINUX32, UNAME26 with either, and the question for the present one. */
	{"personality", 0, 0x0, 0, "SCMP_CMP_EQ"},
	{"personality", 0, 0x8, 0, "SCMP_CMP_EQ"},
	{"personality", 0, 0x20000, 0, "SCMP_CMP_EQ"},
	{"personality", 0, 0x20008, 0, "SCMP_CMP_EQ"},
	{"personality", 0, 0xffffffff, 0, "SCMP_CMP_EQ"},
};

/* The flags of clone that make namespaces: without CAP_SYS_ADMIN none of them. */
#define NAMESPACE_FLAGS 0x7e020000

static struct oci_seccomp_rule *add(struct oci_seccomp *profile, const char *const *names,
				    const char *action)
{
	struct oci_seccomp_rule *rule = array_add(&profile->syscalls);

	rule->names = memory_copy_vector(names);
	rule->action = memory_copy(action);
	return rule;
}

static void add_condition(struct oci_seccomp *profile, const char *name, int64_t index,
			  uint64_t value, uint64_t value_two, const char *op)
{
	struct oci_seccomp_rule *rule = add(profile, NAMES(name), "SCMP_ACT_ALLOW");
	struct oci_seccomp_arg *arg = array_add(&rule->args);

	*arg = (struct oci_seccomp_arg){index, value, value_two, memory_copy(op)};
}

void profile_default(uint64_t capabilities, struct oci_seccomp *ret)
{
	bool admin = capabilities >> oci_capability_named("CAP_SYS_ADMIN") & 1;

	ret->default_action = memory_copy("SCMP_ACT_ERRNO");
	ret->default_errno_ret = (struct oci_int){true, EPERM};
	if (processors[0])
		ret->architectures = memory_copy_vector(processors);
	add(ret, always, "SCMP_ACT_ALLOW");
	if (of_processor[0])
		add(ret, of_processor, "SCMP_ACT_ALLOW");
	for (size_t i = 0; i < ARRAY_LEN(conditional); i++)
		add_condition(ret, conditional[i].name, conditional[i].index, conditional[i].value,
			      conditional[i].value_two, conditional[i].op);
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		if (capabilities >> oci_capability_named(allowed[i].capability) & 1)
			add(ret, allowed[i].names, "SCMP_ACT_ALLOW");
	if (admin)
		return;
	add_condition(ret, "clone", 0, NAMESPACE_FLAGS, 0, "SCMP_CMP_MASKED_EQ");
	/* Its flags lie in memory, where no filter sees them; with ENOSYS a libc falls back on clone. */
	struct oci_seccomp_rule *rule = add(ret, NAMES("clone3"), "SCMP_ACT_ERRNO");

	rule->errno_ret = (struct oci_int){true, ENOSYS};
}

"""seccomp: a filter on system calls, for what file permissions do not cover.

Refused with EPERM: sockets of every family, shared memory and queues that outlive a process,
changes of owner, mode or time of files, looking into other processes, signals to them, starting
programs, namespaces and mounts, and the parts of the kernel that a NumPy program never needs.
Forks and threads stay allowed. Calls newer than Linux 5.1 do not exist (ENOSYS) unless listed:
that covers clone3, so that the C library falls back to clone, whose flags a filter can read.

A notebook's kernel (`programs`) may also start programs, change files of its own, offer sockets
that do not leave this machine, and, where other layers keep it to its own, connect and signal.
Source: the kernel's Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Mapping
from typing import Any

from . import kernel, landlock

__all__ = ["NAME", "PROTECTS", "apply", "available", "prepare", "program"]

NAME = "seccomp"
PROTECTS = "the network, other processes, and the kernel's rarely used calls"

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
REFUSED = tuple(
    """
    socket socketpair connect bind listen accept accept4
    shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl semget semop semctl semtimedop
    mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr memfd_create
    chmod fchmod fchmodat chown fchown lchown fchownat utime utimes utimensat futimesat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr mknod mknodat truncate
    ptrace process_vm_readv process_vm_writev kcmp perf_event_open move_pages migrate_pages
    tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal
    setpriority ioprio_set sched_setaffinity sched_setscheduler sched_setparam sched_setattr
    execve execveat unshare setns mount umount2 pivot_root chroot mount_setattr
    setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset
    keyctl add_key request_key bpf userfaultfd io_setup io_submit
    name_to_handle_at open_by_handle_at fanotify_init inotify_init inotify_init1
    kexec_load kexec_file_load init_module finit_module delete_module reboot syslog acct
    swapon swapoff quotactl personality sethostname setdomainname vhangup
    settimeofday clock_settime clock_adjtime adjtimex iopl ioperm modify_ldt
    """.split()
)
# What a kernel, a shell and a compiler need. Which sockets, `_for_sockets` says.
FOR_PROGRAMS = frozenset(
    """
    socket socketpair connect bind listen accept accept4 execve execveat
    chmod fchmod fchmodat utime utimes utimensat futimesat truncate mknod mknodat
    sched_setscheduler sched_setparam
    """.split()
)
UNIX, NETLINK = 1, 16  # AF_NETLINK is how libzmq lists the interfaces
STREAMS = (1, 0x801, 0x80001, 0x80801)  # SOCK_STREAM, with O_NONBLOCK and O_CLOEXEC
FIRST_SHARED_NUMBER = 424  # from here on every architecture has the same numbers
WANTED_SINCE = (
    "pidfd_open",
    "close_range",
    "faccessat2",
    "epoll_pwait2",
    "futex_waitv",
    "futex_wake",
    "futex_wait",
    "futex_requeue",
)
X32 = 0x40000000  # on x86-64: the same calls under other numbers
# Namespaces of every kind, and CLONE_PARENT, which would make a child of the template.
CLONE_FLAGS = 0x7E028000
OWNERS = (8, 15)  # fcntl: F_SETOWN, F_SETOWN_EX, which send signals to another process
TERMINALS = (0x5412, 0x541C, 0x8901, 0x8902)  # ioctl: TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP
PRCTLS = (1, 4, 35, 36)  # PDEATHSIG, DUMPABLE, MM, CHILD_SUBREAPER

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE = 0, 4


def _argument(index: int) -> int:
    return 16 + 8 * index  # its low half: both machines are little-endian


ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
BLANK = 0x7A5EED01  # no process id, no system call, no flag
SET_MODE_FILTER, GET_ACTION, SPEC_ALLOW = 1, 2, 1 << 2


def available(_settings: Mapping[str, Any]) -> str | None:
    """Why not, and how to get it; None if it works here."""
    if not kernel.LINUX:
        return "needs Linux"
    if kernel.MACHINE not in ARCHITECTURES:
        return f"has no table of system calls for {kernel.MACHINE}"
    try:
        kernel.call("seccomp", GET_ACTION, 0, struct.pack("=I", KILL_PROCESS))
    except OSError:
        return "needs Linux 4.14 or newer with CONFIG_SECCOMP_FILTER"
    return None


def program(
    pid: int, *, programs: bool = False, reach: bool = True, signals: bool = True
) -> list[tuple[int, int, int, int]]:
    """The filter for a worker with this process id, as classic BPF (code, jt, jf, k).

    Args:
        pid: the worker's.
        programs: whether it may start others.
        reach: whether those may connect to the sockets that they see.
        signals: whether those may signal the processes that they see.
    """
    numbers = kernel.CALLS
    lines = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, ARCHITECTURES[kernel.MACHINE]),
        (RETURN, 0, 0, KILL_PROCESS),  # 32-bit calls
        (LOAD, 0, 0, NUMBER),
    ]
    lines += _when(AT_LEAST, X32, errno.ENOSYS)
    lines += _when_argument("clone", 0, ANY_BIT, (CLONE_FLAGS,))
    lines += _when_argument("fcntl", 1, EQUAL, OWNERS)
    lines += _when_argument("ioctl", 1, EQUAL, TERMINALS)
    lines += _when_argument("prctl", 0, EQUAL, PRCTLS)
    # Signals and limits: to itself alone. A pid of 0 means this process or its own group.
    lines += _unless_argument("prlimit64", 0, (0,))
    if programs:
        for name in ("socket", "socketpair"):
            lines += _for_sockets(name)
    if not programs or not signals:
        for name in ("kill", "tgkill"):
            lines += _unless_argument(name, 0, (0, pid))
    spared = FOR_PROGRAMS - (set() if reach else {"connect"}) if programs else frozenset()
    for name in REFUSED:
        if name in numbers and name not in spared:
            lines += _when(EQUAL, numbers[name], errno.EPERM)
    for name in WANTED_SINCE:
        lines += [(EQUAL, 0, 1, numbers[name]), (RETURN, 0, 0, ALLOW)]
    lines += _when(AT_LEAST, FIRST_SHARED_NUMBER, errno.ENOSYS)
    return [*lines, (RETURN, 0, 0, ALLOW)]


def _when(test: int, value: int, number: int) -> list[tuple[int, int, int, int]]:
    return [(test, 0, 1, value), (RETURN, 0, 0, ERRNO | number)]


def _when_argument(
    name: str, index: int, test: int, values: tuple[int, ...]
) -> list[tuple[int, int, int, int]]:
    """Refuse a call whose argument matches any of the values; allow its others."""
    body = [line for value in values for line in _when(test, value, errno.EPERM)]
    return _for_call(name, index, [*body, (RETURN, 0, 0, ALLOW)])


def _unless_argument(
    name: str, index: int, values: tuple[int, ...]
) -> list[tuple[int, int, int, int]]:
    """Refuse a call whose argument is none of the values."""
    body = [line for v in values for line in ((EQUAL, 0, 1, v), (RETURN, 0, 0, ALLOW))]
    return _for_call(name, index, [*body, (RETURN, 0, 0, ERRNO | errno.EPERM)])


def _for_sockets(name: str) -> list[tuple[int, int, int, int]]:
    """Of unix sockets, streams alone: a datagram finds its way without `connect`."""
    body = [(EQUAL, 0, 1, NETLINK), (RETURN, 0, 0, ALLOW)]
    body += [(EQUAL, 1, 0, UNIX), (RETURN, 0, 0, ERRNO | errno.EPERM), (LOAD, 0, 0, _argument(1))]
    for value in STREAMS:
        body += [(EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
    return _for_call(name, 0, [*body, (RETURN, 0, 0, ERRNO | errno.EPERM)])


def _for_call(
    name: str, index: int, body: list[tuple[int, int, int, int]]
) -> list[tuple[int, int, int, int]]:
    # The body always returns, so that the number need not be loaded again.
    body = [(LOAD, 0, 0, _argument(index)), *body]
    return [(EQUAL, 0, len(body), kernel.CALLS[name]), *body]


def prepare(settings: dict[str, Any]) -> None:
    """Once, in the template: write the filter for a process id that each worker fills in."""
    active = set(settings["active"])
    # Landlock does not know sockets in folders, and signals only from Linux 6.12 on: where no
    # view of its own hides them, a desktop's or a terminal's would take orders from a program.
    scoped = landlock.NAME in active and landlock.abi() >= landlock.NEWEST
    lines = program(
        BLANK,
        programs="programs" in settings,
        reach="namespaces" in active,
        signals=scoped or bool(active & {"namespaces", "user"}),
    )
    settings["seccomp"] = b"".join(struct.pack("=HBBI", *line) for line in lines)


def apply(settings: Mapping[str, Any]) -> None:
    """Put the filter in force for this process and its offspring, for good."""
    code = settings["seccomp"].replace(struct.pack("=I", BLANK), struct.pack("=I", os.getpid()))
    lines = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: a length, padded to a pointer's size, and a pointer.
    header = struct.pack("=HxxxxxxQ", len(code) // 8, ctypes.addressof(lines))
    kernel.no_new_privileges()
    kernel.call("seccomp", SET_MODE_FILTER, SPEC_ALLOW, header)

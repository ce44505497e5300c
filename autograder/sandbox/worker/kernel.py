"""System calls that Python's `os` has no name for, by ctypes, on x86-64 and 64-bit ARM Linux."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from typing import Any

__all__ = [
    "CALLS",
    "LINUX",
    "MACHINE",
    "Unavailable",
    "call",
    "effective",
    "no_new_privileges",
    "prctl",
    "set_capabilities",
    "status",
]

LINUX = sys.platform.startswith("linux")
MACHINE = platform.machine() if LINUX else ""

# name -> numbers on x86-64 and on 64-bit ARM; None where the call does not exist.
# From Linux 5.1 (number 424) on, the numbers are the same everywhere.
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "accept": (43, 202),
    "accept4": (288, 242),
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bind": (49, 200),
    "bpf": (321, 280),
    "capset": (126, 91),
    "chmod": (90, None),
    "chown": (92, None),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "clone": (56, 220),
    "clone3": (435, 435),
    "close_range": (436, 436),
    "connect": (42, 203),
    "delete_module": (176, 106),
    "epoll_pwait2": (441, 441),
    "execve": (59, 221),
    "execveat": (322, 281),
    "faccessat2": (439, 439),
    "fanotify_init": (300, 262),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "fcntl": (72, 25),
    "finit_module": (313, 273),
    "fremovexattr": (199, 16),
    "fsetxattr": (190, 7),
    "futex_requeue": (456, 456),
    "futex_wait": (455, 455),
    "futex_waitv": (449, 449),
    "futex_wake": (454, 454),
    "futimesat": (261, None),
    "init_module": (175, 105),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "io_setup": (206, 0),
    "io_submit": (209, 2),
    "ioctl": (16, 29),
    "ioperm": (173, None),
    "iopl": (172, None),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "kill": (62, 129),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "lchown": (94, None),
    "listen": (50, 201),
    "lremovexattr": (198, 15),
    "lsetxattr": (189, 6),
    "memfd_create": (319, 279),
    "migrate_pages": (256, 238),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_pages": (279, 239),
    "mq_getsetattr": (245, 185),
    "mq_notify": (244, 184),
    "mq_open": (240, 180),
    "mq_timedreceive": (243, 183),
    "mq_timedsend": (242, 182),
    "mq_unlink": (241, 181),
    "msgctl": (71, 187),
    "msgget": (68, 186),
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "removexattr": (197, 14),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "seccomp": (317, 277),
    "semctl": (66, 191),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "setdomainname": (171, 162),
    "setfsgid": (123, 152),
    "setfsuid": (122, 151),
    "setgid": (106, 144),
    "setgroups": (116, 159),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "setpriority": (141, 140),
    "setregid": (114, 143),
    "setresgid": (119, 149),
    "setresuid": (117, 147),
    "setreuid": (113, 145),
    "settimeofday": (164, 170),
    "setuid": (105, 146),
    "setxattr": (188, 5),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "tgkill": (234, 131),
    "tkill": (200, 130),
    "truncate": (76, 45),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "utime": (132, None),
    "utimensat": (280, 88),
    "utimes": (235, None),
    "vhangup": (153, 58),
}
_COLUMN = {"x86_64": 0, "aarch64": 1}.get(MACHINE)
CALLS: dict[str, int] = (
    {}
    if _COLUMN is None
    else {name: found for name, both in NUMBERS.items() if (found := both[_COLUMN]) is not None}
)
PR_SET_NO_NEW_PRIVS = 38
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


class Unavailable(OSError):
    """This machine has no such system call."""


def call(name: str, *arguments: int | bytes | Any) -> int:
    """Make a system call.

    Raises:
        Unavailable: it has no number here.
        OSError: it failed; errno says why.
    """
    if _libc is None or name not in CALLS:
        raise Unavailable(f"no system call {name} on this machine")
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = int(_libc.syscall(ctypes.c_long(CALLS[name]), *wide))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def prctl(option: int, argument: int = 0) -> int:
    """Change a property of this process, by one argument; OSError if it fails."""
    if _libc is None:
        raise Unavailable("prctl needs Linux")
    result = int(_libc.prctl(option, *map(ctypes.c_ulong, (argument, 0, 0, 0))))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"prctl: {os.strerror(ctypes.get_errno())}")
    return result


def no_new_privileges() -> None:
    """Programs with a setuid bit give nothing any more; the kernel asks for it before a fence."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def status(field: str) -> str:
    """A field of this process's /proc status, such as CapEff; empty where there is none."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:  # noqa: PTH123  pathlib is slower to import
            for line in file:
                if line.startswith(field + ":"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return ""


def effective(capability: int) -> bool:
    """Whether this process holds a capability, by its number in capabilities(7)."""
    return bool(int(status("CapEff") or "0", 16) >> capability & 1)


def set_capabilities(keep: int) -> None:
    """Hold these capabilities (a bit mask) and no other, and inherit none."""
    low, high = keep & 0xFFFFFFFF, keep >> 32
    version, itself = 0x20080522, 0
    header = struct.pack("=Ii", version, itself)
    call("capset", header, struct.pack("=6I", low, low, 0, high, high, 0))

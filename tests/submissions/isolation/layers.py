"""A student's file that tries what it should not. Each function returns "breached" or raises."""

import ctypes
import mmap
import os
import signal
import socket
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)


def syscall(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "breached"


def read_file(path):
    with open(path) as file:
        file.read(1)
    return "breached"


def write_file(path):
    with open(path, "a") as file:
        file.write("\n")
    return "breached"


def list_folder(path):
    os.listdir(path)
    return "breached"


def change_mode(path):
    os.chmod(path, 0o777)
    return "breached"


def change_workspace():
    return write_file(__file__)


def tcp(port):
    socket.create_connection(("127.0.0.1", port), timeout=2).close()
    return "breached"


def udp(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        sock.send(b"x")
        time.sleep(0.05)
        sock.send(b"x")  # fails if nobody listened to the first
    return "breached"


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
    return "breached"


def abstract_socket(name):
    return unix_socket("\0" + name)


def send_signal(pid):
    os.kill(pid, 0)
    os.kill(pid, signal.SIGCONT)
    return "breached"


def lower_limits(pid):
    import resource

    resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
    return "breached"


def trace(pid):
    if libc.ptrace(0x4206, pid, None, None) < 0:  # PTRACE_SEIZE
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    libc.ptrace(17, pid, None, None)
    return "breached"


def run_program():
    subprocess.run(["/bin/true"], check=True)
    return "breached"


def change_root():
    os.chroot(".")
    return "breached"


def take_memory(megabytes):
    mmap.mmap(-1, megabytes << 20)  # untouched: a slow machine needs seconds to fill it
    return "breached"


def big_file(megabytes, name="big"):
    with open(name, "wb") as file:
        for _ in range(megabytes):
            file.write(bytes(1 << 20))
    return "breached"


def many_files(count):
    for number in range(count):
        big_file(1, str(number))
    return "breached"


def many_processes(count):
    for _ in range(count):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    return "breached"


def shared_memory(key):
    identity = libc.shmget(key, 4096, 0o1600)
    if identity < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "breached"


def be_called(name):
    libc.prctl(15, name.encode(), 0, 0, 0)  # PR_SET_NAME


def daemon(name):
    """Leave something behind that wants to stay."""
    if os.fork() == 0:
        os.setsid()
        be_called(name)
        if os.fork() == 0:
            for number in range(1, 64):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            while True:
                time.sleep(0.01)
        os._exit(0)
    time.sleep(0.1)
    return "breached"


def fork_chain(name):
    """Hop from process to process, faster than one can look."""
    if os.fork() == 0:
        be_called(name)
        while True:
            try:
                if os.fork():
                    os._exit(0)
            except OSError:
                pass
    time.sleep(0.1)
    return "breached"


def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return "done"


def spin_in_children(count):
    for _ in range(count):
        if os.fork() == 0:
            while True:
                pass
    time.sleep(60)


def memory_in_children(count, megabytes):
    for _ in range(count):
        if os.fork() == 0:
            kept = b"x" * (megabytes << 20)
            time.sleep(60)
            os._exit(len(kept) % 2)
    time.sleep(60)


def who():
    return [os.getuid(), os.getpid(), len(os.environ.get("AUTOGRADER_SECRET", ""))]


def leave_deep_folders(depth):
    for _ in range(depth):
        os.mkdir("d", 0o300)
        os.chdir("d")
    return "done"


def use(module):
    __import__(module)
    return "breached"


def standard_library():
    import concurrent.futures
    import decimal
    import json
    import sqlite3
    import ssl
    import tempfile

    import numpy as np

    with tempfile.TemporaryFile() as file:
        np.save(file, np.arange(3))
    assert [decimal, json, sqlite3, ssl, sys]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return sum(pool.map(abs, [-1, 2]))


def forked_sum():
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, b"42")
        os._exit(0)
    os.wait()
    return int(os.read(reader, 2))

"""Running a student's code in another process, and talking to it.

`Sandbox` starts workers; `Student` is the proxy through which checks call them. The folder
`worker/` is the shim, the only code of ours that the student's process can import.
"""

from autograder.sandbox.faults import Died, Raised, StudentFault, TimedOut, Unimplemented
from autograder.sandbox.process import Sandbox
from autograder.sandbox.proxy import Remote, Student

__all__ = [
    "Died",
    "Raised",
    "Remote",
    "Sandbox",
    "Student",
    "StudentFault",
    "TimedOut",
    "Unimplemented",
]

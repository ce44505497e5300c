"""`python -m autograder` is the console command."""

import sys

from autograder.cli import main

sys.exit(main())

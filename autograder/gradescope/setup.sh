#!/usr/bin/env bash
# Runs once, as root, when the platform builds the image. Needs the network unless wheels/ is there.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
source="$root/source"

suitable() {
    command -v "$1" > /dev/null && "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))'
}
find_python() {
    for python in python3.13 python3.12 python3.11 python3; do
        if suitable "$python" 2> /dev/null; then
            command -v "$python"
            return
        fi
    done
    return 1
}

if ! find_python > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # 24.04 has 3.12 as python3; 22.04 has 3.11 beside its own.
    apt-get install -qq -y python3.11-venv || apt-get install -qq -y python3-venv
fi
python="$(find_python)" || {
    echo "setup.sh: no Python of 3.11 or newer could be found or installed" >&2
    exit 1
}

"$python" -m venv --without-pip "$root/venv"
inside="$root/venv/bin/python"
wheels="$source/wheels"
if [ -d "$wheels" ]; then
    own=("$wheels"/pip-*.whl)
    pip() { "$inside" "${own[0]}/pip" --quiet "$@"; }
    from=(--no-index --find-links "$wheels")
else
    if ! "$inside" -m ensurepip > /dev/null 2>&1; then
        apt-get update -qq
        apt-get install -qq -y "$(basename "$(readlink -f "$python")")-venv"
        "$inside" -m ensurepip > /dev/null
    fi
    pip() { "$inside" -m pip --quiet "$@"; }
    from=()
fi
pip install --disable-pip-version-check "${from[@]}" -r "$source/requirements.txt"

# The loops of the course's fast layers are compiled where that is possible, and are NumPy elsewhere.
if [ -f "$source/setup.py" ] && command -v cc > /dev/null; then
    (
        pip install --disable-pip-version-check "${from[@]}" cython setuptools &&
            cd "$source" && "$inside" setup.py --quiet build_ext --inplace
    ) || echo "setup.sh: the fast loops were not compiled; NumPy runs them"
fi

# Only root may read the course secret and the checks. Student code runs as users of its own, whose
# numbers are leased when it starts: none has to be made here.
chmod -R go-rwx "$source"
chmod 755 "$root"
(cd "$source" && "$inside" -m autograder doctor)

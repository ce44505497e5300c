#!/usr/bin/env bash
# Fetches CIFAR-10 (Krizhevsky 2009, 163 MB) into this folder, unless it is there. Everything also
# runs without it, on a set of drawn shapes, so failing to fetch is no error.
cd "$(dirname "$0")" || exit 1

archive=cifar-10-python.tar.gz
if [ -d cifar-10-batches-py ] || [ -f "$archive" ]; then
    echo "CIFAR-10 is here."
    exit 0
fi
address="https://www.cs.toronto.edu/~kriz/$archive"
if command -v curl > /dev/null; then
    curl --fail --silent --show-error --connect-timeout 10 --output "$archive.part" "$address"
elif command -v wget > /dev/null; then
    wget --quiet --timeout=10 --tries=1 --output-document="$archive.part" "$address"
else
    echo "There is neither curl nor wget here."
    false
fi
if [ $? -eq 0 ]; then
    mv "$archive.part" "$archive"
    echo "CIFAR-10 is here."
else
    rm -f "$archive.part"
    echo "CIFAR-10 could not be fetched: the embedded set of drawn shapes will be used."
fi

"""Make submission.zip out of your files and notebooks: python collect_submission.py

Save the notebooks first. The data sets stay behind; hand in submission.zip as it is.
"""

import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
YOURS = (
    "cs231n/layers.py",
    "cs231n/optim.py",
    "cs231n/layer_utils.py",
    "cs231n/classifiers/fc_net.py",
    "cs231n/classifiers/cnn.py",
)
NOTEBOOKS = (
    "FullyConnectedNets.ipynb",
    "BatchNormalization.ipynb",
    "Dropout.ipynb",
    "ConvolutionalNetworks.ipynb",
)
TARGET = "submission.zip"


def main():
    """Write the zip; the exit code is 1 if a file is missing."""
    missing = [name for name in (*YOURS, *NOTEBOOKS) if not (HERE / name).is_file()]
    for name in missing:
        print(f"missing: {name}")
    with zipfile.ZipFile(HERE / TARGET, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (*YOURS, *NOTEBOOKS):
            if name not in missing:
                archive.write(HERE / name, name)
                print(f"added:   {name}")
    print(f"Written: {HERE / TARGET}" + (" (incomplete)" if missing else ""))
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())

"""Make submission.zip: the reference with five mistakes of the kind that students make.

Run it from anywhere: `python examples/make_example.py`. A test holds that the committed archive
is what this writes, byte for byte.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "reference"
FILES = ("layers.py", "optim.py", "layer_utils.py", "classifiers/fc_net.py", "classifiers/cnn.py")
MISTAKES = {
    "layers.py": [
        # The mask is drawn from a normal distribution.
        ("np.random.rand(*x.shape) < p", "np.random.randn(*x.shape) < p"),
        # Where windows overlap, a gradient replaces the one before it.
        ("top + row, left + column] += dout", "top + row, left + column] = dout"),
        # Groups are made of interleaved channels instead of neighbouring ones.
        ("x_hat, norm_cache = _normalize(x.reshape(N, G, -1), axis=2, eps=eps)",
         "x_hat, norm_cache = _normalize(x.reshape(N, -1, G), axis=1, eps=eps)"),
    ],
    "optim.py": [
        # No correction of the bias of the first steps.
        ('m_hat = config["m"] / (1 - beta1 ** config["t"])', 'm_hat = config["m"]'),
        ('v_hat = config["v"] / (1 - beta2 ** config["t"])', 'v_hat = config["v"]'),
    ],
    "classifiers/fc_net.py": [
        # Regularization is in the loss but not in the gradient.
        ('            grads[f"W{i}"] += self.reg * W\n', ""),
    ],
}  # fmt: skip


def build() -> bytes:
    """The archive: the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            text = (REFERENCE / name).read_text(encoding="utf-8")
            for right, wrong in MISTAKES.get(name, []):
                if right not in text:
                    raise SystemExit(f"reference/{name} has no {right!r} any more")
                text = text.replace(right, wrong)
            entry = zipfile.ZipInfo(f"assignment2/cs231n/{name}", (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return buffer.getvalue()


if __name__ == "__main__":
    (HERE / "submission.zip").write_bytes(build())

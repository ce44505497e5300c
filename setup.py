"""The one part of the build that pyproject.toml cannot describe: the compiled loops."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        # Optional: where it cannot be compiled, the package installs without it, and the same
        # loops in NumPy serve.
        Extension(
            "reference._loops",
            ["reference/_loops.pyx"],
            extra_compile_args=["-O3", "-g0"],
            optional=True,
        )
    ],
    options={"build_ext": {"cython_c_in_temp": True}},
)

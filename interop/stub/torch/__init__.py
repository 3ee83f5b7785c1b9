"""Stands in for PyTorch where onnxruntime.training.api is imported.

The training package of ONNX Runtime 1.19.2 imports torch for parts that its
training API never calls (ORTModule, FusedAdam, exporters). This module has
every name that is asked for, each a class without behaviour, so that the API can
be used without a download of gigabytes. Calling one of them raises ImportError,
by which the package learns that ORTModule is not there.
"""

import importlib.abc
import importlib.machinery
import sys
import types


class _Any(type):
    """The type of names that stand for anything."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Any(name, (), {})

    def __call__(cls, *args, **kwargs):
        raise ImportError(f"torch.{cls.__name__} was called, but this is only a stand-in for PyTorch")


class _Module(types.ModuleType):
    """A module that has every name."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Any(name, (), {})


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds every module below torch."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname.startswith("torch."):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):
        return _Module(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.append(_Finder())
__version__ = "2.0.0"


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _Any(name, (), {})

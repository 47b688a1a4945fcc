"""A model -> the engine that suits: OpenVINO on processors, transformers on GPUs and for what OpenVINO cannot take."""

from __future__ import annotations

import logging

from deskwright.plugins import Engine
from deskwright.workspace import Workspace
from instruct.rounds import Model
from serve.engines.conversion import Unconvertible
from serve.engines.openvino import OpenVINO
from serve.engines.transformers import Transformers

log = logging.getLogger("deskwright.serve")


class Auto:
    """Chooses when a model is opened."""

    @classmethod
    def open(cls, workspace: Workspace, model: Model | None) -> Engine:
        import torch

        if torch.cuda.is_available():
            return Transformers.open(workspace, model)
        try:
            return OpenVINO.open(workspace, model)
        except Unconvertible as reason:
            log.warning("%s", reason)
            return Transformers.open(workspace, model)

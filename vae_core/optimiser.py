"""Adam over one long vector instead of many small tensors.

Small models spend much of a step on the way from one small tensor to the next. Here a model's
parameters are views of a vector, so that an update, an average, a rounding to bfloat16 is one
operation whatever the number of layers.
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

BETAS, EPS = (0.9, 0.999), 1e-8


class Vector:
    """Parameters that lie behind one another in memory.

    Args:
        parameters: of one dtype and device; from now on they are views of `data`.

    Attributes:
        data: all of them, (P,).
        gradient: theirs, (P,), as `gather` left it.
        gradients: the same, one view for each parameter.
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = list(parameters)
        self.data = torch.cat([parameter.detach().flatten() for parameter in self.parameters])
        self.gradient = torch.zeros_like(self.data)
        self.gradients = self._views(self.gradient)
        for parameter, part in zip(self.parameters, self._views(self.data), strict=True):
            parameter.data = part

    def _views(self, vector: Tensor) -> list[Tensor]:
        parts = vector.split([parameter.numel() for parameter in self.parameters])  # type: ignore[no-untyped-call]
        return [p.view_as(like) for p, like in zip(parts, self.parameters, strict=True)]

    def gather(self) -> Tensor:
        """Move the parameters' gradients into `gradient`, 0 where there is none; return it.

        Into the same memory at each step: a new megabyte costs more than what is done with it.
        """
        parts = []
        for parameter in self.parameters:
            gradient = parameter.grad
            parts.append(torch.zeros_like(parameter) if gradient is None else gradient)
            parameter.grad = None
        return torch.cat([part.flatten() for part in parts], out=self.gradient)


class VectorAdam:
    """Adam (Kingma & Ba 2015), torch's fused one, on one vector, or on matrices and the rest.

    Args:
        model: whose parameters it changes.
        weight_decay: decoupled L2 on the matrices (Loshchilov & Hutter 2019, algorithm 2).
        l1: decoupled L1 on the matrices: soft thresholding after each step.
        clip_norm: longest gradient over all parameters; None does not clip.
    """

    def __init__(
        self, model: nn.Module, weight_decay: float, l1: float, clip_norm: float | None
    ) -> None:
        everything = list(model.parameters())
        decays = bool(weight_decay or l1)  # else one vector does: nothing tells matrices apart
        matrices = [parameter for parameter in everything if parameter.ndim >= 2 or not decays]
        rest = [parameter for parameter in everything if parameter.ndim < 2 and decays]
        self.vectors = [Vector(parameters) for parameters in (matrices, rest) if parameters]
        self.moments = [
            {
                "exp_avg": torch.zeros_like(vector.data),
                "exp_avg_sq": torch.zeros_like(vector.data),
                "step": torch.zeros((), device=vector.data.device),
            }
            for vector in self.vectors
        ]
        self.decays = (weight_decay, 0.0)
        self.l1, self.clip_norm = l1, clip_norm

    def gather(self) -> None:
        """Move the parameters' gradients into the vectors."""
        for vector in self.vectors:
            vector.gather()

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """Change the parameters along each vector's `gradient`, which clipping may shorten.

        Args:
            rate: learning rate; a 0-d tensor where the step is recorded.
        """
        if self.clip_norm is not None:
            gradients = [vector.gradient for vector in self.vectors]
            norm = nn.utils.get_total_norm(gradients)
            for gradient in gradients:
                gradient.mul_((self.clip_norm / (norm + 1e-6)).clamp_max(1.0))
        # torch's function, not its Optimizer: that one's hooks take as long as the update.
        for vector, moments, decay in zip(self.vectors, self.moments, self.decays, strict=False):
            adamw(
                [vector.data],
                [vector.gradient],
                [moments["exp_avg"]],
                [moments["exp_avg_sq"]],
                max_exp_avg_sqs=[],
                state_steps=[moments["step"]],
                fused=True,
                amsgrad=False,
                beta1=BETAS[0],
                beta2=BETAS[1],
                lr=rate,
                weight_decay=decay,
                eps=EPS,
                maximize=False,
            )
        if self.l1:
            matrices = self.vectors[0].data
            matrices.copy_(matrices.sign() * (matrices.abs() - rate * self.l1).clamp_min_(0.0))

    def state_dict(self) -> dict[str, Tensor]:
        """Moments and step counts (copies), by "vector.name"."""
        return {name: value.clone() for name, value in self._state().items()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go back to a `state_dict`.

        Raises:
            ValueError: when it belongs to another model.
        """
        own = self._state()
        shapes = {name: value.shape for name, value in own.items()}
        if {name: value.shape for name, value in state.items()} != shapes:
            numbers = sum(value.numel() for value in state.values())
            raise ValueError(f"{numbers} numbers of an optimiser for another model")
        for name, value in own.items():
            value.copy_(state[name])

    def _state(self) -> dict[str, Tensor]:
        return {
            f"{index}.{name}": value
            for index, moments in enumerate(self.moments)
            for name, value in moments.items()
        }

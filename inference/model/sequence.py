"""The sequence part of the spine network: what the slices of a series say together.

A slice alone cannot tell C4 from C5, and a crack on one slice is as likely noise as a fracture.
So each slice hears its neighbours (a depthwise convolution along the series) and the whole series
(self-attention that knows distances, Vaswani et al. 2017 with the relative bias of Raffel et al.
2020). Each level then attends to its slices, and the patient to the levels.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.model.network import SeriesLogits
from inference.types import LEVELS

WIDTH: Final = 128
BLOCKS: Final = 2
KERNEL: Final = 7
"""Slices that the convolution sees: a vertebra is some 8 slices of 2 mm high."""
REACH: Final = 64
"""Slices beyond which all distances count as one."""
HEAD_CENTRES: Final = (-18.0, -9.0, -4.0, 0.0, 0.0, 4.0, 9.0, 18.0)
HEAD_WIDTHS: Final = (8.0, 5.0, 3.0, 3.0, 40.0, 3.0, 5.0, 8.0)
"""Where, in slices, each attention head looks at first, and how wide; learned from there."""
EVIDENCE_SCALE: Final = 0.25
EVIDENCE_LIMIT: Final = 12.0
"""Logits and logarithms beyond this say no more."""
FOCUS: Final = 0.5
"""How much more a level attends to slices that look fractured, at first: most of a fractured
vertebra's slices look intact, and their mean would drown the few that do not."""
FAR_BELOW: Final = -1e4
"""Added to a logit so that it weighs nothing; finite, so that padding alone gives numbers."""


class SeriesReader(nn.Module):
    """Tokens of the slices → logits of slices, levels and patient.

    A token is a learned summary followed by evidence: numbers with a meaning each, of which the
    last 14 are the slice's own presence and fracture logits. What is said of a slice starts from
    those, so that an untrained sequence part says what the slice part said.
    """

    def __init__(self, summary: int, evidence: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.summary_width = summary
        self.normalise = nn.LayerNorm(summary)
        self.project = nn.Linear(summary + evidence, WIDTH)
        self.blocks = nn.ModuleList(SeriesBlock(dropout) for _ in range(BLOCKS))
        self.final = nn.LayerNorm(WIDTH)
        self.slice_head = _silent(WIDTH, 2 * len(LEVELS))
        self.attention = nn.Linear(WIDTH, len(LEVELS))
        self.focus = nn.Parameter(torch.full((len(LEVELS),), FOCUS))
        self.values = nn.Linear(WIDTH, WIDTH)
        self.level_names = nn.Parameter(torch.randn(len(LEVELS), WIDTH) * 0.02)
        self.level_head = nn.Sequential(
            nn.LayerNorm(WIDTH),
            nn.Linear(WIDTH, WIDTH // 2),
            nn.GELU(),
            nn.Dropout(dropout),
            _silent(WIDTH // 2, 1),
        )
        self.overall_head = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH // 2), nn.GELU(), _silent(WIDTH // 2, 1)
        )

    def forward(self, tokens: Tensor, padding: Tensor | None = None) -> SeriesLogits:
        """``tokens``: (series, slices, width); ``padding``: (series, slices), true where filled."""
        tokens = tokens.float()
        if padding is None:
            padding = torch.zeros_like(tokens[..., 0], dtype=torch.bool)
        states = self._states(tokens, padding)
        own = tokens[..., -2 * len(LEVELS) :]
        presence, fracture = (own + self.slice_head(states)).split(len(LEVELS), dim=-1)
        weights = self._weights(states, presence, fracture, padding)
        level_states = self.level_names + torch.einsum("btl,btw->blw", weights, self.values(states))
        evidence = torch.einsum("btl,btl->bl", weights, fracture)
        levels = evidence + self.level_head(level_states).squeeze(-1)
        # The odds of any are about the sum of the odds; the head learns what that overstates.
        any_level = torch.logsumexp(levels, dim=1)
        overall = any_level + self.overall_head(level_states.mean(dim=1)).squeeze(-1)
        return SeriesLogits(presence, fracture, levels, overall)

    def _states(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """(series, slices, WIDTH); padding does not flow into other slices."""
        summary = self.normalise(tokens[..., : self.summary_width])
        evidence = tokens[..., self.summary_width :].clamp(-EVIDENCE_LIMIT, EVIDENCE_LIMIT)
        states = self.project(torch.cat([summary, evidence * EVIDENCE_SCALE], dim=-1))
        for block in self.blocks:
            states = block(states, padding)
        final: Tensor = self.final(states)
        return final

    def _weights(
        self, states: Tensor, presence: Tensor, fracture: Tensor, padding: Tensor
    ) -> Tensor:
        """How each level attends to the slices, (series, slices, 7); they sum to 1 over slices."""
        shown = functional.logsigmoid(presence)
        scores = self.attention(states) + shown + self.focus * fracture
        return torch.softmax(scores.masked_fill(padding.unsqueeze(-1), FAR_BELOW), dim=1)


class SeriesBlock(nn.Module):
    """Neighbours, the whole series, each slice for itself; every step adds to what was there."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.before_neighbours = nn.LayerNorm(WIDTH)
        self.neighbours = nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2, groups=WIDTH)
        self.before_attention = nn.LayerNorm(WIDTH)
        self.attention = DistanceAttention()
        self.before_mixing = nn.LayerNorm(WIDTH)
        self.mixing = nn.Sequential(
            nn.Linear(WIDTH, 2 * WIDTH),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * WIDTH, WIDTH),
        )

    def forward(self, states: Tensor, padding: Tensor) -> Tensor:
        """``states``: (series, slices, WIDTH); ``padding``: (series, slices)."""
        # Beyond the ends the convolution sees zeros; so it must at padding.
        real = self.before_neighbours(states).masked_fill(padding.unsqueeze(-1), 0.0)
        states = states + self.neighbours(real.transpose(1, 2)).transpose(1, 2)
        states = states + self.attention(self.before_attention(states), padding)
        mixed: Tensor = states + self.mixing(self.before_mixing(states))
        return mixed


class DistanceAttention(nn.Module):
    """Multi-head self-attention with a learned bias for each distance."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = len(HEAD_CENTRES)
        self.queries_keys_values = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        distances = torch.arange(-REACH, REACH + 1.0)
        centres, widths = torch.tensor(HEAD_CENTRES), torch.tensor(HEAD_WIDTHS)
        start = -(((distances - centres[:, None]) / widths[:, None]) ** 2) / 2
        self.bias = nn.Parameter(start.clamp(min=-4.0))

    def forward(self, states: Tensor, padding: Tensor) -> Tensor:
        """``states``: (series, slices, WIDTH); ``padding``: (series, slices)."""
        series, slices, _ = states.shape
        per_head = self.queries_keys_values(states).view(series, slices, 3, self.heads, -1)
        queries, keys, values = per_head.permute(2, 0, 3, 1, 4).unbind(0)
        scores = queries @ keys.transpose(-2, -1) * (WIDTH // self.heads) ** -0.5
        places = torch.arange(slices, device=states.device)
        distances = (places[None, :] - places[:, None]).clamp(-REACH, REACH) + REACH
        scores = (scores + self.bias[:, distances]).masked_fill(padding[:, None, None], FAR_BELOW)
        heard = torch.softmax(scores, dim=-1) @ values
        attended: Tensor = self.out(heard.transpose(1, 2).reshape(series, slices, WIDTH))
        return attended


def _silent(inputs: int, outputs: int) -> nn.Linear:
    """A layer that says nothing until it has learned."""
    layer = nn.Linear(inputs, outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer

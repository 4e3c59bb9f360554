"""Figures of scores against targets: counts first, every figure derived from them; intervals by the bootstrap."""

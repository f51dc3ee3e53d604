"""Least squares within bounds, for every frame of a motion at once.

    minimise  Σ_t ½ x_tᵀ A x_t − b_tᵀ x_t  +  ½ steady · Σ_t |x_t − x_{t−1}|²      low ≤ x_t ≤ high

The matrix is the same in all frames. Each frame is solved exactly, by an active set that starts from its
neighbour's; sweeps forward and backward settle the frames between them, so nothing lags behind.
"""

from functools import cache
from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float, Float64

SWEEPS = 6
TOLERANCE = 1e-9  # of a gradient, times the largest diagonal element


def solve_boxed(
    matrix: Float64[np.ndarray, "n n"],
    right: Float64[np.ndarray, "t n"],
    low: Float[np.ndarray, "n"],
    high: Float[np.ndarray, "n"],
    steady: float = 0.0,
    start: Float64[np.ndarray, "t n"] | None = None,
) -> Float64[np.ndarray, "t n"]:
    """The minimiser. `matrix` is symmetric positive definite; infinite bounds are welcome."""
    kernel = _kernel()
    x = np.zeros(right.shape) if start is None else np.array(start, np.float64)
    x = np.clip(x, low, high)
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    matrix, right = np.ascontiguousarray(matrix), np.ascontiguousarray(right, np.float64)
    tolerance = TOLERANCE * float(np.abs(np.diag(matrix)).max())
    kernel(matrix, right, low, high, float(steady), SWEEPS if steady and len(right) > 1 else 1, x, tolerance)
    return x


@cache
def _kernel() -> Any:
    from ..jit import compiled  # numba loads only where it is used

    return compiled(_sweep)


@no_type_check
def _sweep(matrix, right, low, high, steady, sweeps, x, tolerance):
    """Everything in one function: a kernel calls nothing outside its file, and little inside."""
    frames, n = right.shape
    lower = np.zeros((n, n))  # Cholesky factor over the free unknowns
    free = np.zeros(n, np.int64)
    held = np.zeros(n, np.bool_)  # at a bound
    known = np.zeros(n, np.bool_)  # the set that `lower` was made for
    known_steady = -1.0
    z = np.zeros(n)
    b = np.zeros(n)
    for sweep in range(sweeps):
        for step in range(frames):
            t = step if sweep % 2 == 0 else frames - 1 - step
            neighbours = 0
            for i in range(n):
                b[i] = right[t, i]
            if steady > 0.0:
                for other in (t - 1, t + 1):
                    # In the first sweep the frame after is not known yet.
                    if 0 <= other < frames and (sweep > 0 or other < t):
                        neighbours += 1
                        for i in range(n):
                            b[i] += steady * x[other, i]
            extra = steady * neighbours
            if sweep == 0 and t > 0:
                for i in range(n):
                    x[t, i] = x[t - 1, i]
            for i in range(n):
                held[i] = x[t, i] <= low[i] or x[t, i] >= high[i]
            for _ in range(20 * n + 20):
                # The best point with the held ones where they are.
                m = 0
                for i in range(n):
                    if not held[i]:
                        free[m] = i
                        m += 1
                same = extra == known_steady
                for i in range(n):
                    if known[i] != held[i]:
                        same = False
                if not same:
                    for p in range(m):
                        for q in range(p + 1):
                            value = matrix[free[p], free[q]]
                            if p == q:
                                value += extra
                            for k in range(q):
                                value -= lower[p, k] * lower[q, k]
                            if p == q:
                                lower[p, p] = np.sqrt(max(value, 1e-300))
                            else:
                                lower[p, q] = value / lower[q, q]
                    for i in range(n):
                        known[i] = held[i]
                    known_steady = extra
                for p in range(m):
                    value = b[free[p]]
                    for i in range(n):
                        if held[i]:
                            value -= matrix[free[p], i] * x[t, i]
                    for k in range(p):
                        value -= lower[p, k] * z[k]
                    z[p] = value / lower[p, p]
                for p in range(m - 1, -1, -1):
                    value = z[p]
                    for k in range(p + 1, m):
                        value -= lower[k, p] * z[k]
                    z[p] = value / lower[p, p]
                # As far toward it as the bounds allow.
                way = 1.0
                stop = -1
                for p in range(m):
                    i = free[p]
                    if z[p] < low[i]:
                        part = (low[i] - x[t, i]) / (z[p] - x[t, i])
                    elif z[p] > high[i]:
                        part = (high[i] - x[t, i]) / (z[p] - x[t, i])
                    else:
                        continue
                    if part < way or stop < 0:
                        way = min(max(part, 0.0), 1.0)
                        stop = p
                if stop >= 0:
                    for p in range(m):
                        x[t, free[p]] += way * (z[p] - x[t, free[p]])
                    i = free[stop]
                    x[t, i] = low[i] if z[stop] < low[i] else high[i]
                    held[i] = True
                    continue
                for p in range(m):
                    x[t, free[p]] = z[p]
                # Let go the held one that wants to leave its bound most.
                worst = tolerance
                leave = -1
                for i in range(n):
                    if held[i] and high[i] > low[i]:
                        slope = extra * x[t, i] - b[i]
                        for k in range(n):
                            slope += matrix[i, k] * x[t, k]
                        wish = -slope if x[t, i] <= low[i] else slope
                        if wish > worst:
                            worst = wish
                            leave = i
                if leave < 0:
                    break
                held[leave] = False

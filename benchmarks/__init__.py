"""Speed as ratios to the bare network, measured in one run; ``python -m benchmarks`` runs all."""

"""Run every benchmark."""

from benchmarks import embed, render, train_step

for benchmark in (render, embed, train_step):
    benchmark.main()

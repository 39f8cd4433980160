"""What every stage runs on: whole writes, checkpoints, workers, ranks, device, seeding."""

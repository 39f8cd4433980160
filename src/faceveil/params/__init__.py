"""The settings of every stage: frozen, closed models, one module per section of params.yaml."""

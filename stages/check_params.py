"""Validate params.yaml and every profile: not a stage, the check before a commit."""

from pathlib import Path

from stages._stage import PARAMS, UNMASKING, check_settings, command


def check_params() -> None:
    """Validate params.yaml, and each profile merged into it."""
    from faceveil.params.profiles import merged_text, merged_unmasking_text

    check_settings()
    profiles = sorted(Path("profiles").glob("*.yaml"))
    for profile in profiles:
        merged_text(PARAMS, profile)
        merged_unmasking_text(UNMASKING, profile)
    print(f"{PARAMS}, {UNMASKING} and {len(profiles)} profiles are valid")


app = command(check_params)

if __name__ == "__main__":
    app()

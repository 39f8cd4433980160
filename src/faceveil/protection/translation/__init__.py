"""Translation between faces and masked faces: masks put on, and taken off."""

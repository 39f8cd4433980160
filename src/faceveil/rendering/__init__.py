"""The face renderer: people who exist nowhere, and photos of them."""

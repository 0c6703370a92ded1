"""The SMS gateway of MegaFon in its two forms, MegaLabs A2P and MegaFon Hub."""

"""What the Makefile runs: setting up, starting everything, and writing the pages that are made from code."""
